"""What reading a file gives: its public symbols, and whether the whole of it could be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from orchestrator.nouns.interface import Symbol

SIGNATURE_LIMIT = 300
DESCRIPTION_LIMIT = 200
"""Characters. A brief carries tens of these."""

SYMBOLS_LIMIT = 1000
"""Of one file; more than that is a generated table, not an interface."""


class Found(NamedTuple):
    """``whole`` is False when the file did not parse: a symbol that is missing then is not known to be gone."""

    symbols: list[Symbol]
    whole: bool


def one_line(text: str, limit: int = SIGNATURE_LIMIT) -> str:
    """``text`` with every run of white space as one blank, cut to ``limit`` characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((one_line(line, DESCRIPTION_LIMIT) for line in text.splitlines() if line.strip()), "")


def overloads_joined(symbols: Iterable[Symbol]) -> list[Symbol]:
    """One symbol a name: the signatures of overloads are joined by ``;`` in the order of the file."""
    by_name: dict[str, Symbol] = {}
    for symbol in symbols:
        first = by_name.get(symbol.name)
        if first is None:
            by_name[symbol.name] = symbol
        elif symbol.signature not in first.signature.split("; "):
            both = one_line(f"{first.signature}; {symbol.signature}")
            by_name[symbol.name] = first.model_copy(update={"signature": both, "description": first.description or symbol.description})
    return list(by_name.values())[:SYMBOLS_LIMIT]
