"""Looking at branches at once, for whoever cannot wait until the next look. Only the process that runs the engine can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from orchestrator.nouns.conflict import Finding
from orchestrator.verbs.conflicts import Look


class Watch(Protocol):
    """The eyes of one project."""

    async def between(self, one: str, other: str) -> Sequence[Finding]:
        """What collides between two commits; nothing when that cannot be told."""
        ...

    async def now(self, session_id: str, seconds: float) -> Look | None:
        """A look that began after this call, with the session's worktree as it is; None when there was none in time."""
        ...


class Blind:
    """For a process that runs no engine, and for a project whose configuration switches the radar off."""

    async def between(self, one: str, other: str) -> Sequence[Finding]:
        del one, other
        return ()

    async def now(self, session_id: str, seconds: float) -> Look | None:
        del session_id, seconds
        return None
