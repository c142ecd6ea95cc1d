"""Many commits of one repository compared with each other, quickly, and without anything of the user's being run or written."""

from __future__ import annotations

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from orchestrator.boundaries.git import radar_parse
from orchestrator.boundaries.git.radar_attributes import Attributes
from orchestrator.boundaries.git.radar_place import Origin, Quarantine
from orchestrator.boundaries.git.radar_process import Merging, Objects
from orchestrator.boundaries.git.radar_refs import Refs
from orchestrator.boundaries.git.radar_scratch import scratch, sweep, tidy
from orchestrator.boundaries.git.radar_snapshot import Snapshots
from orchestrator.boundaries.git.run import Recorder
from orchestrator.nouns.compared import Desk, Differences, Merge, Snapshot, Span
from orchestrator.nouns.errors import GitError, NotReady
from orchestrator.verbs.merge_bases import Bases, merge_bases
from orchestrator.verbs.recent import remember

PROCESSES = 4
"""Merge processes kept: one for each set of attributes, and hardly ever do branches differ in those."""

KEPT = 4096
"""Comparisons of two commits that are remembered; a head's differences from its bases."""


class Radar(Protocol):
    """What two commits of a repository are to each other. Commits are full object names; those of snapshots are good here too."""

    @property
    def origin(self) -> Origin: ...
    async def heads(self) -> dict[str, str]:
        """Branch → commit."""
        ...

    async def worktrees(self) -> list[Desk]:
        """The worktrees that are there, the main one first."""
        ...

    async def resolve(self, revision: str) -> str | None:
        """The commit that a branch, tag, remote branch or name of a commit names; None: nothing does."""
        ...

    async def default_branch(self) -> str | None:
        """What the remote calls its default branch, if there is such a branch here; else main or master; else what is checked out."""
        ...

    async def contained(self, commit: str) -> set[str]:
        """Branches of which ``commit`` has everything."""
        ...

    def checked_out(self, tree: str, parent: str, place: Path) -> Awaitable[None]:
        """A tree as files in the new directory ``place``, a repository of its own that borrows its objects. No filter is run."""
        ...

    async def bases(self, heads: Iterable[str]) -> Bases:
        """The merge bases of all pairs of these commits."""
        ...

    async def paths(self, spans: Iterable[Span]) -> dict[Span, Differences]:
        """For (base, head): what differs, a rename being a deletion and an addition. Reads no content, so it is quick."""
        ...

    async def differences(self, spans: Iterable[Span]) -> dict[Span, Differences]:
        """For (base, head): what differs, renames recognised. A span of which an object is missing is left out, here and above."""
        ...

    async def merges(self, pairs: Sequence[Span]) -> list[Merge]:
        """What merging each pair gives, exactly as git says, in their order. The trees are there until ``sweep``."""
        ...

    async def sweep(self) -> None:
        """Throw merged trees away, if there are many."""
        ...

    async def blobs(self, names: Iterable[str], *, limit_bytes: int = 1_000_000) -> dict[str, bytes]:
        """Content by object name, or by ``tree:path``; what is missing, larger or no file is left out."""
        ...

    async def files(self, commit: str) -> dict[str, tuple[str, str]]:
        """Path → (mode, object) of everything in a commit or tree."""
        ...

    async def snapshot(self, worktree: str) -> Snapshot:
        """A worktree as it is, untracked files too, as a commit that only the radar has."""
        ...


@asynccontextmanager
async def open_radar(path: str, place: Path | None = None, record: Recorder = lambda _: None) -> AsyncIterator[QuarantinedRadar]:
    """A radar over the repository that ``path`` is in. ``place``: where its quarantine is kept, for one process at a time; None: it is
    gone afterwards."""
    origin = await Origin.find(path, record)
    with ExitStack() as opened:
        if place is None:
            place = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="televibe-radar-", ignore_cleanup_errors=True)))
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        tidy(place)
        merged = opened.enter_context(scratch(place))
        radar = QuarantinedRadar(Quarantine.make(place, origin, merged), record)
        try:
            yield radar
        finally:
            await radar.close()


class QuarantinedRadar(Refs):
    """``Radar`` through git processes in a quarantine. Made by ``open_radar``."""

    def __init__(self, place: Quarantine, record: Recorder) -> None:
        super().__init__(place, record)
        self._objects = Objects(place)
        self._attributes = Attributes(place, self._objects, record)
        self._merging: OrderedDict[Path | None, Merging] = OrderedDict()
        self._made = 0  # merges since the last sweep
        self._closed = False
        self._snapshots = Snapshots(place, record)
        self._paths: OrderedDict[Span, Differences] = OrderedDict()
        self._renames: OrderedDict[Span, Differences] = OrderedDict()
        self._files: OrderedDict[str, dict[str, tuple[str, str]]] = OrderedDict()

    async def close(self) -> None:
        """End its processes, and start no more."""
        self._closed = True
        for merging in self._merging.values():
            await merging.close()
        await self._objects.close()

    async def checked_out(self, tree: str, parent: str, place: Path) -> None:
        await self._place.check_out(tree, parent, place, self._record)

    async def bases(self, heads: Iterable[str]) -> Bases:
        named = list(dict.fromkeys(heads))
        there = await self._objects.commits(named)
        wanted, gone = [head for head in named if head in there], frozenset(named) - there
        if len(wanted) < 2:
            return Bases({}, gone)
        common: list[str] = []
        if len(wanted) <= HEADS_TOGETHER:
            asked = ["merge-base", "--octopus", "--all", *wanted]
            common = (await self._place.git(*asked, record=self._record, allowed=(0, 1))).decode().split()
        lines = "".join(f"{name}\n" for name in (*wanted, *(f"^{name}" for name in common))).encode()
        out = await self._place.git("rev-list", "--parents", "--topo-order", "--stdin", record=self._record, stdin=lines)
        return replace(merge_bases(wanted, [line.split() for line in out.decode().splitlines()], common), gone=gone)

    async def paths(self, spans: Iterable[Span]) -> dict[Span, Differences]:
        return await self._compared(self._paths, spans, ("--no-renames",))

    async def differences(self, spans: Iterable[Span]) -> dict[Span, Differences]:
        limit = self._place.origin.settings.get("merge.renamelimit") or self._place.origin.settings.get("diff.renamelimit") or "7000"
        return await self._compared(self._renames, spans, ("-M", f"-l{limit}"))

    async def merges(self, pairs: Sequence[Span]) -> list[Merge]:
        self._made += len(pairs)
        files = await self._attributes.of([a for a, _ in pairs])
        found: dict[Span, Merge] = {}
        for file in dict.fromkeys(files.values()):
            group = [pair for pair in dict.fromkeys(pairs) if files[pair[0]] == file]
            for merge in await (await self._process(file)).merges(group):
                found[merge.a, merge.b] = merge
        return [found[pair] for pair in pairs]

    async def blobs(self, names: Iterable[str], *, limit_bytes: int = 1_000_000) -> dict[str, bytes]:
        return await self._objects.blobs(list(names), limit_bytes)

    async def files(self, commit: str) -> dict[str, tuple[str, str]]:
        if commit not in self._files:
            out = await self._place.git("ls-tree", "-r", "-z", "--full-tree", commit, record=self._record)
            remember(self._files, commit, radar_parse.entries(out), FILES_KEPT)
        return self._files[commit]

    async def snapshot(self, worktree: str) -> Snapshot:
        return await self._snapshots.of(worktree)

    async def _compared(
        self, known: OrderedDict[Span, Differences], spans: Iterable[Span], how: tuple[str, ...]
    ) -> dict[Span, Differences]:
        asked = list(dict.fromkeys(spans))
        unknown = [span for span in asked if span not in known]
        there = await self._objects.commits(list({commit for span in unknown for commit in span})) if unknown else set()
        missing = [span for span in unknown if there.issuperset(span)]
        found = await self._compare(missing, how) if missing else {}
        answer = {span: known[span] if span in known else found[span] for span in asked if span in known or span in found}
        for span, differences in answer.items():
            remember(known, span, differences, KEPT)
        return answer

    async def _compare(self, spans: Sequence[Span], how: tuple[str, ...]) -> dict[Span, Differences]:
        """Spans of which an object is missing are left out; they are found by halving."""
        lines = "".join(f"{head} {base}\n" for base, head in spans).encode()
        command = ["diff-tree", "--stdin", "--always", "-r", "--raw", "--no-abbrev", "-z", *how]
        try:
            return radar_parse.differences(await self._place.git(*command, record=self._record, stdin=lines), spans)
        except GitError:
            if len(spans) == 1:
                return {}
        half = len(spans) // 2
        return {**await self._compare(spans[:half], how), **await self._compare(spans[half:], how)}

    async def sweep(self) -> None:
        if self._made <= SWEPT_AT:
            return
        await self.close()
        await asyncio.to_thread(sweep, self._place.merged)
        self._made = 0

    async def _process(self, file: Path | None) -> Merging:
        if self._closed:
            raise NotReady("the radar was closed meanwhile", "ask again")
        if file not in self._merging:
            self._merging[file] = Merging(self._place, file)
            if len(self._merging) > PROCESSES:
                _, oldest = self._merging.popitem(last=False)
                await oldest.end()
        self._merging.move_to_end(file)
        return self._merging[file]


SWEPT_AT = 2000
"""Merges after which their objects are thrown away; at a hundred kilobytes each, which a large tree takes, 200 MB."""

HEADS_TOGETHER = 2000
"""Heads whose one common base is asked for; beyond that the names do not fit into a command."""

FILES_KEPT = 64
