"""Attributes for merges in the quarantine, as a merge in the user's worktree would have them: of the side that is merged into."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from orchestrator.boundaries.git import radar_parse
from orchestrator.boundaries.git.radar_place import REGULAR, Quarantine, written
from orchestrator.boundaries.git.radar_process import Objects
from orchestrator.boundaries.git.run import Recorder
from orchestrator.verbs.attributes import NAME, together

FILE_BYTES = 1_000_000


class Attributes:
    """Which attributes file counts for which commit. Drivers and filters that it names are unknown here, and git does without them."""

    def __init__(self, place: Quarantine, objects: Objects, record: Recorder) -> None:
        self._place = place
        self._objects = objects
        self._record = record
        self._reference = ""  # a commit whose attributes are known; others are found by how they differ from it
        self._there: dict[str, dict[str, str]] = {}  # commit → path of a .gitattributes → object
        self._files: dict[tuple[tuple[str, str], ...], Path | None] = {}

    async def of(self, commits: Iterable[str]) -> dict[str, Path | None]:
        """Commit → a file for ``core.attributesFile``; None: there are no attributes."""
        wanted = list(dict.fromkeys(commits))
        new = [commit for commit in wanted if commit not in self._there]
        there = await self._objects.commits(new) if new else set()
        new = [commit for commit in new if commit in there]
        if new and not self._reference:
            await self._know_all(new[0])
        await self._know_differing([commit for commit in new if commit != self._reference])
        return {commit: await self._file(tuple(sorted(self._there.get(commit, {}).items()))) for commit in wanted}

    async def _know_all(self, commit: str) -> None:
        out = await self._place.git("ls-tree", "-r", "-z", "--full-tree", commit, record=self._record)
        found = radar_parse.entries(out).items()
        self._there[commit] = {path: blob for path, (mode, blob) in found if mode in REGULAR and _is_attributes(path)}  # no links
        self._reference = commit

    async def _know_differing(self, commits: list[str]) -> None:
        if not commits:
            return
        lines = "".join(f"{commit} {self._reference}\n" for commit in commits).encode()
        asked = ["diff-tree", "--stdin", "--always", "-r", "--raw", "--no-abbrev", "-z", "--no-renames", "--", f":(glob)**/{NAME}"]
        out = await self._place.git(*asked, record=self._record, stdin=lines)
        spans = [(self._reference, commit) for commit in commits]
        for (_, commit), changes in radar_parse.differences(out, spans).items():
            there = dict(self._there[self._reference])
            for path, one in changes.items():
                there.pop(path, None)
                if one.new_mode in REGULAR:
                    there[path] = one.new_blob
            self._there[commit] = there

    async def _file(self, there: tuple[tuple[str, str], ...]) -> Path | None:
        if there not in self._files:
            blobs = await self._objects.blobs([blob for _, blob in there], FILE_BYTES)
            texts = {path: _text(blobs[blob]) for path, blob in there if blob in blobs}
            whole = together(self._of_user(), texts, _read(self._place.origin.common / "info" / "attributes"))
            self._files[there] = self._kept(whole) if whole else None
        return self._files[there]

    def _kept(self, text: str) -> Path:
        directory = self._place.path / "attributes"
        directory.mkdir(exist_ok=True)
        content = text.encode(errors="surrogateescape")
        file = directory / hashlib.sha256(content).hexdigest()[:16]
        written(file, content)
        return file

    def _of_user(self) -> str:
        named = self._place.origin.attributes
        return "".join(_read(path) for path in (Path("/etc/gitattributes"), named))


def _is_attributes(path: str) -> bool:
    return path == NAME or path.endswith(f"/{NAME}")


def _read(path: Path) -> str:
    try:
        text = _text(path.read_bytes()) if path.stat().st_size <= FILE_BYTES else ""
    except OSError:
        return ""
    return text if not text or text.endswith("\n") else f"{text}\n"


def _text(content: bytes) -> str:
    return content.decode(errors="surrogateescape")
