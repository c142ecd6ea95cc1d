"""What the machine saves (State) and what it uses (Deps): two different things.

State holds ids and small decided values, and is checkpointed while an approval is waited for. Everything that must survive
otherwise is in the store, which is the truth; a node that runs twice finds its work done there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

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
    job_id: str | None
    session_id: str | None
    type: TaskType | None  # understand
    draft: PlanDraft | None  # plan
    decided: Decided | None  # plan: who made it
    answer: str | None  # approve: what the user said to the plan
    ready: list[str]  # task ids whose turn it is
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
        job_id=event.job_id,
        session_id=event.session_id,
        type=None,
        draft=None,
        decided=None,
        answer=None,
        ready=[],
        briefs={},
        step="",
    )


def kind_of(state: State) -> EventKind:
    return EventKind(state["event"])


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
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    context_lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one at a time reads and writes the context file
    spawn_lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one at a time asks for a session more: caps are counted
