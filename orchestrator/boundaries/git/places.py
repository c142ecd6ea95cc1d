"""Where branches, HEAD and worktrees point, and putting them elsewhere; what commits of a branch changed by themselves."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator.boundaries.git import parse
from orchestrator.boundaries.git.run import Recorder, git_status, run_git

OWN_NAME = {"name": "TeleVibe", "email": "televibe@localhost"}
UNFINISHED = ("rebase", "cherry-pick", "revert", "am")
"""Operations that an agent may have left in the middle; each is forgotten with ``--quit``."""


class Places:
    """The part of a repository that moves things. ``root`` is its main worktree."""

    def __init__(self, root: str, record: Recorder) -> None:
        self._root = root
        self._record = record
        self._identity: dict[str, str] | None = None
        self._common = ""  # asked once
        self._trees: dict[str, str] = {}  # of commits by their full name, which never change

    async def resolve(self, revision: str, where: str | None = None) -> str | None:
        asked = ["rev-parse", "-q", "--verify", "--end-of-options", f"{revision}^{{commit}}"]
        status, out, _ = await git_status(where or self._root, asked, record=self._record)
        return out.decode().strip() if status == 0 else None

    async def contains(self, descendant: str, ancestor: str) -> bool:
        asked = ["merge-base", "--is-ancestor", ancestor, descendant]
        status, _, _ = await git_status(self._root, asked, record=self._record)
        return status == 0

    async def keep(self, name: str, commit: str) -> str:
        ref = f"refs/televibe/{name}"
        await self._git(["update-ref", ref, commit])
        return ref

    async def kept(self, folder: str) -> dict[str, str]:
        out = await self._git(["for-each-ref", "--format=%(refname) %(objectname)", f"refs/televibe/{folder}/".replace("//", "/")])
        return dict(line.split(" ", 1) for line in out.decode(errors="surrogateescape").splitlines())

    async def branches_with(self, worktree: str, base: str, heads: Sequence[str]) -> list[str]:
        asked = ["log", "-g", f"--max-count={LOG_OF_HEAD}", "--format=%H %gs", "HEAD"]
        _, log, _ = await git_status(worktree, asked, record=self._record)
        steps = (line.partition(" ") for line in log.decode(errors="replace").splitlines())
        made = {commit for commit, _, step in steps if step.startswith("commit")}
        own = made & set((await self._git(["rev-list", *heads, f"^{base}"])).decode().split())
        if not own:
            return []
        having = [f"--contains={commit}" for commit in sorted(own)]
        listed = await self._git(["for-each-ref", "--format=%(refname:lstrip=2)", *having, "refs/heads/"])
        return listed.decode(errors="surrogateescape").splitlines()

    async def create_branch(self, branch: str, commit: str) -> None:
        await self._git(["update-ref", "-m", "televibe: create", f"refs/heads/{branch}", commit, ""])

    async def drop_branch(self, branch: str, expected: str) -> None:
        await self._git(["update-ref", "-d", f"refs/heads/{branch}", expected])

    async def attach(self, worktree: str, branch: str) -> None:
        await self._git(["symbolic-ref", "HEAD", f"refs/heads/{branch}"], worktree)

    async def mend_worktree(self, path: str, branch: str) -> None:
        where = Path(path)
        if where.is_dir() and await self._common_dir(path) == await self._common_dir(self._root):
            return
        if not where.is_dir():
            await self._git(["worktree", "prune"])
            await self._git(["worktree", "add", "-q", "--force", path, branch])
            return
        foreign = where / ".git"
        if foreign.exists() or foreign.is_symlink():
            foreign.rename(where / f"dot-git-{secrets.token_hex(3)}")
        await self._git(["worktree", "repair"])

    async def untouched(self, worktree: str, branch: str, commit: str) -> bool:
        if not Path(worktree).is_dir():
            return False
        status = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all"]
        (code, out, _), common, own = await asyncio.gather(
            git_status(worktree, status, record=self._record, extra={"GIT_OPTIONAL_LOCKS": "0"}),
            self._common_dir(worktree),
            self._own_common_dir(),
        )
        lines = [line for line in out.decode(errors="surrogateescape").split("\0") if line and not line.startswith("# stash")]
        stands = {f"# branch.oid {commit}", f"# branch.head {branch}"}
        upstream = ("# branch.upstream", "# branch.ab")
        return code == 0 and common == own and {line for line in lines if not line.startswith(upstream)} == stands

    async def _own_common_dir(self) -> str:
        if not self._common:
            self._common = await self._common_dir(self._root)
        return self._common

    async def _common_dir(self, where: str) -> str:
        asked = ["rev-parse", "--path-format=absolute", "--git-common-dir"]
        _, out, _ = await git_status(where, asked, record=self._record)
        return out.decode(errors="surrogateescape").strip()

    async def put_back(self, worktree: str, branch: str, commit: str) -> None:
        for operation in UNFINISHED:
            await git_status(worktree, [operation, "--quit"], record=self._record)
        await self._git(["checkout", "-q", "--force", "--ignore-other-worktrees", "-B", branch, commit], worktree)
        await self._git(["clean", "-fdq"], worktree)

    async def touched(self, base: str, head: str, given: Sequence[str] = ()) -> list[str]:
        differing = parse.names(await self._git(["diff", *NO_CODE, "--no-renames", "--name-only", "-z", base, head]))
        if not await self.contains(head, base):
            return sorted(differing)
        asked = [head, f"^{base}", *(f"^{commit}" for commit in given)]
        plain = await self._git(["rev-list", "--no-merges", *asked])
        names = ["diff-tree", "--stdin", "-r", "-z", "--root", "--no-commit-id", "--no-renames", "--name-only"]
        own = parse.names(await self._git(names, stdin=plain))
        for line in (await self._git(["rev-list", "--merges", "--parents", *asked])).decode().splitlines():
            merge, *parents = line.split()
            own |= await self._added_by_merge(merge, parents)
        return sorted(differing & own)

    async def _added_by_merge(self, merge: str, parents: Sequence[str]) -> set[str]:
        """What git's own merge would not have given, but for conflicts that were settled by taking one side as it is."""
        one_side = ["diff-tree", "-c", "-r", "-z", "--no-commit-id", "--no-renames", "--name-only", merge]
        mixed = parse.names(await self._git(one_side))
        if len(parents) != 2:
            return mixed  # git makes a merge of three or more only where nothing conflicts
        again = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *parents]
        status, out, _ = await git_status(self._root, again, record=self._record)
        if status > 1:  # no common history: nothing tells what was added
            return parse.names(await self._git(["diff", *NO_CODE, "--no-renames", "--name-only", "-z", parents[0], merge]))
        tree, *conflicts = [field for field in out.decode(errors="surrogateescape").split("\0") if field]
        added = parse.names(await self._git(["diff", *NO_CODE, "--no-renames", "--name-only", "-z", tree, merge]))
        return {path for path in added if path in mixed or path not in conflicts}

    async def with_paths(
        self, base: str, work: str, paths: Iterable[str], message: str, trailers: Mapping[str, str] | None = None
    ) -> str:
        wanted = set(paths)
        raw = await self._git(["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base, work])
        lines = sorted(f"{mode} {sha}\t{path}\0" for mode, sha, path in parse.raw(raw) if path in wanted)  # removals first
        with tempfile.TemporaryDirectory(prefix="televibe-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            await self._git(["read-tree", base], extra=index)
            entries = "".join(lines).encode(errors="surrogateescape")
            await self._git(["update-index", "--replace", "-z", "--index-info"], extra=index, stdin=entries)
            tree = (await self._git(["write-tree"], extra=index)).decode().strip()
        ends = "\n".join(f"{key}: {value}" for key, value in (trailers or {}).items())
        said = f"{message}\n\n{ends}" if ends else message
        commit = [*await self._who(), "commit-tree", "--no-gpg-sign", "-p", base, "-m", said, tree]
        return (await self._git(commit)).decode().strip()

    async def stand_in(self) -> dict[str, str]:
        return {f"GIT_{who}_{key.upper()}": value for key, value in (await self._own()).items() for who in ("AUTHOR", "COMMITTER")}

    async def _own(self) -> dict[str, str]:
        """Name and email of ours, when the user has configured none; nothing otherwise."""
        if self._identity is None:
            status, _, _ = await git_status(self._root, ["config", "user.email"], record=self._record)
            own = status != 0 and "GIT_COMMITTER_EMAIL" not in os.environ
            self._identity = OWN_NAME if own else {}
        return self._identity

    async def _who(self) -> list[str]:
        """``-c user.…`` when the user has no identity configured; the user's own otherwise."""
        return [part for key, value in (await self._own()).items() for part in ("-c", f"user.{key}={value}")]

    async def _git(
        self,
        arguments: Sequence[str],
        where: str | None = None,
        extra: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> bytes:
        return await run_git(where or self._root, arguments, record=self._record, stdin=stdin, extra=extra)


LOG_OF_HEAD = 1000
"""Newest steps of a worktree's HEAD that are looked through for what a job committed."""

NO_CODE = ("--no-ext-diff", "--no-textconv")
"""A diff runs no program of the repository's choosing."""
