"""Lease: files that one session may edit for some time, and that others leave alone meanwhile."""

from __future__ import annotations

from enum import StrEnum

from .base import Moment, Noun


class LeaseState(StrEnum):
    """Where a lease is."""

    queued = "queued"  # somebody else holds what it wants
    held = "held"
    released = "released"
    expired = "expired"  # its time ran out, or its holder died
    withdrawn = "withdrawn"  # given up while it was queued

    @property
    def open(self) -> bool:
        """True while it stands in somebody's way, or waits."""
        return self in {LeaseState.queued, LeaseState.held}


OPEN_LEASES = tuple(state for state in LeaseState if state.open)


class Lease(Noun):
    """All or nothing: every pattern is held, or none is. ``fence`` grows with every grant of the project, so that work done under a
    lease that was lost meanwhile is recognised when it is to land (Kleppmann, "How to do distributed locking", 2016)."""

    id: str  # "L1" …
    project_id: str
    session_id: str
    patterns: tuple[str, ...]  # repository-relative files or globs, sorted
    exclusive: bool = True  # False: shared with others that are shared too
    reason: str = ""
    state: LeaseState
    fence: int = 0  # 0: never granted
    minutes: float  # how long a grant or renewal lasts
    job_id: str | None = None  # the job in which it was asked for; it ends with it
    asked_at: Moment
    granted_at: Moment | None = None
    expires_at: Moment | None = None
    ended_at: Moment | None = None
