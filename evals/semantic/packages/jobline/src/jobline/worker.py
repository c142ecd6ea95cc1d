"""The worker: takes a job, does it, and says how it ended."""

from __future__ import annotations

from typing import Any

from . import tasks  # noqa: F401
from .events import Events
from .job import Job, State
from .queue import Queue
from .registry import find_task
from .retry import Fixed, RetryRule


class Worker:
    def __init__(self, queue: Queue, retry: RetryRule | None = None, events: Events | None = None) -> None:
        self.queue = queue
        self.retry = retry or Fixed()
        self.events = events or Events()
        self.results: dict[int, Any] = {}

    def step(self) -> Job | None:
        """Do one job; None when none waits."""
        job = self.queue.pop()
        if job is None:
            return None
        try:
            self.results[job.id] = find_task(job.task)(**job.payload)
        except Exception as error:
            return self._failed(job, error)
        ended = self.queue.finish(job)
        self.events.emit("done", ended)
        return ended

    def _failed(self, job: Job, error: Exception) -> Job:
        seconds = self.retry.again(job, error)
        if seconds is not None:
            return self.queue.delay(job, seconds)
        ended = self.queue.finish(job, State.failed)
        self.events.emit("failed", ended)
        return ended

    def drain(self, limit: int = 100) -> int:
        done = 0
        while done < limit and self.step() is not None:
            done += 1
        return done


async def run_once(worker: Worker) -> Job | None:
    return worker.step()
