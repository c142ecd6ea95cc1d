"""Hunks between git's conflict markers, and where they stand on each side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.nouns.conflict import Place

HUNKS = 8
"""Shown of one file."""

LINES = 12
CHARACTERS = 800
CONTEXT = 3


@dataclass(frozen=True)
class Hunk:
    """Both sides of one contradiction."""

    a: Place
    b: Place
    lines_a: int
    lines_b: int


def hunks_of(path: str, merged: bytes, a: bytes, b: bytes, name_a: str, name_b: str) -> list[Hunk]:
    """``merged`` is what git made of ``a`` and ``b``; its markers carry the names of the two."""
    sides = (_lines(a), _lines(b))
    at = [0, 0]
    found = []
    for before, *parts in _marked(_lines(merged), name_a, name_b):
        places = []
        for n, part in enumerate(parts):
            start = _find(sides[n], part, before, at[n])
            at[n] = start + len(part)
            places.append(Place(path=path, line=start + 1, text=shortened(part)))
        found.append(Hunk(places[0], places[1], len(parts[0]), len(parts[1])))
        if len(found) == HUNKS:
            break
    return found


def changed_part(before: bytes, after: bytes) -> tuple[int, list[str]]:
    """The first line (from 1) at which ``after`` differs, and everything from there to the last."""
    old, new = _lines(before), _lines(after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start + 1, new[start : len(new) - end]


def shortened(lines: Sequence[str]) -> str:
    """Not more than ``LINES`` lines and ``CHARACTERS`` characters."""
    text = "\n".join(lines[:LINES])
    text = text if len(text) <= CHARACTERS else text[:CHARACTERS] + "…"
    return text if len(lines) <= LINES else f"{text}\n… {len(lines) - LINES} lines more"


def _marked(lines: Sequence[str], name_a: str, name_b: str) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """(lines before, a's lines, b's lines) of each hunk. A marker is known by the name it carries, whatever its length."""
    before: list[str] = []
    sides: tuple[list[str], list[str]] | None = None
    middle, here = "", 0
    for line in lines:
        if sides is None and line.startswith("<<<") and name_a in line:
            sides, here, middle = ([], []), 0, "=" * (len(line) - len(line.lstrip("<")))
        elif sides is None:
            before = [*before[1 - CONTEXT :], line]
        elif here == 0 and line == middle:
            here = 1
        elif here == 1 and line.startswith(">>>") and name_b in line:
            yield before, *sides
            before, sides = [], None
        else:
            sides[here].append(line)


def _find(lines: Sequence[str], part: Sequence[str], before: Sequence[str], start: int) -> int:
    """Where ``part`` stands, from ``start`` on: the first place after the lines before it, else the first at all."""
    size, above = len(part), list(before)
    first = -1
    for at in range(start, len(lines) - size + 1):
        if (not part or lines[at] == part[0]) and list(lines[at : at + size]) == list(part):
            first = at if first < 0 else first
            if list(lines[max(0, at - len(above)) : at]) == above:
                return at
    return max(first, start) if first >= 0 else start


def _lines(content: bytes) -> list[str]:
    text = content.decode(errors="replace").replace("\r\n", "\n")
    return text.removesuffix("\n").split("\n") if text else []
