"""Sweep: which leftovers go and which stay, each with the reason. Pure. Work is never removed where it is the only copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestrator.nouns.sweep import Leftover, Litter, Swept
from orchestrator.verbs.grammar import counted

SCRATCH_AGE = timedelta(days=1)
"""Of a place where something was merged or checked: no check runs as long."""


def sweep(leftovers: Sequence[Leftover], *, now: datetime, older_than: timedelta) -> list[Swept]:
    """What becomes of each, in the order given."""
    return [_swept(one, now, older_than) for one in leftovers]


def _swept(one: Leftover, now: datetime, older_than: timedelta) -> Swept:
    stays = _why_it_stays(one, now, older_than)
    return Swept(leftover=one, removed=not stays, why=stays or _why_it_goes(one))


def _why_it_stays(one: Leftover, now: datetime, older_than: timedelta) -> str:
    if one.in_use:
        return one.in_use
    if one.litter is Litter.worktree:
        return ""
    if one.since is None:
        return "nobody knows since when it is there"
    least = SCRATCH_AGE if one.litter is Litter.scratch else older_than
    if now - one.since < least:
        return _age(now - one.since)
    if one.unique and not one.landed:
        return "it is the only copy of this work"
    return ""


def _why_it_goes(one: Leftover) -> str:
    match one.litter:
        case Litter.worktree:
            return "its session is closed"
        case Litter.scratch:
            return "what it was made for is over"
        case Litter.ref:
            return "each of its changes is on the default branch" if one.unique else "a branch or tag has all of its commits"


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"it is {counted(age.days, 'day')} old" if age.days else f"it is {counted(hours, 'hour')} old" if hours else "it is new"
