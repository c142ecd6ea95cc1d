"""What the lookout sees with: one project's repository, compared in a quarantine under the home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from graphs.radar import Survey, Surveys
from graphs.semantic import memory_kept_in, semantics
from graphs.state import Deps
from orchestrator.boundaries.git.journal import Journal
from orchestrator.boundaries.git.radar import Radar, open_radar
from orchestrator.nouns.conflict import Finding
from orchestrator.nouns.errors import NotReady

ALONE = "one"
"""The name of a commit that is compared with one other."""


class Eyes:
    """One radar; one question at a time, since its processes answer in order. Made by ``open_eyes``."""

    def __init__(self, radar: Radar, surveys: Surveys, opened: AsyncExitStack) -> None:
        self._radar = radar
        self._surveys = surveys
        self._opened = opened
        self._one = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self._one:
            if self._closed:
                raise NotReady("the radar was closed meanwhile", "ask again")
            yield

    async def snapshot(self, worktree: str) -> str:
        """A commit of the worktree as it is; its head itself if nothing differs. Touches nothing of the user's."""
        async with self._turn():
            return (await self._radar.snapshot(worktree)).commit

    async def survey(self, heads: Mapping[str, str], against: str) -> Survey:
        """All pairs of the heads, and each with the commit ``against``."""
        async with self._turn():
            return await self._surveys.of(heads, against)

    async def between(self, one: str, other: str) -> Sequence[Finding]:
        """What collides between two commits."""
        survey = await self.survey({ALONE: one}, other)
        return survey.findings.get((ALONE, None), ())

    async def files(self, heads: Mapping[str, str], against: str) -> Mapping[str, frozenset[str]]:
        """Name → paths that it changed since it parted from ``against``."""
        async with self._turn():
            bases = await self._radar.bases([*heads.values(), *([against] if against else [])])
            spans = {name: (base[0], head) for name, head in heads.items() if (base := bases.of(head, against))}
            found = await self._radar.paths(spans.values())
        return {name: frozenset(found.get(span, ())) for name, span in spans.items()}

    async def having(self, tips: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        """Name → the others whose commit it has, beside its own."""
        async with self._turn():
            bases = await self._radar.bases(tips.values())
        below = {name: {o for o, tip in tips.items() if tip != tips[name] and bases.of(tip, tips[name]) == (tip,)} for name in tips}
        return {name: frozenset(others) for name, others in below.items()}

    async def close(self) -> None:
        """Whoever waits for a turn gets none: nothing would end what it starts."""
        self._closed = True
        await self._opened.aclose()


async def open_eyes(deps: Deps) -> Eyes:
    """The eyes of one project."""
    opened = AsyncExitStack()
    place = deps.home.radars / deps.project.id
    radar = await opened.enter_async_context(open_radar(deps.project.root, place, Journal(deps.home.git_log)))
    return Eyes(radar, Surveys(radar, partial(semantics, memory=memory_kept_in(deps.home.facts))), opened)
