"""One repository through the git binary: worktrees, branches, commits, diffs, merges. Implements ``Git``."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.boundaries.git import parse
from orchestrator.boundaries.git.places import NO_CODE
from orchestrator.boundaries.git.run import Recorder, git_status, run_git
from orchestrator.boundaries.git.sweeping import Sweeping
from orchestrator.boundaries.git.worktree import READ, nested
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.errors import BranchTaken, GitError, MergeConflict, NotReady
from orchestrator.nouns.repo import Commit, FileChange, Merged, RepoState
from orchestrator.verbs.context_file.conflict import ours_of

ADD_TRIES = 5


class Repository(Sweeping):
    """``Git`` for one repository. Make it with ``await Repository.open(path)``."""

    @classmethod
    async def open(cls, path: str, recorder: Recorder = lambda _: None) -> Repository:
        """The repository that ``path`` (a subdirectory or linked worktree too) belongs to; ``NotReady`` if there is none."""
        where = Path(path)
        if not where.is_dir():
            raise NotReady(f"{path} is not a directory", "pass --repo PATH of a git repository")
        status, out, _ = await git_status(
            str(where), ["rev-parse", "--is-bare-repository", "--path-format=absolute", "--git-common-dir"], record=recorder
        )
        if status != 0:
            raise NotReady(f"{where.resolve()} is not in a git repository", "run `git init` there, or pass --repo PATH")
        bare, common = out.decode(errors="surrogateescape").removesuffix("\n").split("\n", 1)
        if bare == "true":
            raise NotReady(f"{where.resolve()} is a bare repository", "clone it and use the clone")
        listed = parse.worktree_paths(await run_git(str(where), ["worktree", "list", "--porcelain", "-z"], record=recorder))
        return cls(listed[0] if listed else str(Path(common).parent), recorder)

    @property
    def root(self) -> str:
        return self._root

    async def state(self, worktree: str | None = None) -> RepoState:
        where = worktree or self._root
        facts = await self._git(["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir"], where)
        top, git_dir = facts.decode(errors="surrogateescape").removesuffix("\n").split("\n", 1)
        status, head, _ = await git_status(where, ["symbolic-ref", "-q", "--short", "HEAD"], record=self._record)
        found = parse.porcelain(await self._git(["status", "--porcelain", "-z", "--no-renames"], where, READ))
        return RepoState(
            root=top,
            main_root=self._root,
            git_dir=git_dir,
            bare=False,
            branch=head.decode().strip() if status == 0 else None,
            head=await self.resolve("HEAD", where),
            dirty=tuple(path for kind, path, _ in found if kind != "??"),
            untracked=tuple(path for kind, path, _ in found if kind == "??"),
        )

    async def branches(self) -> list[str]:
        return (await self._git(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])).decode().splitlines()

    async def checked_out(self) -> dict[str, str]:
        return parse.worktrees(await self._git(["worktree", "list", "--porcelain", "-z"]))

    async def add_worktree(self, path: str, branch: str, start: str) -> str:
        # --no-track: tracking writes the shared config file, whose lock eight of sixteen parallel calls did not get.
        arguments = ["worktree", "add", "-q", "--no-track", "-b", branch, path, start]
        await self._add(arguments, branch)
        return await self.head(path)

    async def adopt_worktree(self, path: str, branch: str) -> str:
        await self._add(["worktree", "add", "-q", path, branch], branch)
        return await self.head(path)

    async def add_detached_worktree(self, path: str, start: str) -> str:
        await self._add(["worktree", "add", "-q", "--detach", path, start], "")
        return await self.head(path)

    async def remove_worktree(self, path: str) -> None:
        if Path(path).exists():
            status, _, _ = await git_status(self._root, ["worktree", "remove", "--force", "--force", path], record=self._record)
            if status == 0:
                return
            await asyncio.to_thread(shutil.rmtree, path, True)
        await self._git(["worktree", "prune"])

    async def commit_all(self, worktree: str, message: str, trailers: Mapping[str, str] | None = None) -> str | None:
        if all(nested(change.path) for change in await self.changes(worktree)):
            return None
        await self._add_all(worktree)
        extra = [f"--trailer={key}: {value}" for key, value in (trailers or {}).items()]
        commit = ["commit", "-q", "--no-verify", "--no-gpg-sign", *extra, "-m", message]
        await self._git([*await self._who(), *commit], worktree)
        return await self.head(worktree)

    async def last_message(self, worktree: str) -> str:
        """The whole message of the worktree's head commit, trailers included."""
        return (await self._git(["log", "-1", "--format=%B"], worktree)).decode(errors="replace")

    async def commits(self, base: str, head: str) -> list[Commit]:
        return parse.commits(await self._git(["log", "--reverse", f"--format={parse.COMMIT_FORMAT}", f"{base}..{head}"]))

    async def changed_files(self, base: str, head: str) -> list[FileChange]:
        return parse.name_status(await self._git(["diff", *NO_CODE, "--name-status", "-z", "-M", base, head]))

    async def diff(self, base: str, head: str, *, limit_bytes: int = 1_000_000) -> str:
        return _cut(await self._git(["diff", *NO_CODE, "-M", base, head]), limit_bytes)

    async def worktree_diff(self, worktree: str, base: str, *, limit_bytes: int = 1_000_000) -> str:
        return await self.diff(base, await self.snapshot(worktree), limit_bytes=limit_bytes)

    async def read_files(self, revision: str, paths: list[str], *, limit_bytes: int = 1_000_000) -> dict[str, bytes]:
        found = await self.read_blobs([(revision, path) for path in paths], limit_bytes=limit_bytes)
        return {path: text for (_, path), text in found.items()}

    async def read_blobs(self, asked: Sequence[tuple[str, str]], *, limit_bytes: int = 1_000_000) -> dict[tuple[str, str], bytes]:
        names = {f"{revision}:{path}": (revision, path) for revision, path in asked if "\n" not in path}
        if not names:
            return {}
        lines = "".join(f"{name}\n" for name in names).encode(errors="surrogateescape")
        sizes = parse.sizes(await self._git(["cat-file", "--batch-check"], stdin=lines), list(names))
        small = [name for name in names if sizes.get(name, limit_bytes + 1) <= limit_bytes]
        lines = "".join(f"{name}\n" for name in small).encode(errors="surrogateescape")
        texts = parse.blobs(await self._git(["cat-file", "--batch"], stdin=lines), small) if small else {}
        return {names[name]: text for name, text in texts.items()}

    async def files(self, revision: str) -> list[str]:
        out = await self._git(["ls-tree", "-r", "-z", "--name-only", "--full-tree", revision])
        return [p for p in out.decode(errors="surrogateescape").split("\0") if p]

    async def merge_base(self, a: str, b: str) -> str | None:
        status, out, _ = await git_status(self._root, ["merge-base", a, b], record=self._record)
        return out.decode().strip() if status == 0 else None

    async def merge(self, worktree: str, commits: list[str], message: str) -> Merged:
        here = before = await self.head(worktree)
        forwarded = True
        for commit in commits:
            forwarded = forwarded and await self.contains(commit, here)
            merge = ["merge", "-q", "--no-verify", "--no-gpg-sign", "-m", message, commit]
            status, out, err = await git_status(worktree, [*await self._who(), *merge], record=self._record)
            if status != 0 and not await self._settled(worktree, message):
                await self._undo_merge(worktree, before, commit, (out + err).decode(errors="replace"))
            here = await self.head(worktree)
        return Merged(commit=here, fast_forward=forwarded and here != before, unchanged=here == before)

    async def advance(self, branch: str, new: str, expected: str) -> None:
        here = await self.resolve(f"refs/heads/{branch}")
        if here != expected:
            raise GitError(f"{branch} moved to {(here or 'nothing')[:10]} meanwhile", "check again on top of it")
        if not await self.contains(new, expected):
            raise GitError(f"{new[:10]} does not contain {branch}", "merge it first")
        where = (await self.checked_out()).get(branch)
        if where is None:
            await self._git(["update-ref", "-m", "televibe: land", f"refs/heads/{branch}", new, expected])
            return
        aside = await self._set_aside(where, new)
        status, _, err = await git_status(where, ["merge", "-q", "--ff-only", "--no-verify", new], record=self._record)
        if status != 0:
            if aside:
                await self._git(["reset", "-q", "--", FILE], where)
            files = [li.strip() for li in err.decode(errors="replace").splitlines() if li.startswith("\t")]
            named = ", ".join(files[:5]) or "see git status there"
            raise NotReady(
                f"{branch} is checked out at {where}, and local changes are in the way: {named}",
                "commit or stash them there, then `televibe resume`",
            )

    async def _set_aside(self, where: str, new: str) -> bool:
        """Whether the context file has local changes there: then the index gets it as it is in ``new``, which is what git takes
        for "there already" (git-read-tree(1), two-tree merge, case 19), and the changes stay on disk."""
        if not await self._git(["status", "--porcelain", "-z", "--", FILE], where, READ):
            return False
        status, blob, _ = await git_status(where, ["rev-parse", "-q", "--verify", f"{new}:{FILE}"], record=self._record)
        if status != 0:
            return False
        entry = f"100644,{blob.decode().strip()},{FILE}"
        await self._git(["update-index", "--add", "--cacheinfo", entry], where)
        return True

    async def _add(self, arguments: Sequence[str], branch: str) -> None:
        """Once more when git stumbled over another worktree that is just being made: it reads all, half written ones too."""
        status, _, err = await git_status(self._root, arguments, record=self._record)
        said = err.decode(errors="replace").strip()
        for _ in range(ADD_TRIES):
            if status == 0:
                return
            if "worktrees/" not in said or "already" in said:
                break
            made = "-b" in arguments and await self.resolve(f"refs/heads/{branch}") is not None  # the branch, before it stumbled
            again = ["worktree", "add", "-q", arguments[-2], branch] if made else list(arguments)
            status, _, err = await git_status(self._root, again, record=self._record)
            said = err.decode(errors="replace").strip()
        if status == 0:
            return
        if "already exists" in said and "branch" in said:
            raise BranchTaken(f"the branch {branch} exists already", "choose another name, or `televibe session adopt --branch`")
        if "already checked out" in said or "already used by worktree" in said:
            raise BranchTaken(f"the branch {branch} is checked out elsewhere", "check out another branch there first")
        raise GitError(f"git worktree add failed: {said.splitlines()[-1] if said else status}", said=said, status=status)

    async def _settled(self, worktree: str, message: str) -> bool:
        """True when only the context file contradicted and the merge was ended with our side of that: it is written anew from what
        is stored, where both sides are, so that it is not worth stopping for."""
        if await self._conflicts(worktree) != (FILE,) or not (Path(worktree) / FILE).is_file():
            return False
        path = Path(worktree) / FILE
        path.write_bytes(ours_of(path.read_bytes().decode(errors="surrogateescape")).encode(errors="surrogateescape"))
        await self._git(["add", "--", FILE], worktree)
        await self._git([*await self._who(), "commit", "-q", "--no-verify", "--no-gpg-sign", "-m", message], worktree)
        return True

    async def _conflicts(self, worktree: str) -> tuple[str, ...]:
        out = await self._git(["diff", *NO_CODE, "--name-only", "--diff-filter=U", "-z"], worktree)
        return tuple(path for path in out.decode(errors="surrogateescape").split("\0") if path)

    async def _undo_merge(self, worktree: str, before: str, commit: str, said: str) -> None:
        files = await self._conflicts(worktree)
        await git_status(worktree, ["merge", "--abort"], record=self._record)
        await self._git(["reset", "-q", "--hard", before], worktree)
        if not files:
            raise GitError(f"git merge {commit[:10]} failed: {said.strip().splitlines()[-1] if said.strip() else ''}", said=said)
        raise MergeConflict(f"{commit[:10]} conflicts in {', '.join(files)}", files=files)


def _cut(out: bytes, limit: int) -> str:
    """The text of a diff; what is beyond the limit is left out, and said so."""
    text = out[:limit].decode(errors="replace")
    return text if len(out) <= limit else f"{text}\n… {len(out) - limit:,} bytes more"
