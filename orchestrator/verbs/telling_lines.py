"""Telling lines: what of a check's output says why it failed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST = 40
"""Lines that are shown."""

AROUND = (2, 4)
"""Lines before and after a telling one that come along: a location stands above, a difference below."""

LINE_CHARS = 300

_STRONG = re.compile(
    r"^(E\s{2,}|FAILED\b|FAIL[:\s]|--- FAIL|not ok\b|panicked at|panic:|thread '.*' panicked|error(\[\w+\])?:|fatal[: ]|ERROR\b)"
    r"|\b\w*(Error|Exception)\b(:|$)|\bassert(ion)?\b.*\bfail|Segmentation fault|command not found|Traceback \(most recent",
)
_WEAK = re.compile(r"\b(fail(ed|ure|ures)?|error|assert\w*|expected|undefined|cannot|mismatch)\b|[✗✕×]", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_NOTHING_WRONG = re.compile(r"\b(0|no) (fail\w*|errors?)\b", re.IGNORECASE)


def telling_lines(output: str, most: int = MOST) -> tuple[str, ...]:
    """At most ``most`` lines: the strongest signs of failure with what is around them, in their order; the end, if nothing tells."""
    lines = [_COLOUR.sub("", line).rstrip()[:LINE_CHARS] for line in output.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = [line for line in lines if line]
    for sign in (_STRONG, _WEAK):
        if at := [n for n, line in enumerate(lines) if sign.search(line) and not _NOTHING_WRONG.search(line)]:
            return _around(lines, at, most)
    return tuple(lines[-most:])


def headline(output: str) -> str:
    """The one line that says most: the last strong sign, for a summary stands at the end."""
    told = telling_lines(output)
    strong = [line for line in told if _STRONG.search(line)]
    return (strong[-1] if strong else told[-1] if told else "it printed nothing").strip()


def _around(lines: Sequence[str], at: Sequence[int], most: int) -> tuple[str, ...]:
    """The first and the last signs count most: the first is the cause, the last the summary."""
    order = [sign for pair in zip(at, reversed(at), strict=True) for sign in pair]
    chosen: set[int] = set()
    for sign in dict.fromkeys(order):
        near = set(range(max(0, sign - AROUND[0]), min(len(lines), sign + AROUND[1] + 1)))
        if len(chosen | near) > most:
            near = {sign}
        if len(chosen | near) > most:
            break
        chosen |= near
    return tuple(lines[n] for n in sorted(chosen))
