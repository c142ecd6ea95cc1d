"""The eyes of one project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from graphs.state import Deps
from orchestrator.boundaries.git.protocol import Git
from orchestrator.engine.radar.eyes import Pair
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity
from orchestrator.nouns.errors import MergeConflict


class Sight:
    """``Eyes`` through the repository itself."""

    def __init__(self, git: Git) -> None:
        self._git = git

    async def snapshot(self, worktree: str) -> str:
        return await self._git.snapshot(worktree) if await self._git.changes(worktree) else await self._git.head(worktree)

    async def survey(self, heads: Mapping[str, str], against: str) -> Mapping[Pair, Sequence[Finding]]:
        pairs: list[Pair] = [*combinations(heads, 2), *((name, None) for name in heads)]
        return {pair: found for pair in pairs if (found := await self._pair(heads[pair[0]], heads[pair[1]] if pair[1] else against))}

    async def _pair(self, one: str, other: str) -> list[Finding]:
        try:
            await self._git.merged(one, other, "look")
        except MergeConflict as error:
            return [_textual(path) for path in error.files]
        return []

    async def files(self, heads: Mapping[str, str], against: str) -> Mapping[str, frozenset[str]]:
        bases = {name: await self._git.merge_base(head, against) or against for name, head in heads.items()}
        changed = await self._git.changed_by((head, bases[name]) for name, head in heads.items())
        return {name: frozenset(changed.get(head, ())) for name, head in heads.items()}

    async def close(self) -> None:
        return None


def _textual(path: str) -> Finding:
    return Finding(
        kind=ConflictKind.textual,
        cause=Cause.content,
        severity=Severity.high,
        files=(path,),
        summary=f"both changed {path}",
        a=(Place(path=path, line=0),),
        b=(Place(path=path, line=0),),
    )


async def open_eyes(deps: Deps) -> Sight:
    """The eyes of one project."""
    return Sight(deps.git)
