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
from orchestrator.doors.report import conflicts_document, goal_report
from orchestrator.doors.unread import going_on_unread
from orchestrator.engine.intents import give_goal
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.work import Goal

GOAL = "Add user accounts with login, and card payments that require a logged-in user; review and test it"
BESIDE = "Remember what customers searched for"
"""A second goal, given as soon as somebody works on the first: its branch collides with that one where git would see nothing."""

WORK = (GOAL, BESIDE)

ALSO = frozenset({EventKind.conflict_seen, EventKind.conflict_closed, EventKind.session_synced, EventKind.sync_conflict})
"""Events that belong to no goal of their own and are part of the story."""


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
    watch.print(f"A sample repository: {repo}\nThe goal: {GOAL}\nWhile that is worked on: {BESIDE}")
    watch.print("The agents are scripted: no key, no model, but real files, commits and tests.\n")
    with going_on_unread(home):
        async with workplace(home, repo, engine=True, host=hosting()) as place:
            goals = await _goals(place)
            seen = all(goal.state.over for goal in goals) and len(goals) == len(WORK) and picture is None
            if not seen:
                with watch:
                    await _watched(place, goals, watch)
            async with place.store.reading() as store:
                goals = await store.goals(place.deps.project.id)
                document = await goal_report(store, goals[0].id, str(repo), time.monotonic() - started)
                document["beside"] = await goal_report(store, goals[1].id, str(repo), time.monotonic() - started)
                document["conflicts"] = await conflicts_document(store, place.deps.project.id)
    if picture is not None and svg is not None:
        picture.write(svg, "televibe demo")
    if as_json:
        out.document(document)
    else:
        if seen:
            for goal in goals:
                out.line(goal.reply, Tone.good if goal.landed_branch else Tone.bad)
        _where_next(out, home, repo, document["cost_usd"], document["seconds"])
    return max(exit_status(goal.state) for goal in goals)


async def _goals(place: Workplace) -> list[Goal]:
    """The demo's goals: those that an earlier, killed run gave, or the first one, anew."""
    async with place.store.reading() as store:
        goals = await store.goals(place.deps.project.id)
    return goals or [await give_goal(place.deps, GOAL, auto_approve=True)]


async def _watched(place: Workplace, goals: list[Goal], watch: Watch) -> None:
    """Show what happens until both goals are over, giving the second one in between."""
    given, over = len(goals), set[str]()
    async for event in follow(place.store, after=0, project_id=place.deps.project.id):
        if event.goal_id or event.kind in ALSO:
            watch.show(event)
        if event.kind is EventKind.goal_planned and event.goal_id:
            await show_plan(place, event.goal_id, watch)
        if event.kind is EventKind.job_running and given < len(WORK):
            given += 1
            await give_goal(place.deps, BESIDE, auto_approve=True)
        if ends(event) and event.goal_id:
            over.add(event.goal_id)
        if len(over) == len(WORK):
            return


def _where_next(out: Out, home: Home, repo: Path, cost: float, seconds: float) -> None:
    before = f"TELEVIBE_HOME={home.path}"
    here = Path(os.environ.get("VIRTUAL_ENV", ".venv")) / "bin" / "televibe"
    command = str(here) if here.exists() else "televibe"
    out.line(f"cost {usd(cost)}, {seconds:.1f} s", Tone.quiet)
    out.line("\nWhere to look next:", Tone.strong)
    out.line(f"  git -C {repo} log --graph --oneline")
    out.line(f"  cat {repo / FILE}    # what the sessions shared, landed with the work")
    out.line(f"  ls {home.worktrees / 'P1'}                 # each session's worktree")
    for words in (
        "sessions",
        "session show S2",
        "session diff S1",
        "conflicts",
        "log",
        "log --git",
        'route "let users change their password"',
    ):
        out.line(f"  {before} {command} {words} --repo {repo}")
