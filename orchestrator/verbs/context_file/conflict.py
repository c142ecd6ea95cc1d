"""Git's conflict markers around two sides, as any merge tool knows them."""

from __future__ import annotations

import re

OURS = "<<<<<<< ours\n"
BETWEEN = "=======\n"
THEIRS = ">>>>>>> theirs\n"
_CONFLICT = re.compile(r"^<{7} .*\n((?:.*\n)*?)(?:\|{7}.*\n(?:.*\n)*?)?={7}\n(?:.*\n)*?>{7} .*\n", re.MULTILINE)
MARKERS = frozenset(line.rstrip("\n") for line in (OURS, BETWEEN, THEIRS))


def clash(ours: str, theirs: str) -> str:
    """Both sides, one after the other."""
    return f"{OURS}{ours}{BETWEEN}{theirs}{THEIRS}"


def whole_conflict(ours: str, theirs: str) -> str:
    """Two texts in one conflict, without the lines that they begin and end with alike."""
    one, other = _lines(ours), _lines(theirs)
    shorter = min(len(one), len(other))
    start = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    end = next((n for n in range(shorter - start) if one[-1 - n] != other[-1 - n]), shorter - start)
    middle = clash("".join(one[start : len(one) - end]), "".join(other[start : len(other) - end]))
    return "".join(one[:start]) + middle + "".join(one[len(one) - end :])


def ours_of(text: str) -> str:
    """The text with our side of every conflict."""
    return _CONFLICT.sub(lambda found: found[1], text)


def _lines(text: str) -> list[str]:
    """Each with its newline, the last one too: a marker must begin a line."""
    return [line + "\n" for line in text.removesuffix("\n").split("\n")] if text else []
