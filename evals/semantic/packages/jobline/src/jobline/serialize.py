"""Jobs as plain data."""

from __future__ import annotations

from typing import Any

from .job import Job, Priority, State

FORMAT = 1


def dump_job(job: Job) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": job.id,
        "task": job.task,
        "payload": job.payload,
        "queue": job.queue,
        "priority": int(job.priority),
        "attempts": job.attempts,
        "state": job.state.value,
        "due": job.due,
    }


def load_job(data: dict[str, Any]) -> Job:
    fields = {key: value for key, value in data.items() if key != "format"}
    return Job(**{**fields, "priority": Priority(fields["priority"]), "state": State(fields["state"])})
