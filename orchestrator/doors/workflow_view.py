"""A run of a workflow as a document and as a picture: what ``televibe workflow show``, ``list``, ``run`` and the chat print."""

from __future__ import annotations

from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import Any, assert_never

from orchestrator.boundaries.store.protocol import Reading
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.work import Goal, TaskState
from orchestrator.verbs.workflow.picture import Drawn, picture
from orchestrator.verbs.workflow.view import RunView, StageView, run_view


async def view_of(view: Reading, goal: Goal) -> RunView:
    """How far the run is now."""
    tasks, jobs = await view.tasks(goal.id), await view.jobs(goal_id=goal.id)
    return run_view(goal, tasks, jobs, await view.spent_usd(goal_id=goal.id), datetime.now(UTC))


def run_document(run: RunView) -> dict[str, Any]:
    """The JSON document of a run."""
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "paused": run.paused,
        "goal": run.goal,
        "seconds": run.seconds,
        "cost_usd": run.cost_usd,
        "reply": run.reply,
        "stages": [stage_document(stage) for stage in run.stages],
    }


def stage_document(stage: StageView) -> dict[str, Any]:
    return {
        "id": stage.id,
        "title": stage.title,
        "state": stage.state.value,
        "role": stage.role,
        "session": stage.session,
        "needs": list(stage.needs),
        "on_complete": stage.on_complete,
        "round": stage.round,
        "rounds": stage.rounds,
        "verdict": stage.verdict,
        "seconds": stage.seconds,
        "cost_usd": stage.cost_usd,
        "why": stage.why,
        "question": stage.question,
    }


def drawn_for(out: Out, run: RunView) -> list[Drawn]:
    """The picture as the stream can show it: cut to a terminal's width, whole elsewhere."""
    return picture(run, width=get_terminal_size().columns if out.terminal else 0, fine=out.icons)


def print_run(out: Out, run: RunView) -> None:
    """The picture, in colour where there is one, and the last word."""
    for number, line in enumerate(drawn_for(out, run)):
        out.line(line.text, tone_of(line.state) if line.state else Tone.strong if number == 0 else Tone.plain)
    if run.reply:
        out.line()
        out.line(run.reply)


def tone_of(state: TaskState) -> Tone:
    """The colour of a stage's state."""
    match state:
        case TaskState.waiting:
            return Tone.plain
        case TaskState.dispatched:
            return Tone.warn
        case TaskState.asking:
            return Tone.ask
        case TaskState.done:
            return Tone.good
        case TaskState.failed:
            return Tone.bad
        case TaskState.skipped | TaskState.dropped:
            return Tone.quiet
        case never:
            assert_never(never)
