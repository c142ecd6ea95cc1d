"""Main moves: how long until twenty sessions are told, and until they all have it; and what watching for it costs at rest."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

from evals.bench.figures import Figure, median
from evals.bench.places import git, initialised, make_repository
from graphs.state import Deps
from orchestrator.boundaries.git.run import Ran
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.engine import Engine
from orchestrator.engine.keep_up.moves import Moves
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.message import MessageType

SESSIONS = 20
ROUNDS = 5
REST_SECONDS = 12.0


async def keep_up(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 500)
    home = Home(scratch / "home").ready()
    figures = []
    async with Engine(home) as engine:
        opened = await initialised(home, engine.store, repository, "agent: scripted\nmodel: {policy: deterministic}\n")
        await opened.index.close()
        deps = await engine.deps(opened.project.id)
        await _sessions(deps)
        await engine.until_idle()
        for where, move in (("inside", _land_from_inside), ("outside", _commit_by_hand)):
            told, has_it = [], []
            for number in range(ROUNDS):
                moved = await move(deps, repository, f"{where}_{number}")
                await _all_have_it(deps, moved)
                told.append(await _last(deps, EventKind.message_sent, moved, MessageType.main_moved.value))
                has_it.append(await _last(deps, EventKind.session_synced, moved))
            note = f"median of {ROUNDS}, 500 files, each with a commit of its own"
            figures.append(Figure(f"{SESSIONS} sessions told of a commit, {where}", median(told), "ms", 1000.0, note=note))
            figures.append(Figure("… until the last one is rebased", median(has_it), "ms", 20_000.0, note="for information"))
    return [*figures, await _at_rest(home)]


async def _sessions(deps: Deps) -> None:
    for number in range(SESSIONS):
        session = await new_session(deps, "implementer")
        (Path(session.worktree) / f"own_{number}.py").write_text(f"from package_0 import module_{number}\n")
        await deps.git.commit_all(session.worktree, "own work")


async def _land_from_inside(deps: Deps, _repository: Path, name: str) -> float:
    """Advance main as a landing does; the moment it moved."""
    here = await deps.git.resolve("refs/heads/main") or ""
    path = deps.home.worktree(deps.project.id, "landing-bench")
    await deps.git.add_detached_worktree(str(path), here)
    (path / f"{name}.py").write_text("LANDED = 1\n")
    landed = await deps.git.commit_all(str(path), name) or here
    await deps.git.remove_worktree(str(path))
    await deps.git.advance("main", landed, here)
    return time.time()


async def _commit_by_hand(_deps: Deps, repository: Path, name: str) -> float:
    """``git commit`` by another process; the moment it moved."""
    (repository / "package_0" / f"{name}.py").write_text("BY_HAND = 1\n")
    await git(repository, "add", "-A")
    await git(repository, "commit", "-q", "-m", name)
    return (repository / ".git" / "refs" / "heads" / "main").stat().st_mtime


async def _all_have_it(deps: Deps, moved: float) -> None:
    """Without asking the engine whether it is idle: it would look at the branch for that."""
    newest = 0
    while True:
        async with deps.store.reading() as view:
            events = await view.events(kinds=[EventKind.session_synced])
        if sum((event.at.timestamp() - moved) * 1000 > -100 for event in events) >= SESSIONS:
            return
        newest = await deps.store.wait_for_news(newest, 1.0, [EventKind.session_synced])


async def _last(deps: Deps, kind: EventKind, moved: float, type_: str | None = None) -> float:
    """Milliseconds from the move to the last of its twenty events; fewer are an error of the benchmark. A message that is said
    together with how the branch was brought up is sent twice, and counts as it was sent first."""
    first: dict[str, float] = {}
    async with deps.store.reading() as view:
        for event in await view.events(kinds=[kind]):
            late = (event.at.timestamp() - moved) * 1000
            if late > -100 and event.data.get("type") == type_:
                first.setdefault(event.session_id or "", late)
    if len(first) != SESSIONS:
        raise RuntimeError(f"{len(first)} sessions had a {kind.value}; all {SESSIONS} should")
    return max(first.values())


async def _at_rest(home: Home) -> Figure:
    """What the engine's task for it uses when nothing happens, the questions which projects there are included."""
    ran: list[Ran] = []
    store = await open_store(home.database_url)
    moves = Moves(store, ran.append)
    await moves.look()
    before, started = len(ran), _cpu()
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_SECONDS):
            await moves.watch()
    spent = (_cpu() - started) * 1000
    await store.close()
    note = f"one project; {len(ran) - before} git commands in {REST_SECONDS:g} seconds"
    return Figure("watching main at rest, CPU a minute", spent / REST_SECONDS * 60, "ms", 600.0, note=note)


def _cpu() -> float:
    used = os.times()
    return used.user + used.system
