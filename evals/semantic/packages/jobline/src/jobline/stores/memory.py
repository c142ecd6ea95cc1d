"""Jobs in a dict."""

from __future__ import annotations

from typing import Optional

from ..job import Job
from .base import Store


class MemoryStore(Store):
    name = "memory"

    def __init__(self) -> None:
        super().__init__()
        self._jobs: dict[int, Job] = {}

    def put(self, job: Job) -> None:
        self.check_open()
        self._jobs[job.id] = job

    def get(self, job_id: int) -> Optional[Job]:
        return self._jobs.get(job_id)

    def every(self) -> list[Job]:
        return [self._jobs[number] for number in sorted(self._jobs)]
