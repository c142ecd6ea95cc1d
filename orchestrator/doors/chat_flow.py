"""Workflows in the chat: ``/workflow`` alone, with a run's id, or with a template and a goal."""

from __future__ import annotations

import asyncio

from orchestrator.boundaries.workflow_files import template_names, workflow_text
from orchestrator.doors.opening import goal_of
from orchestrator.doors.output import Out, Tone, one_line
from orchestrator.doors.workflow_run import read_for
from orchestrator.doors.workflow_view import print_run, view_of
from orchestrator.engine.workflows import run_workflow
from orchestrator.engine.workplace import Workplace
from orchestrator.verbs.converse import ID, Flow


async def answer_flow(place: Workplace, flow: Flow, agent: str | None, out: Out) -> None:
    """Show what there is, draw a run, or begin one; its events follow as those of any goal."""
    if not flow.named:
        await _list(place, out)
    elif ID.fullmatch(flow.named):
        async with place.store.reading() as view:
            run = await view_of(view, await goal_of(view, place.deps.project, flow.named))
        print_run(out, run)
    else:
        text, name = await asyncio.to_thread(workflow_text, flow.named)
        await run_workflow(place.deps, await read_for(place, text, name, flow.goal, ()), agent=agent)


async def _list(place: Workplace, out: Out) -> None:
    async with place.store.reading() as view:
        runs = [goal for goal in await view.goals(place.deps.project.id) if goal.workflow]
    for goal in runs:
        state = f"{goal.state.value}, paused" if goal.paused else goal.state.value
        out.line(f"{goal.id:<5} {goal.workflow:<22} {state:<16} {one_line(goal.text, 80)}")
    out.line(f"run one: /workflow NAME what is wanted — templates: {', '.join(template_names())}", Tone.quiet)
