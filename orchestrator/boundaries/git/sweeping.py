"""Refs of ours that may not be needed any more: which hold the only copy of something, and taking one away."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.boundaries.git import parse
from orchestrator.boundaries.git.landing import Landings
from orchestrator.boundaries.git.run import git_status


class Sweeping(Landings):
    """The part of a repository that takes refs away."""

    async def only_here(self, commits: Iterable[str]) -> set[str]:
        """Those of ``commits`` that no branch, tag or remote-tracking branch has. One process for all."""
        asked = sorted(set(commits))
        if not asked:
            return set()
        walk = ["rev-list", "--stdin", "--not", "--branches", "--tags", "--remotes"]
        out = await self._git(walk, stdin="".join(f"{commit}\n" for commit in asked).encode())
        return set(asked) & set(out.decode().split())

    async def same_changes(self, commit: str, onto: str) -> bool:
        """Whether ``onto`` has the change of each commit that it does not have (as ``git cherry`` compares them). Of a merge that
        cannot be said."""
        merges = await self._git(["rev-list", "--merges", "--max-count=1", commit, f"^{onto}"])
        if merges:
            return False
        status, out, _ = await git_status(self._root, ["cherry", onto, commit], record=self._record)
        return status == 0 and all(line.startswith("-") for line in out.decode().splitlines())

    async def worktrees(self) -> list[str]:
        return parse.worktree_paths(await self._git(["worktree", "list", "--porcelain", "-z"]))

    async def drop_kept(self, ref: str, expected: str) -> None:
        """Take away a ref under ``refs/televibe/`` that is still at ``expected``; ``GitError`` if it is elsewhere."""
        if not ref.startswith("refs/televibe/"):
            raise ValueError(f"{ref} is none of ours")
        await self._git(["update-ref", "-d", ref, expected])
