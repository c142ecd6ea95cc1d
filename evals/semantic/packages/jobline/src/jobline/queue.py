"""The queue: jobs in a store, the most urgent one first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .clock import Clock
from .job import DEFAULT_QUEUE, Job, Priority, State, make_job
from .stores import Store


class Queue:
    def __init__(self, store: Store, clock: Clock | None = None, name: str = DEFAULT_QUEUE) -> None:
        self.store = store
        self.clock = clock or Clock()
        self.name = name

    def push(self, task: str, priority: Priority = Priority.normal, **payload: Any) -> Job:
        job = make_job(task, payload, queue=self.name, priority=priority)
        self.store.put(job)
        return job

    def waiting(self) -> list[Job]:
        now = self.clock.now()
        ready = [job for job in self.store.every() if job.state is State.waiting and job.due <= now]
        return sorted(ready, key=Job.sort_key)

    def pop(self) -> Job | None:
        for job in self.waiting():
            started = job.started()
            self.store.put(started)
            return started
        return None

    def finish(self, job: Job, state: State = State.done) -> Job:
        ended = job.ended(state)
        self.store.put(ended)
        return ended

    def delay(self, job: Job, seconds: float) -> Job:
        later = replace(job, state=State.waiting, due=self.clock.now() + seconds)
        self.store.put(later)
        return later

    def __len__(self) -> int:
        return len(self.waiting())
