"""``televibe up`` and ``resume``: run the engine; take up what an earlier process left."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.git.run import require_git
from orchestrator.boundaries.home import Home
from orchestrator.doors.follow import follow
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.opening import goal_of, opened
from orchestrator.doors.output import Out
from orchestrator.doors.progress import Watch
from orchestrator.engine.engine import Engine
from orchestrator.engine.intents import resume_goal
from orchestrator.engine.lock import holder
from orchestrator.engine.workplace import check_registered, workplace
from orchestrator.nouns.errors import NotReady
from orchestrator.nouns.work import GoalState


async def run_up(repo: Path | None, out: Out, watch: Watch, *, port: int, until_idle: bool, as_json: bool) -> int:
    """Work until Ctrl-C (or SIGTERM), or with ``until_idle`` until there is nothing left to do without a user. ``repo`` must be
    initialised, if one is named; the engine serves all projects of the home."""
    home = Home.find()
    await require_git()
    if repo is not None:
        await check_registered(home.ready(), (await Repository.open(str(repo))).root)
    running = holder(home.engine_lock)
    if running is not None:
        raise NotReady(f"an engine runs already, as process {running}", "it does the work; `televibe log --follow` shows it")
    async with Engine(home, host=hosting(port)) as engine:
        url = engine.mcp_url.removesuffix("/mcp")
        if as_json:
            ready = {"url": url, "mcp_url": engine.mcp_url, "pid": os.getpid()}
            out.json_line({**ready, "ready": True, "home": str(home.path)})
        else:
            watch.print(f"televibe is up (process {os.getpid()}, home {home.path}, {url}); Ctrl-C stops it, nothing is lost")
        async with engine.store.reading() as store:
            after = await store.last_event_id()
        showing = [] if as_json else [asyncio.create_task(_show(engine, after, watch))]  # nobody looks on: nothing is read for it
        try:
            await (engine.until_idle() if until_idle else _told_to_stop())
        finally:
            for task in showing:
                task.cancel()
            await asyncio.gather(*showing, return_exceptions=True)
    return 0


async def _show(engine: Engine, after: int, watch: Watch) -> None:
    async for event in follow(engine.store, after=after):
        watch.show(event)


async def _told_to_stop() -> None:
    """Return on SIGTERM; Ctrl-C arrives as a cancellation of its own."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


async def run_resume(repo: Path, goal_id: str | None, out: Out, watch: Watch, *, as_json: bool) -> int:
    """Try a blocked or stopped goal again; without one, finish whatever was left unfinished. Returns when there is no more to do."""
    if goal_id is not None:
        async with opened(repo) as door, door.store.reading() as view:
            goal_id = (await goal_of(view, door.project, goal_id)).id
    async with workplace(Home.find(), repo, engine=True, host=hosting()) as place:
        async with place.store.reading() as store:
            after = await store.last_event_id()
        if goal_id is not None:
            await resume_goal(place.deps, goal_id)
        if place.engine is None:
            watch.print("the engine that runs already takes it; `televibe log --follow` shows how it goes")
            return 0
        showing = asyncio.create_task(_show(place.engine, after, watch))
        await place.engine.until_idle()
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
        async with place.store.reading() as store:
            goals = await store.goals(place.deps.project.id)
    chosen = [g for g in goals if goal_id in {None, g.id}]
    if as_json:
        out.document([{"id": g.id, "state": g.state.value, "reply": g.reply} for g in chosen])
    else:
        for goal in chosen[-5:]:
            watch.print(f"{goal.id} {goal.state.value}: {goal.reply or goal.text.splitlines()[0]}")
    return 1 if goal_id and any(g.state is GoalState.blocked for g in chosen) else 0
