"""What the lookout sees with: snapshots of worktrees, and what collides between commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from orchestrator.nouns.conflict import Finding

Pair = tuple[str, str | None]
"""Two names, in the order in which they were given; None: the default branch."""


class Eyes(Protocol):
    """One repository, as the radar looks at it. Every method raises ``GitError`` when it cannot."""

    async def snapshot(self, worktree: str) -> str:
        """A commit of the worktree as it is; its head itself if nothing differs. Touches nothing of the user's."""
        ...

    async def survey(self, heads: Mapping[str, str], against: str) -> Mapping[Pair, Sequence[Finding]]:
        """All pairs of the heads, and each with the commit ``against``. A finding's ``a`` is the pair's first."""
        ...

    async def files(self, heads: Mapping[str, str], against: str) -> Mapping[str, frozenset[str]]:
        """Name → paths that it changed since it parted from ``against``."""
        ...

    async def having(self, tips: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        """Name → the others whose commit it has, beside its own."""
        ...

    async def close(self) -> None: ...
