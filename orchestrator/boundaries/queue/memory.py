"""The queue in memory: the same order and limits, nothing survives. For tests and for looking without leaving a trace."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from orchestrator.boundaries.queue.protocol import Work

log = logging.getLogger("televibe.queue")
A = TypeVar("A")


class MemoryQueue:
    """``Queue`` on asyncio tasks."""

    def __init__(self) -> None:
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._begun: set[str] = set()
        self._dropped: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0

    @property
    def busy(self) -> int:
        return self._running

    async def start(self, work: Work, *, parallel_jobs: int) -> None:
        self._work = work
        self._room = asyncio.Semaphore(parallel_jobs)

    async def submit_reaction(self, event_id: int, key: str) -> None:
        self._once(f"event-{event_id}", self._react(event_id, key))

    async def submit_job(self, job_id: str, session_id: str, seq: int) -> None:
        del seq  # submission order is sequence order in one process
        self._once(f"job-{job_id}", self._job(job_id, session_id))

    async def drop_job(self, job_id: str) -> None:
        self._dropped.add(job_id)

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _once(self, name: str, work: Any) -> None:
        if name in self._begun:
            work.close()
            return
        self._begun.add(name)
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _react(self, event_id: int, key: str) -> None:
        async with self._turns[key]:
            await self._now(self._work.react, event_id)

    async def _job(self, job_id: str, session_id: str) -> None:
        async with self._turns[f"job:{session_id}"], self._room:
            if job_id not in self._dropped:
                await self._now(self._work.run_job, job_id)

    async def _now(self, call: Callable[[A], Awaitable[None]], argument: A) -> None:
        self._running += 1
        try:
            await call(argument)
        except Exception:
            log.exception("action=work_failed argument=%s", argument)
        finally:
            self._running -= 1
