"""What the team has settled, and what one session leaves for another."""

from __future__ import annotations

from .base import Moment, Noun


class Decision(Noun):
    """What the team has settled, and why."""

    id: str  # "D1" …
    project_id: str
    session_id: str | None  # None: the user
    decision: str
    rationale: str = ""
    withdrawn: bool = False  # it does not hold any more
    created_at: Moment


class Todo(Noun):
    """Something to do later that one session (or the user) leaves for another."""

    id: str  # "O1" …
    project_id: str
    from_session: str | None  # None: the user
    to_session: str | None  # None: whoever comes to it
    message: str
    done: bool = False
    done_by: str | None = None  # the session that did it; None: the user
    created_at: Moment
