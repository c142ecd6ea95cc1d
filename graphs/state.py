"""What the machine saves (State) and what it uses (Deps): two different things.

State holds ids and small decided values, and is checkpointed while an approval is waited for. Everything that must survive
otherwise is in the store, which is the truth; a node that runs twice finds its work done there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

from graphs.watch import Blind, Watch
from orchestrator.boundaries.git.protocol import Git
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.index.protocol import Index
from orchestrator.boundaries.model.protocol import Model
from orchestrator.boundaries.store.protocol import Store
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.deciding import Decided, PlanDraft
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.policy import Policy
from orchestrator.nouns.session import Project, Role
from orchestrator.nouns.work import DecidedBy, TaskType

log = logging.getLogger("televibe.machine")


class State(TypedDict):
    """One event's way through the machine."""

    event_id: int
    event: str  # EventKind value
    goal_id: str | None
    task_id: str | None
    job_id: str | None
    session_id: str | None
    type: TaskType | None  # understand
    draft: PlanDraft | None  # plan
    decided: Decided | None  # plan: who made it
    answer: str | None  # approve: what the user said to the plan
    ready: list[str]  # task ids whose turn it is
    landing: list[str]  # task ids whose work lands by itself, before others go on; none: the whole goal's
    briefs: dict[str, Brief]  # enhance: by task id, "" for an instruction without a task
    step: str  # where a node sends the event next, see machine.py


SAVED_TYPES: tuple[type, ...] = (PlanDraft, Decided, Brief, TaskType, DecidedBy)
"""Classes of ours that a checkpoint may hold; the serializer accepts these and nothing else."""


def arrived(event: Event) -> State:
    """The state in which an event enters the machine; nothing of an earlier event on the same thread is left."""
    return State(
        event_id=event.id,
        event=event.kind.value,
        goal_id=event.goal_id,
        task_id=event.task_id,
        job_id=event.job_id,
        session_id=event.session_id,
        type=None,
        draft=None,
        decided=None,
        answer=None,
        ready=[],
        landing=[],
        briefs={},
        step="",
    )


def kind_of(state: State) -> EventKind:
    return EventKind(state["event"])


async def _none(_: str) -> str:
    return ""


class Turns:
    """One lock for each session: a job does not begin while its branch is moved, and a branch is not moved while a job begins."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self.has: dict[str, int] = {}  # session → the last move of the default branch that its branch was seen to have

    def of(self, session_id: str) -> asyncio.Lock:
        return self._locks.setdefault(session_id, asyncio.Lock())


@dataclass(frozen=True)
class Deps:
    """The live objects of one project."""

    project: Project
    policy: Policy
    roles: Mapping[str, Role]
    home: Home
    store: Store
    git: Git
    index: Index
    model: Model
    hindrance: Callable[[str], Awaitable[str]] = _none  # why agents of a kind cannot work on this machine; empty: they can
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    watch: Watch = field(default_factory=Blind)  # the radar, in the process that runs the engine
    turns: Turns = field(default_factory=Turns)  # one for all projects of an engine, however often they are opened
    context_lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one at a time reads and writes the context file
    spawn_lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one at a time asks for a session more: caps are counted
