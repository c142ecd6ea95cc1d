"""``televibe workflow run``: a run begun, and watched or left to the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.workflow_files import workflow_text
from orchestrator.doors.follow import ends, exit_status, follow
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.output import Out, Tone
from orchestrator.doors.progress import Watch
from orchestrator.doors.workflow_follow import watch_run
from orchestrator.doors.workflow_view import print_run, run_document, view_of
from orchestrator.engine.background import start_in_background
from orchestrator.engine.workflows import known_to, run_workflow
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.flow import Workflow
from orchestrator.nouns.work import GoalState
from orchestrator.verbs.workflow.fill import filled
from orchestrator.verbs.workflow.read import read_workflow
from orchestrator.verbs.workflow.view import RunView


async def read_for(place: Workplace, text: str, name: str, goal: str, parts: Sequence[str]) -> Workflow:
    """The text of a file or template, read for this project and filled in."""
    return filled(read_workflow(text, name, await known_to(place.deps)), goal, parts)


async def begin_run(
    repo: Path,
    named: str,
    out: Out,
    watch: Watch,
    *,
    goal: str,
    parts: Sequence[str],
    agent: str | None,
    wait: bool,
    following: bool,
    allow_dirty: bool,
    as_json: bool,
) -> int:
    """Run a workflow. Without ``wait`` or ``following`` the work goes on in the background; ``watch`` shows its events."""
    home, (text, name) = Home.find(), workflow_text(named)
    async with workplace(home, repo, engine=wait or following, host=hosting()) as place:
        flow = await read_for(place, text, name, goal, parts)
        async with place.store.reading() as store:
            after = await store.last_event_id()
        given = await run_workflow(place.deps, flow, agent=agent, allow_dirty=allow_dirty)
        if following:
            await watch_run(place.store, given, after, out, as_json=as_json)
        elif wait:
            async for event in follow(place.store, after=after, goal_id=given.id, until=ends):
                watch.show(event)
        async with place.store.reading() as store:
            run = await view_of(store, await store.goal(given.id))
    document: dict[str, Any] = run_document(run)
    if not (wait or following):
        document["engine_pid"] = start_in_background(home)
    return _ended(out, run, document, wait=wait, following=following, as_json=as_json)


def _ended(out: Out, run: RunView, document: dict[str, Any], *, wait: bool, following: bool, as_json: bool) -> int:
    """The last word of the command. With ``--follow --json`` the documents were printed as they came."""
    state = GoalState(run.state)
    if as_json and not following:
        out.document(document)
    elif not as_json and not (wait or following):
        print_run(out, run)
        out.line()
        out.line(f"{run.id} goes on in the background: televibe workflow show {run.id} --follow", Tone.quiet)
    elif not as_json and wait and not following:
        print_run(out, replace(run, reply=""))  # the events have said it
    return exit_status(state) if state.over else 0
