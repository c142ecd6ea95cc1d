"""The radar over twenty live sessions: how long from a commit, and from an edit, until both sides are told; what it costs at rest."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from evals.bench.figures import Figure, median
from evals.bench.places import initialised, make_repository
from graphs.state import Deps
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.engine import Engine
from orchestrator.engine.projects import open_project
from orchestrator.engine.radar.lookout import Lookout
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Session, SessionState

SESSIONS = 20
FILES = 500
ROUNDS = 5
REST_SECONDS = 12.0
SHARED = "package_1/module_50.py"


async def live_radar(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", FILES)
    home = Home(scratch / "home").ready()
    async with Engine(home) as engine:
        opened = await initialised(home, engine.store, repository, "agent: scripted\nmodel: {policy: deterministic}\n")
        await opened.index.close()
        deps = await engine.deps(opened.project.id)
        sessions = await _sessions(deps)
        one, other = sessions[:2]
        await _write(deps, other, "OTHER", commit=True)
        committed = [await _round(deps, one, number, commit=True) for number in range(ROUNDS)]
        await _at_work(deps, one)
        edited = [await _round(deps, one, number, commit=False) for number in range(ROUNDS)]
    note = f"median of {ROUNDS}, {SESSIONS} live sessions, {FILES} files"
    return [
        Figure("a commit until its collision is told", median(committed), "ms", 2000.0, note=note),
        Figure("an edit until its collision is told", median(edited), "ms", 2000.0, note=f"{note}; it must be there for a second"),
        await _at_rest(home),
    ]


async def _sessions(deps: Deps) -> list[Session]:
    made = []
    for number in range(SESSIONS):
        session = await new_session(deps, "implementer")
        (Path(session.worktree) / f"own_{number}.py").write_text(f"from package_0 import module_{number}\n")
        await deps.git.commit_all(session.worktree, "own work")
        made.append(session)
    return made


async def _at_work(deps: Deps, session: Session) -> None:
    """The worktrees of sessions that have a job are looked at often."""
    async with deps.store.writing() as tx:
        await tx.put((await tx.session(session.id)).model_copy(update={"state": SessionState.working}))
        await tx.record(NewEvent(kind=EventKind.session_resumed, project_id=deps.project.id, session_id=session.id, text="bench"))


async def _write(deps: Deps, session: Session, name: str, *, commit: bool) -> float:
    """Put a line of its own into a file that the other one changed too; the moment it was there."""
    path = Path(session.worktree) / SHARED
    path.write_text(f"{name} = 1\n{path.read_text()}")
    if commit:
        await deps.git.commit_all(session.worktree, name)
    return time.time()


async def _round(deps: Deps, session: Session, number: int, *, commit: bool) -> float:
    """Milliseconds from the change to its event; then the change is taken back, which closes the conflict."""
    before = await deps.git.head(session.worktree)
    text = (Path(session.worktree) / SHARED).read_text()
    written = await _write(deps, session, f"ONE_{number}", commit=commit)
    seen = await _event(deps, EventKind.conflict_seen, written)
    if commit:
        await deps.git.put_back(session.worktree, session.branch, before)
    else:
        (Path(session.worktree) / SHARED).write_text(text)
    await _event(deps, EventKind.conflict_closed, written)
    return (seen - written) * 1000


async def _event(deps: Deps, kind: EventKind, since: float) -> float:
    newest = 0
    while True:
        async with deps.store.reading() as view:
            events = await view.events(kinds=[kind], newest_first=True, limit=1)
        if events and events[0].at.timestamp() > since:
            return events[0].at.timestamp()
        newest = await deps.store.wait_for_news(newest, 1.0, [kind])


async def _at_rest(home: Home) -> Figure:
    """What the engine's task for it uses when nothing happens."""
    store = await open_store(home.database_url)
    async with store.reading() as view:
        [project] = await view.projects()
    deps = await open_project(home, store, project, owner=False)

    async def of(_project_id: str) -> Deps:
        return deps

    alone = Lookout(store, of)
    watching = asyncio.create_task(alone.watch())
    while alone.looks == 0:
        await asyncio.sleep(0.1)
    share = await _spent(REST_SECONDS)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await store.close()
    note = f"one project, {SESSIONS} idle sessions with {FILES} files each"
    return Figure("the radar at rest, share of one core", share * 100, "%", 1.0, note=note)


async def _spent(seconds: float) -> float:
    """CPU seconds of this process and its children in each second."""
    started = _cpu()
    await asyncio.sleep(seconds)
    return (_cpu() - started) / seconds


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
