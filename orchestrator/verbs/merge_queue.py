"""The merge queue's decisions: what lands, who is evicted, and which merges are checked next. ``graphs/merge_queue`` carries it out.

A *stack* names entries in the order in which they were merged on top of the default branch's head. The queue as a whole is the longest
stack; each beginning of it is a commit that the default branch could move to. As in Zuul, every entry is checked on top of everything
that is ahead of it, and the next ones are checked at the same time as if that were to pass; as in bors, several entries are checked as
one as long as failures are rare, and a red batch is split. A red result says nothing about an entry unless what it stands on was green
exactly as it is: so nobody but the first one is ever evicted for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Stack = tuple[str, ...]

EXPECTED_RED = 0.2
"""How many entries fail, as long as nothing is known, …"""

EXPECTED_WEIGHT = 5
"""… and how many outcomes that guess counts for."""

WORTH_IT = 0.65
"""A batch must need at most this share of the checks that one by one would need: to split a red one takes checks one after the other.
With these three, 20 entries with 30 % bad take 1.2 times the necessary time at two checks at once, simulated, and 0.4 with none bad."""


@dataclass(frozen=True)
class Plan:
    """What is to be done now: one of ``land`` and ``evict``, or else the checks that should be running, the most useful first."""

    land: Stack = ()
    evict: str = ""  # entry id
    check: tuple[Stack, ...] = ()  # the empty stack is the default branch itself
    main_is_red: bool = False  # the default branch fails by itself: it says nothing about the first entry that fails on it


def decide(line: Stack, known: Mapping[Stack, bool], *, batch: int, room: int) -> Plan:
    """``line``: all that can be merged, in order; ``known``: stacks whose result is there, on the same head of the default branch
    (the empty one: that head itself); ``room``: how many checks may run at once."""
    green = max((n for n in range(1, len(line) + 1) if known.get(line[:n])), default=0)
    if green:
        return Plan(land=line[:green])
    if known.get(line[:1]) is False:
        if known.get(()) is True:
            return Plan(evict=line[0])
        if known.get(()) is False:
            return Plan(evict=line[0], main_is_red=True)
        return Plan(check=((), *_useful(line, known, batch, room - 1)))
    return Plan(check=_useful(line, known, batch, room))


def _useful(line: Stack, known: Mapping[Stack, bool], batch: int, room: int) -> tuple[Stack, ...]:
    """The next checks. Where a stack is red, ones between it and the last green; then, as if the last of the red stack were to
    blame, those behind it on the nearest that is not failing."""
    wanted: list[Stack] = []
    assumed, low = line, 0
    while len(wanted) < room and low < len(assumed):
        red = next((n for n in range(low + 1, len(assumed) + 1) if known.get(assumed[:n]) is False), None)
        if red is None:
            low = min(low + batch, len(assumed))
            points = [low]
        else:
            points = _spread(low, red, room - len(wanted))
            assumed, low = assumed[: red - 1] + assumed[red:], red - 1
        found = (line[:n] if assumed[:n] == line[:n] else assumed[:n] for n in points)
        wanted += [stack for stack in found if stack not in known and stack not in wanted]
    return tuple(wanted[: max(room, 0)])


def _spread(low: int, red: int, room: int) -> list[int]:
    """Up to ``room`` lengths strictly between, evenly apart: halves for one, thirds for two."""
    points = {low + (red - low) * n // (room + 1) for n in range(1, room + 1)}
    return sorted(n for n in points | {low + (red - low) // 2} if low < n < red)[:room]


def batch_size(outcomes: Sequence[bool], limit: int) -> int:
    """How many entries are best checked as one, given how the last ones ended (False: its checks failed): the size that needs the
    fewest checks for an entry (R. Dorfman, "The Detection of Defective Members of Large Populations", 1943)."""
    red = (EXPECTED_RED * EXPECTED_WEIGHT + outcomes.count(False)) / (EXPECTED_WEIGHT + len(outcomes))
    costs = {size: 1 / size + 1 - (1 - red) ** size for size in range(2, limit + 1)}
    best = min(costs, key=costs.__getitem__, default=1)
    return best if costs.get(best, 1.0) <= WORTH_IT else 1


def after_landing(known: Mapping[Stack, T], landed: Stack) -> dict[Stack, T]:
    """What is known of stacks that begin with what landed: it is so still, of shorter ones. The others are to be merged anew."""
    return {stack[len(landed) :]: found for stack, found in known.items() if stack[: len(landed)] == landed}
