"""The merge gate's question about leases: was this session's work on a file made while nobody else could have had it? Pure.

The rule, for each path that an entry changes and whose strategy is ``locks`` (or ``ownership``, where it is shared). Let *mine* be
the newest exclusive lease of the path that the session was granted: the one with the highest fencing number. It is held back if

1. there is none: the work was made without a lease;
2. *mine* was lost (it ran out, or its holder died) and another session has been granted a lease of the path with a higher number since;
3. the check after one of its jobs found a change of the path while another session had been granted a higher number than its own
   (``Found``), and *mine* is not newer than both.

A lease that was released in order, as at the end of the job that did the work, does not go bad when the next one is granted: by then
the work was made. Whoever is held back gets past by taking the lease again, which is to look at what the other one made of the file.

Numbers decide, never clocks: a holder that was paused, a machine whose time jumped, an engine that was started again change nothing
about who was granted what after whom. So the spans (number at the grant, number at the job's end) in which work that gets past was made
never have a grant to somebody else between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.verbs.patterns import covers, touches


class Found(NamedTuple):
    """An edit found by the check after a job: made under ``fence`` (0: no lease) when ``other`` had been granted ``other_fence``."""

    session_id: str
    path: str
    fence: int
    other: str = ""  # session id
    other_fence: int = 0


def granted_to(session_id: str, path: str, leases: Iterable[Lease]) -> Lease | None:
    """The newest exclusive lease of the path that the session was ever granted."""
    mine = [
        lease
        for lease in leases
        if lease.session_id == session_id and lease.exclusive and lease.fence and any(covers(p, path) for p in lease.patterns)
    ]
    return max(mine, key=lambda lease: lease.fence, default=None)


def overtaken_by(session_id: str, path: str, fence: int, leases: Iterable[Lease]) -> Lease | None:
    """The first lease of another session that was granted after ``fence`` and is of the path."""
    others = [
        lease
        for lease in leases
        if lease.session_id != session_id and lease.fence > fence and any(touches(p, path) for p in lease.patterns)
    ]
    return min(others, key=lambda lease: lease.fence, default=None)


def look(session_id: str, path: str, leases: Sequence[Lease]) -> Found | None:
    """What the check after a job finds of a path that the job changed: None if it was made under a lease that nobody overtook."""
    mine = granted_to(session_id, path, leases)
    if mine is None:
        other = overtaken_by(session_id, path, 0, [lease for lease in leases if lease.state is LeaseState.held])
        return Found(session_id, path, 0, other.session_id if other else "", other.fence if other else 0)
    other = overtaken_by(session_id, path, mine.fence, leases)
    return Found(session_id, path, mine.fence, other.session_id, other.fence) if other is not None else None


def gate(session_id: str, paths: Iterable[str], leases: Sequence[Lease], found: Sequence[Found]) -> list[str]:
    """Why work on ``paths`` (those that need a lease) is held back, in a line for each; none: it is not. ``leases``: all of the
    project that were ever granted."""
    return [line for path in paths if (line := _held_back(session_id, path, leases, found))]


def _held_back(session_id: str, path: str, leases: Sequence[Lease], found: Sequence[Found]) -> str:
    way_out = f'{session_id} takes the lease again (acquire_file_lock(files=["{path}"])), looks at what changed, and ends its work'
    mine = granted_to(session_id, path, leases)
    if mine is None:
        return f"{path} was changed by {session_id} without a lease — {way_out}"
    other = overtaken_by(session_id, path, mine.fence, leases) if mine.state is LeaseState.expired else None
    if other is not None:
        return (
            f"{path}: {session_id} lost {mine.id}, and {other.session_id} was granted {other.id} before the work was done — {way_out}"
        )
    bad = [f for f in found if (f.session_id, f.path) == (session_id, path) and mine.fence <= max(f.fence, f.other_fence)]
    if bad:
        whom = f" while {bad[-1].other} had its lease" if bad[-1].other else " without its lease"
        return f"{path} was changed by {session_id}{whom} — {way_out}"
    return ""
