"""Keeps every project's context file in step with the store while an engine runs: after each change there, and after each here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from graphs.context_file import in_step
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Store
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.session import Project

log = logging.getLogger("televibe.context")

KINDS = frozenset(
    {
        EventKind.project_registered,
        EventKind.export_found,
        EventKind.export_declared,
        EventKind.export_changed,
        EventKind.decision_recorded,
        EventKind.todo_added,
        EventKind.todo_done,
        EventKind.goal_landed,
    }
)
"""What changes the file, or moves the commit it is compared with."""

LOOK_SECONDS = 1.0
"""How long a change by somebody else may stay unseen, when nothing happens."""

PAUSE_SECONDS = 0.5
"""Changes come in bunches, and the next agent's start behind a job's end must not wait for the file."""


class ContextSync:
    """``watch`` is the engine's task for it; ``settle`` brings everything in step once, for an engine that ends."""

    def __init__(self, store: Store, deps: Callable[[str], Awaitable[Deps]]) -> None:
        self._store = store
        self._deps = deps
        self._seen = 0
        self._stamps: dict[str, tuple[int, ...]] = {}

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.settle()
            await self._store.wait_for_news(self._seen, LOOK_SECONDS, KINDS)
            await asyncio.sleep(PAUSE_SECONDS)

    async def settle(self) -> None:
        """Bring in step what changed since the last time, here or there."""
        async with self._store.reading() as store:
            projects = await store.projects()
            news = await store.events(after=self._seen, kinds=sorted(KINDS)) if self._seen else []
            last = await store.last_event_id()
        talked = {event.project_id for event in news}
        for project in projects:
            if project.id in talked or self._stamps.get(project.id) != _stamp(project):
                await self._sync(project)
        self._seen = last

    async def _sync(self, project: Project) -> None:
        """A project that cannot be opened, or whose file cannot be written, is no reason to stop for the others."""
        try:
            await in_step(await self._deps(project.id))
        except Exception as error:  # it is tried again at the next change; the log has the reason
            log.warning("action=context_not_in_step project=%s error=%s: %s", project.id, type(error).__name__, error)
        self._stamps[project.id] = _stamp(project)


def _stamp(project: Project) -> tuple[int, ...]:
    """Differs when somebody wrote the file."""
    try:
        found = (Path(project.root) / FILE).stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
