"""``televibe workflow list|show|check|templates|schema|pause|resume|cancel|retry|skip``: what there is, and a word to a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from orchestrator.boundaries.config import load_policy
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.workflow_files import template_names, template_text, workflow_text
from orchestrator.doors.opening import goal_of, opened
from orchestrator.doors.output import Out, Tone, ago, one_line, usd
from orchestrator.doors.sessions import goal_tone
from orchestrator.doors.workflow_view import print_run, run_document, view_of
from orchestrator.nouns.errors import ConfigError, TeleVibeError
from orchestrator.nouns.work import Goal, TaskState
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.workflow.read import examine, read_workflow
from orchestrator.verbs.workflow.schema import workflow_schema
from orchestrator.verbs.workflow.validate import Known
from orchestrator.verbs.workflow.view import RunView


async def list_runs(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    """The runs of workflows; goals that were planned only with ``everything``: their plans are workflows too."""
    async with opened(repo) as door, door.store.reading() as view:
        goals = [g for g in await view.goals(door.project.id) if g.workflow or everything]
        runs = [(goal, await view_of(view, goal)) for goal in goals]
    if as_json:
        out.document([run_document(run) for _, run in runs])
    elif runs:
        out.table(("id", "workflow", "state", "stages", "cost", "given", "goal", "last word"), [_row(*one) for one in runs])
    else:
        out.line('no workflow was run yet — `televibe workflow run implement-review-test --goal "…"` runs one')
    return 0


def _row(goal: Goal, run: RunView) -> list[str | tuple[str, Tone]]:
    wanted = [stage for stage in run.stages if stage.state not in {TaskState.dropped, TaskState.skipped}]
    done = sum(stage.state is TaskState.done for stage in wanted)
    return [
        (run.id, Tone.name),
        run.name,
        (f"{run.state}, paused" if run.paused else run.state, goal_tone(goal.state)),
        f"{done}/{len(wanted)}",
        usd(run.cost_usd),
        ago(goal.created_at),
        one_line(run.goal, 60),
        one_line(run.reply, 100),
    ]


async def show_run(repo: Path, goal_id: str, out: Out, *, as_json: bool) -> int:
    """One run: its stages and how far they are."""
    async with opened(repo) as door, door.store.reading() as view:
        run = await view_of(view, await goal_of(view, door.project, goal_id))
    if as_json:
        out.document(run_document(run))
    elif run.stages:
        print_run(out, run)
    else:
        out.line(f"{run.id} has no stages yet: it is {run.state}")
    return 0


async def check_file(repo: Path, named: str, out: Out, *, as_json: bool) -> int:
    """Every fault of a file (or template) on a line of its own. Exit status 2 if there is one: the file is wrong, not the run."""
    text, name = workflow_text(named)
    known, not_looked_up = await known_here(repo)
    examined = examine(text, name, known)
    if as_json:
        stages = [stage.stage_id for stage in examined.workflow.stages] if examined.workflow else []
        faults = [{"line": f.line, "column": f.column, "what": f.what, "remedy": f.remedy} for f in examined.faults]
        document = {"file": name, "ok": not faults, "stages": stages, "faults": faults, "not_looked_up": not_looked_up}
        out.document(document)
    elif examined.workflow is not None:
        out.line(f"{name}: {counted(len(examined.workflow.stages), 'stage')}, nothing wrong", Tone.good)
        if not_looked_up and any(stage.session for stage in examined.workflow.stages):
            out.line(f"the sessions that it names were not looked up: {not_looked_up}", Tone.warn)
    else:
        for fault in examined.faults:
            out.line(f"{fault.said(name)} — {fault.remedy}", Tone.bad)
    return 0 if examined.workflow is not None else 2


async def known_here(repo: Path) -> tuple[Known, str]:
    """What a file may name here, and why sessions could not be looked up. A file can be checked where nothing is initialised."""
    try:
        async with opened(repo) as door, door.store.reading() as view:
            sessions = {session.id: session.state for session in await view.sessions(door.project.id)}
            return Known(roles=tuple(role_table(door.policy().roles)), sessions=sessions), ""
    except ConfigError:
        raise
    except TeleVibeError as error:
        policy = load_policy(repo.resolve())
        return Known(roles=tuple(role_table(policy.roles))), error.line()


def show_templates(name: str | None, out: Out, *, as_json: bool) -> int:
    """The built-in templates, or the text of one."""
    if name is not None:
        text = template_text(name)
        out.document({"name": name, "text": text}) if as_json else out.write(text)
        return 0
    found = [read_workflow(template_text(one), one, Known()) for one in template_names()]
    if as_json:
        listed = [{"name": w.name, "description": w.description, "stages": [s.stage_id for s in w.stages]} for w in found]
        out.document(listed)
        return 0
    rows: list[list[str | tuple[str, Tone]]] = [
        [(w.name, Tone.name), " → ".join(s.stage_id for s in w.stages), w.description] for w in found
    ]
    out.table(("template", "stages", "what it is good for"), rows)
    return 0


def print_schema(out: Out) -> int:
    """The JSON schema of workflow files."""
    out.document(workflow_schema())
    return 0


async def hold_run(repo: Path, goal_id: str, out: Out, *, as_json: bool) -> int:
    """Nothing new begins; what runs goes on."""
    from orchestrator.engine.workflows import pause

    return await _told(repo, goal_id, out, pause, "{id} is paused; `televibe workflow resume {id}` goes on", as_json=as_json)


async def free_run(repo: Path, goal_id: str, out: Out, *, as_json: bool) -> int:
    """Go on after a pause, a block or a cancellation."""
    from orchestrator.engine.workflows import go_on

    return await _told(repo, goal_id, out, go_on, "{id} goes on; `televibe workflow show {id}` shows how", as_json=as_json)


async def cancel_run(repo: Path, goal_id: str, out: Out, *, as_json: bool) -> int:
    """Nothing more is started, running agents are interrupted, everything made stays."""
    from orchestrator.engine.intents import stop_goal

    said = "{id} is told to stop; everything made stays, and `televibe workflow resume {id}` takes it up again"
    return await _told(repo, goal_id, out, stop_goal, said, as_json=as_json)


async def retry_one(repo: Path, goal_id: str, stage_id: str, out: Out, *, as_json: bool) -> int:
    """A stage is tried again."""
    from orchestrator.engine.workflows import retry_stage

    said = f"{stage_id} of {{id}} is tried again"
    return await _told(repo, goal_id, out, lambda deps, id_: retry_stage(deps, id_, stage_id), said, as_json=as_json, stage=stage_id)


async def skip_one(repo: Path, goal_id: str, stage_id: str, out: Out, *, as_json: bool) -> int:
    """A stage is left out."""
    from orchestrator.engine.workflows import skip_stage

    said = f"{stage_id} of {{id}} is skipped"
    return await _told(repo, goal_id, out, lambda deps, id_: skip_stage(deps, id_, stage_id), said, as_json=as_json, stage=stage_id)


Word = Callable[[Any, str], Awaitable[object]]


async def _told(repo: Path, goal_id: str, out: Out, word: Word, said: str, *, as_json: bool, stage: str = "") -> int:
    """Store a wish; the engine that runs, or a new one in the background, carries it out."""
    from orchestrator.engine.background import start_in_background
    from orchestrator.engine.workplace import workplace

    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            goal = await goal_of(view, place.deps.project, goal_id)
        await word(place.deps, goal.id)
    pid = start_in_background(Home.find())
    if as_json:
        out.document({"id": goal.id, **({"stage": stage} if stage else {}), "engine_pid": pid})
    else:
        out.line(said.format(id=goal.id))
    return 0
