"""What a worktree holds: its head, what is not committed there, and a commit of all of it that touches nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from orchestrator.boundaries.git import parse
from orchestrator.boundaries.git.places import Places
from orchestrator.nouns.repo import FileChange

NOT_COMMITTED = "televibe: work not committed yet"


class Worktree(Places):
    """The part of a repository that looks into worktrees."""

    async def head(self, worktree: str) -> str:
        return (await self._git(["rev-parse", "HEAD"], worktree)).decode().strip()

    async def changes(self, worktree: str) -> list[FileChange]:
        out = await self._git(["status", "--porcelain", "-z", "--untracked-files=all"], worktree, READ)
        return [parse.change_of(*entry) for entry in parse.porcelain(out)]

    async def snapshot(self, worktree: str) -> str:
        head = await self.head(worktree)
        async with self._index_beside(worktree) as index:
            await self._add_all(worktree, index)
            return await self._on_top(worktree, head, index)

    async def _on_top(self, worktree: str, head: str, index: Mapping[str, str]) -> str:
        """A commit of what ``index`` holds."""
        tree = (await self._git(["write-tree"], worktree, index)).decode().strip()
        commit = [*await self._who(), "commit-tree", "--no-gpg-sign", "-p", head, "-m", NOT_COMMITTED, tree]
        return (await self._git(commit, worktree)).decode().strip()

    @asynccontextmanager
    async def _index_beside(self, worktree: str) -> AsyncIterator[dict[str, str]]:
        """A copy of the worktree's index, as the environment for git; it is gone afterwards."""
        git_dir = Path((await self._git(["rev-parse", "--absolute-git-dir"], worktree)).decode().removesuffix("\n"))
        with tempfile.TemporaryDirectory(dir=git_dir, prefix="televibe-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            if (git_dir / "index").exists():
                shutil.copy2(git_dir / "index", index["GIT_INDEX_FILE"])
            yield index

    async def _add_all(self, worktree: str, index: Mapping[str, str] | None = None) -> None:
        """Everything but repositories inside of this one: git has no content of theirs to add, and refuses those without a commit."""
        inner = [f":(exclude,literal){c.path}" for c in await self.changes(worktree) if nested(c.path)]
        await self._git(["add", "-A", "--", ".", *inner] if inner else ["add", "-A"], worktree, index)


READ = {"GIT_OPTIONAL_LOCKS": "0"}


def nested(path: str) -> bool:
    """``git status`` names every untracked file; a folder among them is a repository of its own."""
    return path.endswith("/")
