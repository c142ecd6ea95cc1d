"""The durable queue as the rest of the program sees it: work is named, submitted once, and survives the process.

Two kinds. *Reactions* are short: one for each triggering event, in a lane for each key (a goal, a session, a project). *Jobs* are
long: an agent's run, in a lane for each session, under a global limit. In a lane one goes after the other, in the order of their
numbers. Both are at-least-once: after a crash the work is called again with the same argument, so it must be idempotent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Work:
    """What the queue calls. Either may raise; the queue logs it and goes on with the next."""

    react: Callable[[int], Awaitable[None]]  # event id
    run_job: Callable[[str], Awaitable[None]]  # job id


class Queue(Protocol):
    """Work that survives ``kill -9``."""

    async def start(self, work: Work, *, parallel_jobs: int) -> None:
        """Begin to work, first on what an earlier process left unfinished."""
        ...

    async def submit_reaction(self, event_id: int, key: str) -> None:
        """Idempotent by event id; reactions of one key run one after the other in the order of submission."""
        ...

    async def submit_job(self, job_id: str, session_id: str, seq: int) -> None:
        """Idempotent by job id."""
        ...

    async def drop_job(self, job_id: str) -> None:
        """Take a job off the queue if it has not begun."""
        ...

    @property
    def busy(self) -> int:
        """How many pieces of work this process is in the middle of."""
        ...

    async def close(self) -> None:
        """Stop working. What was in the middle stays unfinished, and is begun again by the next ``start``."""
        ...
