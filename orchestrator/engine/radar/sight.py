"""The eyes of one project: its repository compared in a quarantine under the home."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import combinations

from graphs.state import Deps
from orchestrator.boundaries.git.journal import Journal
from orchestrator.boundaries.git.radar import Radar, open_radar
from orchestrator.engine.radar.eyes import Pair
from orchestrator.nouns.compared import Merge
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity


class Sight:
    """``Eyes`` over one radar; one question at a time, since its processes answer in order."""

    def __init__(self, radar: Radar, opened: AsyncExitStack) -> None:
        self._radar = radar
        self._opened = opened
        self._one = asyncio.Lock()

    async def snapshot(self, worktree: str) -> str:
        async with self._one:
            return (await self._radar.snapshot(worktree)).commit

    async def survey(self, heads: Mapping[str, str], against: str) -> Mapping[Pair, Sequence[Finding]]:
        pairs: list[Pair] = [*combinations(heads, 2), *((name, None) for name in heads if against)]
        spans = {pair: (heads[pair[0]], heads[pair[1]] if pair[1] is not None else against) for pair in pairs}
        async with self._one:
            merges = await self._radar.merges(list(spans.values()))
        return {pair: found for pair, merge in zip(spans, merges, strict=True) if (found := _textual(merge))}

    async def files(self, heads: Mapping[str, str], against: str) -> Mapping[str, frozenset[str]]:
        async with self._one:
            bases = await self._radar.bases([*heads.values(), *([against] if against else [])])
            spans = {name: (base[0], head) for name, head in heads.items() if (base := bases.of(head, against))}
            found = await self._radar.paths(spans.values())
        return {name: frozenset(found.get(span, ())) for name, span in spans.items()}

    async def having(self, tips: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        async with self._one:
            bases = await self._radar.bases(tips.values())
        below = {name: {o for o, tip in tips.items() if tip != tips[name] and bases.of(tip, tips[name]) == (tip,)} for name in tips}
        return {name: frozenset(others) for name, others in below.items()}

    async def close(self) -> None:
        await self._opened.aclose()


def _textual(merge: Merge) -> list[Finding]:
    return [
        Finding(
            kind=ConflictKind.textual,
            cause=Cause.content,
            severity=Severity.high,
            files=(path,),
            summary=f"both changed {path}",
            a=(Place(path=path, line=0),),
            b=(Place(path=path, line=0),),
        )
        for path in merge.paths
    ]


async def open_eyes(deps: Deps) -> Sight:
    """The eyes of one project."""
    opened = AsyncExitStack()
    place = deps.home.radars / deps.project.id
    radar = await opened.enter_async_context(open_radar(deps.project.root, place, Journal(deps.home.git_log)))
    return Sight(radar, opened)
