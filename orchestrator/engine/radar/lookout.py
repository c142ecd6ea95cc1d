"""Looks at the live branches of every project whenever something changed there, one look at a time for each project.

At rest the file system alone is asked (see ``walks``) and the event log whether there is a newer event. A look runs in the background,
within a time, and is followed by a pause as long as it took, so that looking takes at most half of a core. What was seen is in the
store; what is only waited for is in memory, and is waited for anew after a restart.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from graphs.conflicts import take_in
from graphs.state import Deps
from graphs.watch import Watch
from orchestrator.boundaries.store.protocol import Store
from orchestrator.engine.projects import if_it_opens
from orchestrator.engine.radar.eyes import Eyes, open_eyes
from orchestrator.engine.radar.watched import Watched, looked
from orchestrator.nouns.conflict import Finding
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.verbs.conflicts import Look

log = logging.getLogger("televibe.radar")

LOOK_SECONDS = 0.25
"""Between two questions to the file system."""

LIST_SECONDS = 0.5
"""Between two questions to the event log."""

BETWEEN_SECONDS = 20.0
"""For two commits that somebody else waits for."""


@dataclass(frozen=True)
class Limits:
    """What a look may take, in seconds."""

    survey: float = 60.0  # one that takes longer is given up: a git hangs, or the repository is too large for this machine
    again: float = 10.0  # until the next look after one that failed


OpenEyes = Callable[[Deps], Awaitable[Eyes]]


class Lookout:
    """``watch`` is the engine's task for it; ``now`` and ``between`` are asked by whoever cannot wait."""

    def __init__(
        self, store: Store, deps: Callable[[str], Awaitable[Deps]], eyes: OpenEyes = open_eyes, limits: Limits = Limits()
    ) -> None:
        self._store = store
        self._deps = deps
        self._open_eyes = eyes
        self._limits = limits
        self._watched: dict[str, Watched] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()
        self.looks = 0  # that were taken in since this process began
        self._newest = -1
        self._listed = float("-inf")

    async def watch(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self._step()
                except TeleVibeError as error:
                    log.warning("action=not_looked error=%s", error.line())
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            for watched in self._watched.values():
                await watched.close()

    def of(self, project_id: str) -> Watch:
        """The eyes of one project, for its machine and its tools."""
        return OneProject(self, project_id)

    async def now(self, project_id: str, session_id: str, seconds: float) -> Look | None:
        """A look that began after this call; None when there was none in time."""
        try:
            async with asyncio.timeout(seconds):
                watched = await self._watching(project_id)
                watched.ask(session_id)
                return await watched.next_look()
        except TimeoutError:
            return None

    async def between(self, project_id: str, one: str, other: str) -> Sequence[Finding]:
        """What collides between two commits."""
        try:
            async with asyncio.timeout(BETWEEN_SECONDS):
                return await (await self._watching(project_id)).eyes.between(one, other)
        except (TeleVibeError, TimeoutError) as error:
            log.warning("action=not_compared project=%s one=%s other=%s error=%s", project_id, one, other, error)
            return ()

    async def _watching(self, project_id: str) -> Watched:
        async with self._opening:
            if project_id not in self._watched:
                deps = await self._deps(project_id)
                self._watched[project_id] = Watched(deps, await self._open_eyes(deps))
            return self._watched[project_id]

    async def _step(self) -> None:
        if time.monotonic() - self._listed >= LIST_SECONDS:
            await self._list()
        for project_id, watched in list(self._watched.items()):
            task = self._running.get(project_id)
            if (task is None or task.done()) and await watched.due():
                self._running[project_id] = asyncio.create_task(self._look(watched), name=f"radar {project_id}")

    async def _list(self) -> None:
        """Which projects and sessions there are, if the log has anything new."""
        self._listed = time.monotonic()
        async with self._store.reading() as store:
            newest = await store.last_event_id()
            if newest == self._newest:
                return
            projects = await store.projects()
        for project in projects:
            deps = await if_it_opens(self._deps, project.id)
            if deps is None or not deps.policy.conflicts.radar:
                if (gone := self._watched.pop(project.id, None)) is not None:
                    await gone.close()
                continue
            await (await self._watching(project.id)).listed(deps)
        self._newest = newest

    async def _look(self, watched: Watched) -> None:
        """One look, taken in. One that fails is tried again later, and stops nothing else."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.survey):
                look = await looked(watched)
                watched.waits = await take_in(watched.deps, look, watched.waits)
            self.looks += 1
            watched.seen(look, rest=time.monotonic() - began)
        except Exception as error:
            log.warning("action=look_failed project=%s error=%s: %s", watched.deps.project.id, type(error).__name__, error)
            watched.missed(self._limits.again)


@dataclass(frozen=True)
class OneProject:
    """``Watch``, through the lookout of the engine."""

    lookout: Lookout
    project_id: str

    async def between(self, one: str, other: str) -> Sequence[Finding]:
        return await self.lookout.between(self.project_id, one, other)

    async def now(self, session_id: str, seconds: float) -> Look | None:
        return await self.lookout.now(self.project_id, session_id, seconds)
