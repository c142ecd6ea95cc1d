"""Who wants to know what happens to jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from .job import Job

Listener = Callable[[Job], None]


class Events:
    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = defaultdict(list)

    def on(self, name: str, listener: Listener) -> Listener:
        self._listeners[name].append(listener)
        return listener

    def emit(self, name: str, job: Job) -> int:
        for listener in self._listeners[name]:
            listener(job)
        return len(self._listeners[name])


def recorder(kept: list[tuple[str, int]], name: str) -> Listener:
    def keep(job: Job) -> None:
        kept.append((name, job.id))

    return keep
