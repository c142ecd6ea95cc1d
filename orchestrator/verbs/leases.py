"""Leases: who may have what now, who waits for whom, and what is granted when something is freed. Pure.

* All or nothing: a lease has all of its patterns, or waits for all of them.
* In turn: a request waits for every lease that is held, and for every request made before it, that it contends with. So nobody is
  overtaken by somebody whom they contend with, shared requests do not starve an exclusive one, and what contends with nothing that is
  held or waits is granted at once.
* No deadlock, by construction: who waits holds nothing. A session that holds a lease is refused what it would have to wait for, and
  one that waits is refused anything else; both are told the way out, to ask for everything in one request. (Of Coffman's four
  conditions "hold and wait" never comes about. An order of all files, the usual other way, cannot be kept with globs.)
* Who holds a lease shared relies on the files as they are: others may do so too, and nobody edits them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.verbs.patterns import covers, is_glob, overlap

HELD_WHILE_OTHERS_WAIT = 4.0
"""A lease that somebody waits for is renewed up to so many times its minutes since it was granted: else a holder that renews for ever
would keep everybody else waiting for ever."""

PATTERNS = 100
"""Of one lease."""


def contend(one: Lease, other: Lease) -> bool:
    """Whether the two cannot be held at the same time."""
    apart = one.session_id == other.session_id or not (one.exclusive or other.exclusive)
    return not apart and any(overlap(a, b) for a in one.patterns for b in other.patterns)


def ahead(wanted: Lease, open_leases: Iterable[Lease]) -> tuple[Lease, ...]:
    """What ``wanted`` has to wait for: held leases and earlier requests that it contends with."""
    return tuple(
        lease
        for lease in open_leases
        if lease.id != wanted.id
        and (lease.state is LeaseState.held or (lease.state is LeaseState.queued and _asked_before(lease, wanted)))
        and contend(lease, wanted)
    )


def _asked_before(one: Lease, other: Lease) -> bool:
    """By the number in the id, which no clock can turn round; what has none yet is the newest."""
    return not other.id or int(one.id[1:]) < int(other.id[1:])


class Granted(NamedTuple):
    """It can be had now."""


class Waits(NamedTuple):
    """Its turn comes behind these."""

    behind: tuple[Lease, ...]


class Known(NamedTuple):
    """The session has it, or waits for it, already."""

    lease: Lease


class Denied(NamedTuple):
    """Not so; ``remedy`` is what to do instead."""

    why: str
    remedy: str


Answer = Granted | Waits | Known | Denied


def answer_to(wanted: Lease, open_leases: Sequence[Lease], *, wait: bool) -> Answer:
    """What becomes of a request that has no id yet."""
    mine = [lease for lease in open_leases if lease.session_id == wanted.session_id]
    if same := next((lease for lease in mine if _has_all(lease, wanted)), None):
        return Known(same)
    if waiting := next((lease for lease in mine if lease.state is LeaseState.queued), None):
        why = f"you wait for {waiting.id} ({shown(waiting.patterns)}) already, and whoever waits asks for nothing else meanwhile"
        return Denied(why, f"wait for it, or give it up (release_file_lock {waiting.id}) and ask for everything in one request")
    behind = ahead(wanted, open_leases)
    if not behind:
        return Granted()
    if not wait:
        return Denied(in_the_way(behind), "ask with wait=true to be told when it is yours, or work on something else")
    if mine:
        held = ", ".join(lease.id for lease in mine)
        why = f"{in_the_way(behind)}; you hold {held}, and whoever holds something does not wait, so that nobody waits in a circle"
        return Denied(why, f"release_file_lock {held} and ask for everything in one request, or work on something else and ask later")
    return Waits(behind)


def _has_all(lease: Lease, wanted: Lease) -> bool:
    if wanted.exclusive and not lease.exclusive:
        return False
    if lease.state is LeaseState.queued:
        return (lease.patterns, lease.exclusive) == (wanted.patterns, wanted.exclusive)
    return all(
        pattern in lease.patterns or (not is_glob(pattern) and any(covers(has, pattern) for has in lease.patterns))
        for pattern in wanted.patterns
    )


def grantable(open_leases: Sequence[Lease]) -> list[Lease]:
    """Requests whose turn it is now, in the order in which they were made."""
    now = sorted(open_leases, key=lambda lease: int(lease.id[1:]))
    found = []
    for at, lease in enumerate(now):
        if lease.state is LeaseState.queued and not ahead(lease, now):
            found.append(lease)
            now[at] = lease.model_copy(update={"state": LeaseState.held})
    return found


def run_out(open_leases: Iterable[Lease], now: datetime) -> list[Lease]:
    """Held ones whose time is over."""
    return [
        lease for lease in open_leases if lease.state is LeaseState.held and lease.expires_at is not None and lease.expires_at <= now
    ]


def granted(lease: Lease, fence: int, now: datetime) -> Lease:
    until = now + timedelta(minutes=lease.minutes)
    return lease.model_copy(update={"state": LeaseState.held, "fence": fence, "granted_at": now, "expires_at": until})


def ended(lease: Lease, state: LeaseState, now: datetime) -> Lease:
    return lease.model_copy(update={"state": state, "ended_at": now})


def renewed(lease: Lease, open_leases: Iterable[Lease], minutes: float, now: datetime) -> Lease | Denied:
    """The lease with a later end. One whose time is over is not brought back: somebody may have had the files since."""
    if lease.state is not LeaseState.held or lease.granted_at is None or lease.expires_at is None:
        return Denied(f"{lease.id} is {lease.state.value}", "ask again with acquire_file_lock, and look at what changed meanwhile")
    if lease.expires_at <= now:
        return Denied(f"{lease.id} ran out", "ask again with acquire_file_lock, and look at what changed meanwhile")
    until = now + timedelta(minutes=minutes)
    waiting = [other.session_id for other in open_leases if other.state is LeaseState.queued and contend(lease, other)]
    if waiting:
        until = min(until, lease.granted_at + timedelta(minutes=lease.minutes * HELD_WHILE_OTHERS_WAIT))
        if until <= lease.expires_at:
            why = f"{', '.join(waiting)} waited long enough: {lease.id} ends at {clock(lease.expires_at)}"
            return Denied(why, "commit what you have and release_file_lock; ask again for what is left")
    return lease.model_copy(update={"expires_at": max(until, lease.expires_at)})


@dataclass(frozen=True)
class Standing:
    """Where a request is in the queue. ``place`` 1 is the next; ``by``: when it is its turn if nobody renews or releases."""

    place: int
    by: datetime
    behind: tuple[Lease, ...]


def standing(lease: Lease, open_leases: Sequence[Lease], now: datetime) -> Standing:
    """The place among those that contend for the same, and an estimate from what the ones ahead have asked for."""
    behind = ahead(lease, open_leases)
    waiting = [other for other in behind if other.state is LeaseState.queued]
    return Standing(len(waiting) + 1, _turn(lease, open_leases, now), behind)


def _turn(lease: Lease, open_leases: Sequence[Lease], now: datetime) -> datetime:
    ends: dict[str, datetime] = {}
    for other in sorted(open_leases, key=lambda one: int(one.id[1:])):
        if other.state is LeaseState.held:
            ends[other.id] = max(now, other.expires_at or now)
    for other in sorted(open_leases, key=lambda one: int(one.id[1:])):
        if other.state is LeaseState.queued:
            begins = max((ends[one.id] for one in ahead(other, open_leases)), default=now)
            if other.id == lease.id:
                return begins
            ends[other.id] = begins + timedelta(minutes=other.minutes)
    return now


def in_the_way(leases: Sequence[Lease]) -> str:
    """One line: who has it, and until when."""
    said = []
    for lease in leases[:5]:
        how = "holds" if lease.state is LeaseState.held else "waits for"
        until = f" until {clock(lease.expires_at)}" if lease.state is LeaseState.held and lease.expires_at else ""
        said.append(f"{lease.session_id} {how} {shown(lease.patterns)}{until} ({lease.id})")
    return "; ".join(said) + (f"; and {len(leases) - 5} more" if len(leases) > 5 else "")


def shown(patterns: Sequence[str], most: int = 4) -> str:
    return ", ".join(patterns[:most]) + (f" and {len(patterns) - most} more" if len(patterns) > most else "")


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"
