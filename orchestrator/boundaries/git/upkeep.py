"""A branch brought up to another commit: worked out beside its worktree, then put in place in one move, so that nothing is half done.

Commits are carried over with ``merge-tree`` and written as objects: no hook, editor, signature or recorded resolution has a part in it,
and a conflict has touched nothing. Before that a branch, its index and its files are what they were; after it all three are new.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator.boundaries.git import parse
from orchestrator.boundaries.git.places import NO_CODE
from orchestrator.boundaries.git.run import git_status
from orchestrator.boundaries.git.worktree import READ, Worktree
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.errors import GitError, MergeConflict, NotReady
from orchestrator.nouns.repo import Saved
from orchestrator.verbs.context_file.conflict import ours_of

UNFINISHED = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "sequencer": "a cherry-pick or revert",
    "BISECT_LOG": "a bisect",
}
"""Files of a worktree's git directory that say what its user is in the middle of (git-rebase, wt-status.c)."""

FULL_NAME = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")

TREES_KNOWN = 5000

NAMED = re.compile(r"'([^'\n]+)'")


class Upkeep(Worktree):
    """The part of a repository that moves a branch together with its worktree."""

    async def occupied(self, worktree: str, branch: str) -> str:
        """Why the worktree must be left alone just now, in words that follow "because"; empty when it need not."""
        if not Path(worktree).is_dir():
            return f"its worktree {worktree} is gone"
        git_dir = Path((await self._git(["rev-parse", "--absolute-git-dir"], worktree)).decode().removesuffix("\n"))
        if doing := next((name for file, name in UNFINISHED.items() if (git_dir / file).exists()), None):
            return f"{doing} is not finished in {worktree}"
        if (git_dir / "index.lock").exists():
            return f"another git command is at work in {worktree}"
        _, head, _ = await git_status(worktree, ["symbolic-ref", "-q", "HEAD"], record=self._record)
        if head.decode().strip() != f"refs/heads/{branch}":
            at = head.decode().strip().removeprefix("refs/heads/")
            return f"{worktree} is on {at}, not on {branch}" if at else f"HEAD is detached in {worktree}"
        unmerged = await self._git(["diff", *NO_CODE, "--name-only", "--diff-filter=U", "-z"], worktree)
        return f"files with conflicts are not settled in {worktree}" if unmerged else ""

    async def saved(self, worktree: str) -> Saved:
        """Commits, on top of the head, of the files and of the index as they are, for as much as is not committed. Touches nothing."""
        head = await self.head(worktree)
        dirty = await self.snapshot(worktree) if await self.changes(worktree) else ""
        status, _, _ = await git_status(worktree, ["diff-index", "--cached", "--quiet", "HEAD"], record=self._record, extra=READ)
        if status == 0:
            return Saved(head=head, dirty=dirty)
        async with self._index_beside(worktree) as index:
            return Saved(head=head, dirty=dirty, staged=await self._on_top(worktree, head, index))

    async def rebased(self, head: str, onto: str) -> str:
        """``onto`` with the commits of ``onto..head`` (a line without merges) on top. What came to nothing is left out, as git
        does. ``MergeConflict`` names the files of the first that does not fit. Moves nothing."""
        listed = (await self._git(["rev-list", "--reverse", "--topo-order", "--parents", f"{onto}..{head}"])).decode().splitlines()
        line = [entry.split() for entry in listed]
        if any(len(entry) != 2 for entry in line):
            raise GitError(f"{head[:10]} is no line of commits on top of what {onto[:10]} has", "merge it instead")
        committer = await self._git([*await self._who(), "var", "GIT_COMMITTER_IDENT"])
        raw = await self._commits_raw([name for entry in line for name in entry])
        new = onto
        for commit, parent in line:
            tree = await self._picked(commit, parent, new)
            was_empty = parse.tree_of(raw[commit]) == parse.tree_of(raw[parent])
            if tree == await self._tree(new) and not was_empty:
                continue
            new = await self._write("commit", parse.rewritten(raw[commit], tree, new, committer.strip()))
        return new

    async def merged(self, head: str, other: str, message: str) -> str:
        """A merge of ``other`` into ``head``. ``MergeConflict`` names the files. Moves nothing."""
        tree = await self._merge_tree(head, other)
        commit = ["commit-tree", "--no-gpg-sign", "-p", head, "-p", other, "-m", message, tree]
        return (await self._git([*await self._who(), *commit])).decode().strip()

    async def carried(self, work: str, head: str, onto: str) -> str:
        """``work``, a commit on top of ``head``, on top of ``onto`` instead. ``MergeConflict`` names the files. Moves nothing."""
        if head == onto:
            return work
        tree = await self._picked(work, head, onto)
        return (
            (await self._git([*await self._who(), "commit-tree", "--no-gpg-sign", "-p", onto, "-m", "televibe: carried", tree]))
            .decode()
            .strip()
        )

    async def mixture(self, work: str, one: str, other: str) -> bool:
        """Whether ``work`` has of every path what one of the two others has of it."""
        neither = await self._differing(work, one) & await self._differing(work, other)
        return not neither

    async def move(self, worktree: str, branch: str, *, was: Saved, new: Saved, why: str) -> None:
        """Files, index and branch from ``was`` to ``new``, in this order, each as a whole. ``NotReady``: the files are not as
        ``was`` says, or ignored ones are in the way; ``GitError``: the branch is elsewhere. In either case all is as before."""
        async with self._index_beside(worktree) as index:
            await self._add_all(worktree, index)
            now, target = (await self._git(["write-tree"], worktree, index)).decode().strip(), await self._tree(new.files)
            if now != await self._tree(was.files):
                raise NotReady(f"files in {worktree} were changed just now", "it is tried again later")
            await self._none_in_the_way(worktree, now, target)
            await self._files(worktree, now, target, index)
            try:
                await self._git(["read-tree", "--reset", f"{new.index}^{{tree}}"], worktree)
                await self._git(["update-ref", "-m", f"televibe: {why}", f"refs/heads/{branch}", new.head, was.head], worktree)
            except GitError:
                await self._files(worktree, target, now, index)
                await git_status(worktree, ["read-tree", "--reset", f"{was.index}^{{tree}}"], record=self._record)
                raise
        await git_status(worktree, ["update-index", "-q", "--refresh"], record=self._record)

    async def _files(self, worktree: str, now: str, target: str, index: Mapping[str, str]) -> None:
        status, _, err = await git_status(worktree, ["read-tree", "-m", "-u", now, target], record=self._record, extra=index)
        if status != 0:
            files = NAMED.findall(err.decode(errors="replace"))
            raise NotReady(f"files are in the way in {worktree}: {', '.join(files[:5])}", "move them away")

    async def _none_in_the_way(self, worktree: str, now: str, target: str) -> None:
        """``read-tree`` takes an ignored file for worthless and writes over it (git 2.34 and later)."""
        asked = ["diff-tree", "-r", "-z", "--no-renames", "--name-only", "--diff-filter=A", now, target]
        added = parse.names(await self._git(asked))
        there = sorted(path for path in added if _lies_there(Path(worktree) / path))
        if there:
            raise NotReady(f"ignored files are in the way in {worktree}: {', '.join(there[:5])}", "move them away")

    async def _picked(self, commit: str, parent: str, onto: str) -> str:
        """The tree of ``onto`` with what ``commit`` changed. A stand-in with the right tree and parent makes ``parent`` the merge
        base: git 2.38 has no ``--merge-base``."""
        if parent == onto:
            return await self._tree(commit)
        stand_in = ["commit-tree", "--no-gpg-sign", "-p", parent, "-m", "televibe: stand-in", await self._tree(onto)]
        return await self._merge_tree((await self._git([*await self._who(), *stand_in])).decode().strip(), commit)

    async def _merge_tree(self, ours: str, theirs: str) -> str:
        asked = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs]
        status, out, err = await git_status(self._root, asked, record=self._record)
        if status > 1:
            said = err.decode(errors="replace").strip()
            raise GitError(f"git merge-tree failed: {said.removeprefix('fatal: ')}", said=said, status=status)
        tree, *files = parse.fields(out)
        if files and set(files) != {FILE}:
            raise MergeConflict(f"{theirs[:10]} conflicts in {', '.join(sorted(set(files)))}", files=tuple(sorted(set(files))))
        return await self._our_context(tree) if files else tree

    async def _our_context(self, tree: str) -> str:
        """The tree of a merge in which only the context file contradicted, with our side of that: it is written anew from what is
        stored, where both sides are."""
        text = (await self._git(["cat-file", "blob", f"{tree}:{FILE}"])).decode(errors="surrogateescape")
        blob = await self._write("blob", ours_of(text).encode(errors="surrogateescape"))
        async with self._index_beside(self._root) as index:
            await self._git(["read-tree", tree], extra=index)
            await self._git(["update-index", "--add", "--cacheinfo", f"100644,{blob},{FILE}"], extra=index)
            return (await self._git(["write-tree"], extra=index)).decode().strip()

    async def _tree(self, commit: str) -> str:
        if commit in self._trees:
            return self._trees[commit]
        tree = (await self._git(["rev-parse", "--verify", "-q", f"{commit}^{{tree}}"])).decode().strip()
        if FULL_NAME.match(commit):
            if len(self._trees) >= TREES_KNOWN:
                self._trees.clear()
            self._trees[commit] = tree
        return tree

    async def _differing(self, one: str, other: str) -> set[str]:
        return parse.names(await self._git(["diff-tree", "-r", "-z", "--no-renames", "--name-only", one, other]))

    async def _commits_raw(self, commits: Sequence[str]) -> dict[str, bytes]:
        asked = "".join(f"{commit}\n" for commit in dict.fromkeys(commits)).encode()
        return parse.objects(await self._git(["cat-file", "--batch"], stdin=asked)) if asked else {}

    async def _write(self, kind: str, content: bytes) -> str:
        return (await self._git(["hash-object", "-t", kind, "-w", "--stdin"], stdin=content)).decode().strip()

    async def fetch(self, remote: str, branch: str) -> str:
        ref = f"refs/remotes/{remote}/{branch}"
        quiet = ["fetch", "-q", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance"]
        await self._git([*quiet, "--", remote, f"+refs/heads/{branch}:{ref}"], extra=self._unasked())
        return await self.resolve(ref) or ""

    def _unasked(self) -> dict[str, str]:
        """ssh that asks nothing: nobody is there to answer."""
        return {} if "GIT_SSH_COMMAND" in os.environ else {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}

    async def remote_url(self, remote: str) -> str | None:
        status, out, _ = await git_status(self._root, ["remote", "get-url", "--", remote], record=self._record)
        return out.decode(errors="replace").strip() if status == 0 else None

    async def ref_files(self, branch: str) -> list[str]:
        common = Path(await self._common_dir(self._root))
        return [str(common / name) for name in (f"refs/heads/{branch}", "packed-refs", "reftable/tables.list")]

    async def heads(self) -> dict[str, str]:
        """Branch → its head."""
        out = await self._git(["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"])
        return {name: commit for commit, name in (line.split(" ", 1) for line in out.decode(errors="surrogateescape").splitlines())}

    async def containing(self, commit: str) -> set[str]:
        """Branches that have ``commit``."""
        asked = ["for-each-ref", f"--contains={commit}", "--format=%(refname:lstrip=2)", "refs/heads"]
        return set((await self._git(asked)).decode(errors="surrogateescape").splitlines())

    async def also_elsewhere(self, branch: str, base: str) -> set[str]:
        """Commits beyond ``base`` that any branch but this one has, here or as this repository knows of remotes, or a tag."""
        asked = ["rev-list", f"--exclude={branch}", "--branches", "--remotes", "--tags", f"^{base}"]
        return set((await self._git(asked)).decode().split())

    async def changed_by(self, pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
        """Head → paths that differ from its base, for many (head, base) at once, in one process."""
        asked = dict.fromkeys(pairs)
        found: dict[str, set[str]] = {head: set() for head, _ in asked}
        lines = "".join(f"{head} {base}\n" for head, base in asked).encode()
        out = await self._git(["diff-tree", "--stdin", "-r", "-z", "--no-renames", "--name-only"], stdin=lines) if asked else b""
        current: set[str] = set()
        for field in parse.fields(out):
            if field in found:
                current = found[field]
            else:
                current.add(field)
        return found


def _lies_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
