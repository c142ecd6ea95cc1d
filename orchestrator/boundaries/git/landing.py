"""What is about to land: merged beside every worktree, written as one commit whose first parent is the branch it lands on.

The first parents of the default branch are then exactly the commits that were checked: what a branch had in between, and what of a
batch was not checked by itself, is behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator.boundaries.git.run import git_status
from orchestrator.boundaries.git.upkeep import Upkeep
from orchestrator.boundaries.git.worktree import READ
from orchestrator.nouns.errors import GitError


class Landings(Upkeep):
    """The part of a repository that prepares landings. Nothing here moves a branch, but ``push`` one of a remote."""

    async def tree(self, commit: str) -> str:
        return await self._tree(commit)

    async def stacked(self, ours: str, heads: Sequence[str]) -> str:
        """A merge of the heads into ``ours``, one after the other; ``ours`` itself if it has them all."""
        tree = await self._tree(ours)
        for head in heads:
            merged = await self._merge_tree(ours, head)
            if merged == tree and await self.contains(ours, head):
                continue
            joined = ["commit-tree", "--no-gpg-sign", "-p", ours, "-p", head, "-m", "televibe: to be checked", merged]
            ours, tree = (await self._git([*await self._who(), *joined])).decode().strip(), merged
            self._trees[ours] = tree
        return ours

    async def with_files(self, commit: str, files: Mapping[str, bytes]) -> str:
        """The tree of ``commit`` with these contents, as plain files."""
        if not files:
            return await self._tree(commit)
        lines = [f"100644 {await self._write('blob', text)}\t{path}\0" for path, text in sorted(files.items())]
        async with self._index_beside(self._root) as index:
            await self._git(["read-tree", commit], extra=index)
            await self._git(["update-index", "--add", "--replace", "-z", "--index-info"], extra=index, stdin="".join(lines).encode())
            return (await self._git(["write-tree"], extra=index)).decode().strip()

    async def landing(self, tree: str, onto: str, heads: Sequence[str], message: str) -> str:
        """A commit of ``tree`` with the parents ``onto`` and ``heads``; the head itself, if it is one step from there to this tree."""
        if len(heads) == 1 and await self._tree(heads[0]) == tree:
            parents = (await self._git(["rev-parse", f"{heads[0]}^@"])).decode().split()
            if parents == [onto]:
                return heads[0]
        others = [part for head in dict.fromkeys(heads) for part in ("-p", head)]
        commit = ["commit-tree", "--no-gpg-sign", "-p", onto, *others, "-m", message, tree]
        return (await self._git([*await self._who(), *commit])).decode().strip()

    async def edits(self, worktree: str, commit: str) -> list[str]:
        """Tracked files of a detached worktree that are not as ``commit`` has them; ``HEAD`` if that is elsewhere."""
        asked = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no", "--no-renames"]
        lines = (await self._git(asked, worktree, READ)).decode(errors="surrogateescape").split("\0")
        changed = [line.split(" ", 8)[8] for line in lines if line.startswith("1 ")]
        unmerged = [line.split(" ", 10)[10] for line in lines if line.startswith("u ")]
        return [*changed, *unmerged, *([] if f"# branch.oid {commit}" in lines else ["HEAD"])]

    async def restored(self, worktree: str, commit: str) -> None:
        """Tracked files and HEAD of a detached worktree as ``commit`` has them; what is not tracked stays."""
        await self._git(["checkout", "-q", "--force", "--detach", commit], worktree)

    async def merged_into(self, commit: str) -> set[str]:
        """Branches of which ``commit`` has everything."""
        asked = ["for-each-ref", f"--merged={commit}", "--format=%(refname:lstrip=2)", "refs/heads"]
        return set((await self._git(asked)).decode(errors="surrogateescape").splitlines())

    async def keep_all(self, commits: Mapping[str, str]) -> None:
        """As ``keep``, all of them or none, in one process."""
        lines = "".join(f"update refs/televibe/{name}\0{commit}\0\0" for name, commit in commits.items())
        await self._git(["update-ref", "-z", "--stdin"], stdin=lines.encode())

    async def push(self, remote: str, commit: str, branch: str) -> None:
        """``commit`` to a branch of a remote, never by force. Runs no hook. ``GitError`` says what the remote said."""
        asked = ["push", "-q", "--no-verify", "--no-recurse-submodules", "--", remote, f"{commit}:refs/heads/{branch}"]
        status, _, err = await git_status(self._root, asked, record=self._record, extra=self._unasked())
        if status != 0:
            said = err.decode(errors="replace").strip()
            line = next((li for li in said.splitlines() if "rejected" in li or li.startswith(("fatal:", "error:"))), said[-200:])
            raise GitError(f"git push to {remote} failed: {line.strip()}", f"`git push {remote} {branch}` shows more", said=said)
