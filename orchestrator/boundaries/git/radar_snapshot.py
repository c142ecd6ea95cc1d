"""A worktree as it is just now, as a commit in the quarantine: nothing of the user's is written, and no filter of theirs is run."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.boundaries.git import parse, radar_parse
from orchestrator.boundaries.git.radar_place import REGULAR, Quarantine
from orchestrator.boundaries.git.radar_stat import signature_of
from orchestrator.boundaries.git.run import Recorder, git_status, run_git
from orchestrator.nouns.compared import ABSENT, Differences, Snapshot
from orchestrator.nouns.errors import GitError, NotReady

MESSAGE = "televibe: work not committed yet"
GITLINK = "160000"
POINTER_START = b"version https://git-lfs.github.com/spec/v1\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
"""What Git LFS commits instead of a large file (git-lfs/docs/spec.md)."""


@dataclass(frozen=True)
class _Known:
    signature: str  # empty: not to be trusted
    git_dir: Path
    ignored: frozenset[str]  # directories that the walk leaves out
    snapshot: Snapshot


class Snapshots:
    """Snapshots of a repository's worktrees; one that did not change is not made again."""

    def __init__(self, place: Quarantine, record: Recorder) -> None:
        self._place = place
        self._record = record
        self._known: dict[str, _Known] = {}

    async def of(self, worktree: str) -> Snapshot:
        """``NotReady`` when the directory is gone, or has no commit yet."""
        before = self._known.get(worktree)
        if before is not None:
            now = await asyncio.to_thread(signature_of, Path(worktree), before.git_dir, before.ignored)
            if before.signature and now == before.signature:
                return before.snapshot
        return await self._made(worktree)

    async def _made(self, worktree: str) -> Snapshot:
        if not Path(worktree).is_dir():
            raise NotReady(f"the worktree {worktree} is gone")
        asked = ["rev-parse", "--absolute-git-dir", "HEAD^{commit}", "HEAD^{tree}"]
        status, out, _ = await git_status(worktree, asked, record=self._record)
        if status != 0:
            raise NotReady(f"{worktree} has no commit yet")
        found, head, tree = out.decode(errors="surrogateescape").removesuffix("\n").rsplit("\n", 2)
        git_dir = Path(found)
        with tempfile.TemporaryDirectory(dir=self._place.path, prefix="index-") as scratch:
            index = Path(scratch) / "index"
            if (git_dir / "index").exists():
                shutil.copy2(git_dir / "index", index)  # with its time, which tells git what to look at again
            beside = self._beside(index)
            ignored, unmerged = await asyncio.gather(
                self._git(worktree, beside, "ls-files", "-o", "-i", "--directory", "--exclude-standard", "-z"),
                self._git(worktree, beside, "ls-files", "-u", "-z"),
            )
            folders = frozenset(path.rstrip("/") for path in parse.names(ignored) if path.endswith("/"))
            signature = await asyncio.to_thread(signature_of, Path(worktree), git_dir, folders)
            open_conflicts = {field.split("\t", 1)[1] for field in parse.fields(unmerged)}
            snapshot = await self._committed(worktree, head, tree, beside, open_conflicts)
        self._known[worktree] = _Known(signature, git_dir, folders, snapshot)
        return snapshot

    def _beside(self, index: Path) -> dict[str, str]:
        """The environment of git commands in the worktree that leave everything there alone."""
        off = {
            "core.splitIndex": "false",
            "core.untrackedCache": "false",
            "core.fsync": "none",
            "core.safecrlf": "false",
            "diff.ignoreSubmodules": "dirty",
            "advice.addEmbeddedRepo": "false",
        }
        for driver in self._place.origin.filters:
            off |= {f"filter.{driver}.{key}": "" for key in ("clean", "smudge", "process")} | {f"filter.{driver}.required": "false"}
        settings = {
            name: value
            for n, (key, text) in enumerate(off.items())
            for name, value in ((f"GIT_CONFIG_KEY_{n}", key), (f"GIT_CONFIG_VALUE_{n}", text))
        }
        return {
            **settings,
            "GIT_CONFIG_COUNT": str(len(off)),
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": str(self._place.path / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": self._place.alternates,
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
        }

    async def _committed(self, worktree: str, head: str, tree: str, beside: Mapping[str, str], unmerged: set[str]) -> Snapshot:
        await self._add(worktree, beside)
        new = await self._tree(worktree, beside)
        if new == tree:
            return Snapshot(head, head)
        asked = ["diff-tree", "-r", "--raw", "--no-abbrev", "-z", "--no-renames", tree, new]
        changes = radar_parse.changes(await self._place.git(*asked, record=self._record))
        inner = {path for path, one in changes.items() if one.new_mode == GITLINK and one.old_mode == ABSENT}
        pointers, strange = await self._filtered(worktree, beside, changes)
        left_out = (unmerged | inner | strange) & set(changes)
        if left_out or pointers:
            lines = sorted(_entry(path, changes[path].old_mode, changes[path].old_blob) for path in left_out)
            lines += [_entry(path, changes[path].new_mode, blob) for path, blob in pointers.items()]
            text = "".join(lines).encode(errors="surrogateescape")
            await self._git(worktree, beside, "update-index", "--add", "--replace", "-z", "--index-info", stdin=text)
            new = await self._tree(worktree, beside)
        commit = head if new == tree else self._place.commit(new, head, MESSAGE)
        return Snapshot(head, commit, tuple(sorted(left_out)))

    async def _add(self, worktree: str, beside: Mapping[str, str]) -> None:
        """Everything, but for a repository inside of this one that has no commit: git refuses that."""
        try:
            await self._git(worktree, beside, "add", "-A")
        except GitError:
            out = await self._git(worktree, beside, "ls-files", "-o", "--exclude-standard", "-z")
            inner = [f":(exclude,literal){path}" for path in parse.names(out) if path.endswith("/")]
            await self._git(worktree, beside, "add", "-A", "--ignore-errors", "--", ".", *inner)

    async def _filtered(self, worktree: str, beside: Mapping[str, str], changes: Differences) -> tuple[dict[str, str], set[str]]:
        """Of changed files that a filter would clean: path → object of the pointer that Git LFS would make; and the others' paths,
        of which nobody knows what their filter would give."""
        paths = [path for path, one in changes.items() if one.new_blob and one.new_mode in REGULAR]
        if not paths or not self._place.origin.filters:
            return {}, set()
        names = "".join(f"{path}\0" for path in paths).encode(errors="surrogateescape")
        told = parse.fields(await self._git(worktree, beside, "check-attr", "-z", "--stdin", "filter", stdin=names), keep_empty=True)
        drivers = dict(zip(told[0::3], told[2::3], strict=False))
        used = {path: drivers[path] for path in paths if drivers.get(path) in self._place.origin.filters}
        large = [path for path, driver in used.items() if driver == "lfs"]
        pointers = await asyncio.to_thread(lambda: {path: self._pointer(Path(worktree) / path) for path in large})
        strange = {path for path in used if path not in pointers}
        return {path: blob for path, blob in pointers.items() if blob}, strange

    def _pointer(self, file: Path) -> str:
        """The object of the pointer; empty when the file is one itself."""
        with file.open("rb") as content:
            if content.read(len(POINTER_START)) == POINTER_START:
                return ""
            content.seek(0)
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            size = content.tell()
        return self._place.store(b"blob", POINTER.format(digest, size).encode())

    async def _tree(self, worktree: str, beside: Mapping[str, str]) -> str:
        return (await self._git(worktree, beside, "write-tree")).decode().strip()

    async def _git(self, worktree: str, beside: Mapping[str, str], *arguments: str, stdin: bytes | None = None) -> bytes:
        return await run_git(worktree, arguments, record=self._record, extra=beside, stdin=stdin)


def _entry(path: str, mode: str, blob: str) -> str:
    """For ``update-index --index-info``; a mode of zeros takes the path out."""
    return f"{mode} {blob or '0' * 40}\t{path}\0"
