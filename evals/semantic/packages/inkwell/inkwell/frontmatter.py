"""The fields above a text: ``title: …`` until a line of dashes."""

from __future__ import annotations

from .errors import MissingField

MARK = "---"


def split_fields(text: str) -> tuple[dict[str, str], str]:
    """The fields, and the text below them."""
    if not text.startswith(MARK + "\n"):
        return {}, text
    head, _, body = text[len(MARK) + 1 :].partition(f"\n{MARK}\n")
    pairs = (line.partition(":") for line in head.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}, body


def require(fields: dict[str, str], name: str) -> str:
    """A field that has to be there.

    Raises:
        MissingField: it is not there.
    """
    if name not in fields:
        raise MissingField(name)
    return fields[name]


def tags_of(fields: dict[str, str]) -> list[str]:
    return [tag.strip() for tag in fields.get("tags", "").split(",") if tag.strip()]
