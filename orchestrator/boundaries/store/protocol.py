"""The store as the rest of the program sees it: reading, writing in one transaction with an event, waiting for news."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

from orchestrator.nouns.conflict import Conflict, ConflictState, Ownership, StrategyRule
from orchestrator.nouns.deciding import ModelCall
from orchestrator.nouns.event import Event, EventKind, NewEvent
from orchestrator.nouns.flow import Assignment, AssignmentState, Sync
from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus
from orchestrator.nouns.job import Handoff, Job, JobState
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.merging import EntryState, MergeEntry
from orchestrator.nouns.message import Message, MessageState, Request, RequestState
from orchestrator.nouns.session import Project, Session, Token
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState

Stored = (
    Project
    | Session
    | Token
    | Goal
    | Task
    | Job
    | Handoff
    | Export
    | Dependency
    | Decision
    | Todo
    | Message
    | Request
    | Assignment
    | Sync
    | Conflict
    | Ownership
    | StrategyRule
    | Lease
    | MergeEntry
    | ModelCall
)
"""What ``Writing.put`` takes. Identity: ``id``; for Task (goal_id, id); for Export ``key``; for Dependency (session_id, name);
for Ownership and StrategyRule (project_id, glob); for Token ``hash``."""

IdPrefix = Literal["P", "S", "G", "J", "H", "D", "O", "M", "R", "C", "A", "K", "X", "L", "E"]


class Reading(Protocol):
    """A consistent view. Methods that take an id raise ``Unknown`` when it does not exist."""

    async def project(self, project_id: str) -> Project: ...
    async def project_at(self, root: str) -> Project | None: ...
    async def projects(self) -> list[Project]: ...
    async def session(self, session_id: str) -> Session: ...
    async def sessions(self, project_id: str, *, live_only: bool = False) -> list[Session]: ...
    async def goal(self, goal_id: str) -> Goal: ...
    async def goals(self, project_id: str | None = None, *, states: Sequence[GoalState] = ()) -> list[Goal]: ...
    async def tasks(self, goal_id: str, *, ids: Collection[str] | None = None, needing: str | None = None) -> list[Task]:
        """By position. ``ids`` are those to fetch, ``needing`` those that name this one in ``depends_on`` or ``when``: a goal may
        have hundreds, and most steps concern a few."""
        ...

    async def task_states(self, goal_id: str) -> dict[TaskState, int]:
        """How many tasks of the goal are in each state."""
        ...

    async def job(self, job_id: str) -> Job: ...
    async def jobs(
        self,
        project_id: str | None = None,
        *,
        session_id: str | None = None,
        goal_id: str | None = None,
        task_id: str | None = None,
        states: Sequence[JobState] = (),
        newest: int | None = None,
    ) -> list[Job]:
        """By sequence number; ``newest``: only so many, the last ones."""
        ...

    async def handoffs(self, goal_id: str, *, to_task: str | None = None) -> list[Handoff]: ...
    async def exports(
        self,
        project_id: str,
        *,
        session_id: str | None = None,
        not_session: str | None = None,
        keys: Sequence[str] | None = None,
        name: str | None = None,
        statuses: Sequence[ExportStatus] = (),
        limit: int | None = None,
    ) -> list[Export]:
        """By session, file and line. There may be tens of thousands: ``keys`` are those to fetch, ``name`` is the whole name or
        its last part (``login`` also finds ``Account.login``)."""
        ...

    async def decisions(self, project_id: str, *, limit: int | None = None, withdrawn: bool = False) -> list[Decision]:
        """Newest first; those that hold no longer only if asked for."""
        ...

    async def todos(self, project_id: str, *, open_only: bool = False) -> list[Todo]: ...
    async def dependencies(
        self, project_id: str, *, session_id: str | None = None, states: Sequence[DependencyState] = ()
    ) -> list[Dependency]: ...
    async def message(self, message_id: str) -> Message: ...
    async def messages(
        self,
        project_id: str,
        *,
        to_session: str | None = None,
        from_session: str | None = None,
        thread: str | None = None,
        states: Sequence[MessageState] = (),
        since: datetime | None = None,
    ) -> list[Message]:
        """Oldest first. Those to the user too, unless ``to_session`` is given."""
        ...

    async def message_count(self, project_id: str, *, from_session: str, since: datetime) -> int:
        """How many a session sent since; they are not read."""
        ...

    async def request(self, request_id: str) -> Request: ...
    async def requests(
        self,
        project_id: str,
        *,
        to_session: str | None = None,
        from_session: str | None = None,
        states: Sequence[RequestState] = (),
    ) -> list[Request]: ...
    async def assignment(self, assignment_id: str) -> Assignment: ...
    async def assignments(
        self,
        project_id: str,
        *,
        parent: str | None = None,
        child: str | None = None,
        states: Sequence[AssignmentState] = (),
    ) -> list[Assignment]: ...
    async def syncs(self, project_id: str, *, session_id: str | None = None) -> list[Sync]:
        """Oldest first."""
        ...

    async def conflict(self, conflict_id: str) -> Conflict: ...
    async def conflicts(
        self,
        project_id: str,
        *,
        session_id: str | None = None,
        states: Sequence[ConflictState] = (),
        closed_since: datetime | None = None,
    ) -> list[Conflict]:
        """Oldest first; ``session_id``: those it is a side of; ``closed_since``: the open ones, and those closed since then."""
        ...

    async def ownerships(self, project_id: str) -> list[Ownership]:
        """Those that hold, by glob."""
        ...

    async def strategies(self, project_id: str) -> list[StrategyRule]:
        """Those that hold, by glob."""
        ...

    async def lease(self, lease_id: str) -> Lease: ...
    async def leases(self, project_id: str, *, session_id: str | None = None, states: Sequence[LeaseState] = ()) -> list[Lease]:
        """Oldest first."""
        ...

    async def merge_entry(self, entry_id: str) -> MergeEntry: ...
    async def merge_entries(
        self, project_id: str, *, goal_id: str | None = None, states: Sequence[EntryState] = ()
    ) -> list[MergeEntry]:
        """In the order of the queue."""
        ...

    async def token(self, token_hash: str) -> Token | None: ...
    async def tokens(self, session_id: str) -> list[Token]:
        """Revoked ones too, oldest first."""
        ...

    async def events(
        self,
        *,
        after: int = 0,
        project_id: str | None = None,
        goal_id: str | None = None,
        session_id: str | None = None,
        kinds: Sequence[EventKind] = (),
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Event]: ...
    async def event(self, event_id: int) -> Event: ...
    async def last_event_id(self) -> int: ...
    async def spent_usd(self, *, goal_id: str | None = None, since: str | None = None) -> float:
        """Model calls plus agents' jobs; ``since`` is ISO 8601 UTC."""
        ...

    async def cursor(self, name: str) -> int:
        """How far a reader of the event log came; 0 at first."""
        ...


class Writing(Reading, Protocol):
    """A write transaction. It is committed when the context ends without an exception, and must have recorded an event
    if it put anything: state and log never part."""

    async def next_id(self, prefix: IdPrefix) -> str:
        """``S1``, ``S2`` …; one counter per prefix for the whole store."""
        ...

    async def next_seq(self) -> int:
        """The next job sequence number."""
        ...

    async def next_fence(self, project_id: str) -> int:
        """The next fencing number of the project's leases."""
        ...

    async def put(self, *values: Stored) -> None:
        """Insert, or replace what has the same identity."""
        ...

    async def record(self, event: NewEvent) -> Event: ...
    async def set_cursor(self, name: str, event_id: int) -> None: ...


class Store(Protocol):
    """Where everything that must survive lives."""

    def reading(self) -> AbstractAsyncContextManager[Reading]: ...
    def writing(self) -> AbstractAsyncContextManager[Writing]: ...

    async def wait_for_news(self, after: int, timeout_seconds: float, kinds: Collection[EventKind] = ()) -> int:
        """Return the newest event id as soon as it is greater than ``after``, or after the timeout whatever it is.

        Writes by this process wake it at once, if they are of one of the ``kinds`` (none: of any); writes by other processes
        within 50 ms, whatever they are.
        """
        ...

    async def close(self) -> None: ...
