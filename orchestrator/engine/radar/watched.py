"""One project under watch: what its files were like at the last look, and one look at its live sessions' branches."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from graphs.state import Deps
from orchestrator.engine.radar.eyes import Eyes
from orchestrator.engine.radar.walks import Walks
from orchestrator.engine.stamps import Stamp, stamp
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.interface import Export
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.conflicts import Look, Seen, Side, Waits, without_heirs
from orchestrator.verbs.promises import ANNOUNCED, promised_twice

BUSY = frozenset({SessionState.working, SessionState.queued, SessionState.waiting})

LEAST_REST = 0.1
"""Seconds between two looks."""


@dataclass
class Watched:
    """What is remembered between two looks. ``sessions`` are those that can still be given work."""

    deps: Deps
    eyes: Eyes
    sessions: tuple[Session, ...] = ()
    exports: tuple[Export, ...] = ()
    waits: Waits = field(default_factory=Waits)
    last: Look | None = None
    walks: dict[str, Walks] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)  # sessions whose worktrees are to be read at the next look
    snapshots: dict[str, tuple[str, str]] = field(default_factory=dict)  # session → (its branch's head then, the commit of its files)
    has_all: dict[tuple[str, str], bool] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)  # of refs
    stamp: Stamp | None = None
    changed: bool = True
    not_before: float = float("-inf")
    waiting: list[asyncio.Future[Look]] = field(default_factory=list)  # for the look that begins next
    served: list[asyncio.Future[Look]] = field(default_factory=list)  # by the look that runs

    async def listed(self, deps: Deps) -> None:
        """There may be other sessions or announcements."""
        self.deps = deps
        async with deps.store.reading() as store:
            sessions = await store.sessions(deps.project.id, live_only=True)
            announced = await store.exports(deps.project.id, statuses=sorted(ANNOUNCED))
            exports = {e.key: e for n in {e.name for e in announced} for e in await store.exports(deps.project.id, name=n)}
        told = [(s.id, s.branch, s.worktree, s.state in BUSY) for s in sessions]
        if told != [(s.id, s.branch, s.worktree, s.state in BUSY) for s in self.sessions] or tuple(exports.values()) != self.exports:
            self.changed = True
        self.sessions, self.exports = tuple(sessions), tuple(exports.values())
        if self.changed or not self.files:
            *_, packed, tables = await deps.git.ref_files(deps.project.default_branch)
            heads = Path(packed).parent / "refs" / "heads"
            self.files = [packed, tables, *(str(heads / b) for b in (deps.project.default_branch, *(s.branch for s in sessions)))]

    async def due(self) -> bool:
        """Whether a look is due. Asks the file system."""
        now = time.monotonic()
        if now < self.not_before:
            return False
        await self._walk(now)
        refs = stamp(self.files)  # before git is asked, so that nothing falls in between
        waited = self.waits.due()
        due = (
            self.changed
            or refs != self.stamp
            or bool(self.unread or self.waiting)
            or (waited is not None and waited <= self.deps.now())
        )
        if due:
            self.stamp, self.changed = refs, False
        return due

    async def _walk(self, now: float) -> None:
        if not self.deps.policy.conflicts.snapshots:
            return
        for session in self.sessions:
            walks = self.walks.setdefault(session.id, Walks(session.worktree))
            if walks.due(now, busy=session.state in BUSY) and await asyncio.to_thread(walks.walk):
                self.unread.add(session.id)

    def ask(self, session_id: str) -> None:
        """The next look reads the session's worktree, and begins at once."""
        if self.deps.policy.conflicts.snapshots:
            self.unread.add(session_id)
        self.not_before = float("-inf")

    async def next_look(self) -> Look:
        """The first look that begins from now on, when it is taken in."""
        wanted: asyncio.Future[Look] = asyncio.get_running_loop().create_future()
        self.waiting.append(wanted)
        return await wanted

    def seen(self, look: Look, *, rest: float) -> None:
        self.last = look
        self.not_before = time.monotonic() + max(LEAST_REST, rest)
        for wanted in self.served:
            if not wanted.done():
                wanted.set_result(look)
        self.served = []

    def missed(self, seconds: float) -> None:
        """A look failed: once more, later."""
        self.changed, self.not_before = True, time.monotonic() + seconds
        self.waiting, self.served = [*self.served, *self.waiting], []

    async def close(self) -> None:
        await self.eyes.close()


async def looked(watched: Watched) -> Look:
    """One look. Reads worktrees only where something was written since the last one."""
    watched.served, watched.waiting = [*watched.served, *watched.waiting], []
    unread, watched.unread = watched.unread, set()
    deps, branch = watched.deps, watched.deps.project.default_branch
    heads = await deps.git.heads()
    main = heads.get(branch, "")
    unknown = set()
    sides: dict[str, Side] = {}
    for session in watched.sessions:
        tip = heads.get(session.branch, "")
        side = Side(session, head=tip, tip=tip, busy=session.state in BUSY)
        if side.head:
            try:
                side = await _read(watched, side, anew=session.id in unread)
                side = replace(side, landed=bool(main) and not side.dirty and await _has_all(watched, main, side.head))
            except TeleVibeError:
                unknown.add(session.id)
                watched.unread.add(session.id)
        sides[session.id] = side
    own = {id_: side.head for id_, side in sides.items() if side.head and not side.landed}
    survey = await watched.eyes.survey(own, main) if own else None
    pairs = survey.findings if survey else {}
    found = [Seen(a, b, f, own[a], own[b] if b else main) for (a, b), findings in pairs.items() for f in findings]
    if found:
        found = without_heirs(found, await watched.eyes.having({id_: sides[id_].tip for id_ in own}))
    files = await watched.eyes.files(own, main) if own else {}
    return Look(
        sides, [*found, *promised_twice(watched.exports, sides)], frozenset(unknown), frozenset(survey.unknown if survey else ()), files
    )


async def _read(watched: Watched, side: Side, *, anew: bool) -> Side:
    """The side with its worktree's files, if they differ from its branch."""
    session = side.session
    if not watched.deps.policy.conflicts.snapshots or not Path(session.worktree).is_dir():
        return side
    at, files = watched.snapshots.get(session.id, ("", ""))
    if anew or at != side.head:
        files = await watched.eyes.snapshot(session.worktree)
        watched.snapshots[session.id] = (side.head, files)
    return side if files == side.head else replace(side, head=files, dirty=True)


async def _has_all(watched: Watched, main: str, head: str) -> bool:
    if (main, head) not in watched.has_all:
        known = watched.has_all if len(watched.has_all) < 1000 else {}
        watched.has_all = {**known, (main, head): await watched.deps.git.contains(main, head)}
    return watched.has_all[main, head]
