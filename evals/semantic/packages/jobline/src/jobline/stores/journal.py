"""Jobs in a list of lines, as they would be in a file."""

from __future__ import annotations

import json
from typing import Optional

from ..job import Job
from ..serialize import dump_job, load_job
from .base import Store


class JournalStore(Store):
    name = "journal"

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self.path = path
        self.lines: list[str] = []

    def put(self, job: Job) -> None:
        self.check_open()
        self.lines.append(json.dumps(dump_job(job)))

    def get(self, job_id: int) -> Optional[Job]:
        return next((job for job in self.every() if job.id == job_id), None)

    def every(self) -> list[Job]:
        latest = {job.id: job for job in map(load_job, map(json.loads, self.lines))}
        return [latest[number] for number in sorted(latest)]
