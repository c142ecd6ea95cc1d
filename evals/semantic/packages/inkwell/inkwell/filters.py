"""Changes to a text before it is parsed, by name."""

from __future__ import annotations

from typing import Callable

Filter = Callable[[str], str]
FILTERS: dict[str, Filter] = {}


def register(name: str) -> Callable[[Filter], Filter]:
    def keep(function: Filter) -> Filter:
        if name in FILTERS:
            raise KeyError(f"two filters are named {name}")
        FILTERS[name] = function
        return function

    return keep


@register("trim")
def trim(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


@register("tabs")
def expand_tabs(text: str, width: int = 4) -> str:
    return text.expandtabs(width)


def run_filters(text: str, names: list[str]) -> str:
    for name in names:
        text = FILTERS[name](text)
    return text
