"""``televibe demo``: a sample repository, one goal, scripted agents that really write code, and a landing whose tests pass."""

from __future__ import annotations

import io
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.doors.demo.sample_repo import make_sample
from orchestrator.doors.follow import ends, exit_status, follow
from orchestrator.doors.goal import show_plan
from orchestrator.doors.init import init
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.output import Out, Tone, usd
from orchestrator.doors.picture import Picture
from orchestrator.doors.progress import Watch
from orchestrator.doors.report import goal_report
from orchestrator.doors.unread import going_on_unread
from orchestrator.engine.intents import give_goal
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.work import Goal

GOAL = "Add user accounts with login, and card payments that require a logged-in user; review and test it"


async def run_demo(directory: Path | None, out: Out, watch: Watch, *, as_json: bool, svg: Path | None = None) -> int:
    """Run the demo in ``directory`` (a new temporary one by default); a second run there goes on where a killed one stopped.
    ``svg`` is where a picture of the run is to be written."""
    started = time.monotonic()
    place_ = directory.absolute() if directory else Path(tempfile.mkdtemp(prefix="televibe-demo-"))
    repo = await make_sample(place_ / "shop")
    picture = Picture(watch, {str(repo): "shop", f"{place_}/": "", shlex.quote(sys.executable): "python"}) if svg else None
    watch = picture or watch
    home = Home(place_ / "home").ready()
    os.environ["TELEVIBE_HOME"] = str(home.path)
    await init(repo, Out.to(io.StringIO()), agent=None, as_json=True)
    watch.print(f"A sample repository: {repo}\nThe goal: {GOAL}")
    watch.print("The agents are scripted: no key, no model, but real files, commits and tests.\n")
    with going_on_unread(home):
        async with workplace(home, repo, engine=True, host=hosting()) as place:
            goal = await _goal(place)
            seen = goal.state.over and picture is None
            if not seen:
                with watch:
                    await _watched(place, goal, watch)
            async with place.store.reading() as store:
                goal = await store.goal(goal.id)
                document = await goal_report(store, goal.id, str(repo), time.monotonic() - started)
    if picture is not None and svg is not None:
        picture.write(svg, "televibe demo")
    if as_json:
        out.document(document)
    else:
        if seen:
            out.line(goal.reply, Tone.good if goal.landed_branch else Tone.bad)
        _where_next(out, home, repo, document["cost_usd"], document["seconds"])
    return exit_status(goal.state)


async def _goal(place: Workplace) -> Goal:
    """The demo's goal: the one that an earlier, killed run gave, or a new one."""
    async with place.store.reading() as store:
        goals = await store.goals(place.deps.project.id)
    return goals[-1] if goals else await give_goal(place.deps, GOAL, auto_approve=True)


async def _watched(place: Workplace, goal: Goal, watch: Watch) -> None:
    async for event in follow(place.store, after=0, goal_id=goal.id, until=ends):
        watch.show(event)
        if event.kind is EventKind.goal_planned:
            await show_plan(place, goal.id, watch)


def _where_next(out: Out, home: Home, repo: Path, cost: float, seconds: float) -> None:
    before = f"TELEVIBE_HOME={home.path}"
    here = Path(os.environ.get("VIRTUAL_ENV", ".venv")) / "bin" / "televibe"
    command = str(here) if here.exists() else "televibe"
    out.line(f"cost {usd(cost)}, {seconds:.1f} s", Tone.quiet)
    out.line("\nWhere to look next:", Tone.strong)
    out.line(f"  git -C {repo} log --graph --oneline")
    out.line(f"  cat {repo / FILE}    # what the sessions shared, landed with the work")
    out.line(f"  ls {home.worktrees / 'P1'}                 # each session's worktree")
    for words in ("sessions", "session show S2", "session diff S1", "log", "log --git", 'route "let users change their password"'):
        out.line(f"  {before} {command} {words} --repo {repo}")
