"""``televibe goal``: one goal, one shot. Plan, answer, and either watch it to its end or leave it to the background."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.workflow_files import workflow_text
from orchestrator.doors.follow import ends, exit_status, follow
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.plan_card import plan_card
from orchestrator.doors.progress import Watch
from orchestrator.doors.report import goal_report
from orchestrator.doors.unread import going_on_unread
from orchestrator.doors.workflow_run import read_for
from orchestrator.engine.background import start_in_background
from orchestrator.engine.intents import answer_plan, check_text, give_goal
from orchestrator.engine.workflows import run_workflow
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.errors import UsageError
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.work import Goal, GoalState


async def run_goal(
    home: Home,
    repo: Path,
    text: str,
    *,
    yes: bool,
    wait: bool,
    agent: str | None,
    allow_dirty: bool,
    watch: Watch,
    asking: bool,
    workflow: str | None = None,
) -> tuple[dict[str, Any], int]:
    """Give the goal; returns its document and the exit status. ``watch`` shows what happens meanwhile, and asks the user
    about the plan if ``asking``. A goal for a ``workflow`` (file or template) is not planned, so there is nothing to ask."""
    flow = workflow_text(workflow) if workflow is not None else None
    started = time.monotonic()
    with going_on_unread(home):
        async with workplace(home, repo, engine=True, host=hosting()) as place:
            async with place.store.reading() as store:
                after = await store.last_event_id()
            if flow is not None:
                stages = await read_for(place, *flow, check_text(text, "goal"), ())
                goal = await run_workflow(place.deps, stages, agent=agent, allow_dirty=allow_dirty)
            else:
                goal = await give_goal(place.deps, text, agent=agent, auto_approve=yes, allow_dirty=allow_dirty)
            goal = await _watched(place, goal, after, watch, wait=wait, ask=asking and not yes)
            async with place.store.reading() as store:
                document = await goal_report(store, goal.id, place.deps.project.root, time.monotonic() - started)
            own_engine = place.engine is not None
    if own_engine and goal.state in {GoalState.given, GoalState.working, GoalState.landing}:
        document["engine_pid"] = start_in_background(home)
    return document, exit_status(goal.state) if goal.state.over else 0


async def _watched(place: Workplace, goal: Goal, after: int, watch: Watch, *, wait: bool, ask: bool) -> Goal:
    """Show the goal's events until it needs no more watching."""

    def last(event: Event) -> bool:
        if ends(event):
            return True
        if event.kind is EventKind.goal_planned:
            return not ask and not goal.auto_approve
        return event.kind in {EventKind.goal_approved, EventKind.workflow_started} and not wait

    async for event in follow(place.store, after=after, goal_id=goal.id, until=last):
        watch.show(event)
        if event.kind is EventKind.goal_planned:
            await show_plan(place, goal.id, watch)
            if ask:
                await ask_user(place, goal.id, watch)
    async with place.store.reading() as store:
        return await store.goal(goal.id)


async def show_plan(place: Workplace, goal_id: str, watch: Watch) -> None:
    """The plan card of the goal as it stands."""
    async with place.store.reading() as store:
        goal = await store.goal(goal_id)
        tasks = await store.tasks(goal_id)
        sessions = await store.sessions(goal.project_id, live_only=True)
        past = await store.jobs(goal.project_id)
    watch.print(plan_card(goal, tasks, place.deps.policy, sessions=sessions, past=past))


async def ask_user(place: Workplace, goal_id: str, watch: Watch) -> None:
    """Ask until the answer is understood."""
    while True:
        answer = await watch.ask("approve, edit in words, or deny? [yes] ")
        try:
            await answer_plan(place.deps, goal_id, answer or "yes")
            return
        except UsageError as error:
            watch.print(error.line())
