"""View: how far the stages of a run are, and why, from what is stored. The text picture and the JSON document say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.nouns.job import Job
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState


@dataclass(frozen=True)
class StageView:
    """One stage of a run. ``seconds`` and ``cost_usd`` are of all its jobs, those of earlier rounds and attempts too."""

    id: str
    title: str
    state: TaskState
    role: str
    session: str | None
    needs: tuple[str, ...]
    on_complete: str
    round: int  # how often it went back
    rounds: int  # how often it may; 0 for a stage that nothing comes back to
    verdict: str | None
    seconds: float
    running: bool  # so that its seconds grow
    cost_usd: float
    why: str  # it is not done, or what its verdict says; empty when there is nothing to say
    question: str  # that it waits for the user with


@dataclass(frozen=True)
class RunView:
    """A run of a workflow."""

    id: str
    name: str
    state: str
    paused: bool
    goal: str
    seconds: float  # since it was given, until its last change when it is over
    cost_usd: float
    reply: str
    stages: tuple[StageView, ...]


def run_view(goal: Goal, tasks: Sequence[Task], jobs: Sequence[Job], cost_usd: float, now: datetime) -> RunView:
    """``jobs`` are the goal's, oldest first; ``cost_usd`` is what it cost altogether, the model's calls included."""
    by_task: dict[str, list[Job]] = {}
    for job in jobs:
        by_task.setdefault(job.task_id or "", []).append(job)
    limits = {task.rework: task.rounds for task in tasks if task.rework}
    ended = goal.updated_at if goal.state.over else now
    return RunView(
        id=goal.id,
        name=goal.workflow or "planned",
        state=goal.state.value,
        paused=goal.paused,
        goal=goal.text,
        seconds=_between(goal.created_at, ended),
        cost_usd=round(cost_usd, 6),
        reply=goal.reply,
        stages=tuple(
            _stage(task, tasks, by_task.get(task.id, []), limits.get(task.id, 0), now)
            for task in sorted(tasks, key=lambda one: one.position)
        ),
    )


def later(run: RunView, seconds: float) -> RunView:
    """The same run so much later, when nothing has happened meanwhile."""
    if GoalState(run.state).over:
        return run
    stages = tuple(replace(one, seconds=one.seconds + seconds) if one.running else one for one in run.stages)
    return replace(run, seconds=run.seconds + seconds, stages=stages)


def _stage(task: Task, tasks: Sequence[Task], jobs: Sequence[Job], rounds: int, now: datetime) -> StageView:
    last = jobs[-1] if jobs else None
    question = last.question if last is not None and task.state is TaskState.asking else ""
    return StageView(
        id=task.id,
        title=task.title,
        state=task.state,
        role=task.role,
        session=task.session_id,
        needs=task.depends_on,
        on_complete=task.on_complete.value,
        round=task.round,
        rounds=rounds,
        verdict=task.verdict.value if task.verdict else None,
        seconds=round(sum(_worked(job, now) for job in jobs), 1),
        running=last is not None and last.started_at is not None and not last.state.over,
        cost_usd=round(sum(job.cost_usd for job in jobs), 6),
        why=_why(task, tasks, last),
        question=question,
    )


def _why(task: Task, tasks: Sequence[Task], last: Job | None) -> str:
    """Why it stands where it stands."""
    match task.state:
        case TaskState.waiting:
            return task.feedback or _waits_for(task, tasks)
        case TaskState.dispatched:
            return task.feedback
        case TaskState.asking:
            return last.question if last is not None else ""
        case TaskState.done:
            return last.verdict_reason if last is not None and task.verdict is not None else ""
        case TaskState.failed:
            return (last.error or last.verdict_reason if last is not None else "") or task.feedback
        case TaskState.skipped:
            return _unmet(task) if task.when else task.feedback
        case TaskState.dropped:
            return "it was taken out"


def _waits_for(task: Task, tasks: Sequence[Task]) -> str:
    """What has to come first; a stage that failed is what somebody has to do something about."""
    before = [one for one in tasks if one.id in task.depends_on and one.state is not TaskState.done]
    failed = [one.id for one in before if one.state is TaskState.failed]
    waits = [one.id for one in before if not one.state.over]
    said = [f"{', '.join(failed)} failed"] if failed else []
    return "; ".join([*said, f"waits for {', '.join(waits)}"] if waits else said)


def _unmet(task: Task) -> str:
    wanted = "; ".join(f"{stage} {' or '.join(one.value for one in outcomes)}" for stage, outcomes in task.when.items())
    return f"it was for: {wanted}"


def _worked(job: Job, now: datetime) -> float:
    if job.started_at is None:
        return 0.0
    return _between(job.started_at, job.finished_at or (job.started_at if job.state.over else now))


def _between(begin: datetime, end: datetime) -> float:
    return round(max((end - begin).total_seconds(), 0.0), 1)
