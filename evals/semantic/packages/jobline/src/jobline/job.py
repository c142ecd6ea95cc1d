"""A job: which task, with what, how often it was tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from itertools import count
from typing import Any

_numbers = count(1)
DEFAULT_QUEUE = "default"


class State(Enum):
    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"


class Priority(IntEnum):
    low = 0
    normal = 5
    high = 9


@dataclass(frozen=True)
class Job:
    id: int
    task: str
    payload: dict[str, Any] = field(default_factory=dict)
    queue: str = DEFAULT_QUEUE
    priority: Priority = Priority.normal
    attempts: int = 0
    state: State = State.waiting
    due: float = 0.0

    @property
    def finished(self) -> bool:
        return self.state in {State.done, State.failed}

    def started(self) -> Job:
        return replace(self, state=State.running, attempts=self.attempts + 1)

    def ended(self, state: State) -> Job:
        return replace(self, state=state)

    def sort_key(self) -> tuple[int, float, int]:
        return (-self.priority, self.due, self.id)


def make_job(task: str, payload: dict[str, Any] | None = None, *, queue: str = DEFAULT_QUEUE, priority: Priority = Priority.normal) -> Job:
    """A new job with a number of its own."""
    return Job(next(_numbers), task, payload or {}, queue, priority)


def parse_priority(text: str) -> Priority:
    return Priority[text.strip().lower()]
