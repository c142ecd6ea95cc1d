"""``:smile:`` becomes a smile."""

from ..filters import register

NAMES = {":smile:": "☺", ":heart:": "♥"}


@register("emoji")
def emoji(text: str) -> str:
    for name, sign in NAMES.items():
        text = text.replace(name, sign)
    return text
