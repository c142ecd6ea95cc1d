"""Lines into blocks."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    HEADING = auto()
    ITEM = auto()
    FENCE = auto()
    TEXT = auto()
    BLANK = auto()


class Block(NamedTuple):
    kind: Kind
    text: str
    line: int


FENCE = "```"


def classify(line: str) -> Kind:
    if not line.strip():
        return Kind.BLANK
    if line.startswith("#"):
        return Kind.HEADING
    if line.startswith("- "):
        return Kind.ITEM
    if line.startswith(FENCE):
        return Kind.FENCE
    return Kind.TEXT


def split_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def blocks(text: str):
    """Yield the blocks of a text one by one."""
    fenced: list[str] | None = None
    for number, line in enumerate(split_lines(text), start=1):
        kind = classify(line)
        if fenced is not None:
            if kind is Kind.FENCE:
                yield Block(Kind.FENCE, "\n".join(fenced), number)
                fenced = None
            else:
                fenced.append(line)
        elif kind is Kind.FENCE:
            fenced = []
        else:
            yield Block(kind, line, number)
