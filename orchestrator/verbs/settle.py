"""Settle: what the end of a job means for its task and for the others of the goal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import OnFailure, Outcome, Verdict
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Task, TaskState
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.rework import again, givers


@dataclass(frozen=True)
class Settled:
    """The tasks that change, and how it is told."""

    tasks: tuple[Task, ...]
    kind: EventKind
    text: str


def settle(tasks: Sequence[Task], task: Task, job: Job, roles: Mapping[str, Role], *, attempts: int, over: bool) -> Settled:
    """``attempts``: how often a task may be tried that says nothing about it itself. ``over``: its goal is, so nothing is retried."""
    match job.state:
        case JobState.done if job.question:
            return _to(task, TaskState.asking, EventKind.task_asking, f"{job.session_id} asks: {job.question}")
        case JobState.done if job.verdict is Verdict.refused:
            return _back(tasks, task, job, givers(tasks, task, roles), "refuses what it was handed")
        case JobState.done if job.verdict is Verdict.changes_wanted:
            return _judged(tasks, task, job)
        case JobState.done:
            done = task.model_copy(update={"state": TaskState.done, "verdict": job.verdict, "feedback": ""})
            said = " and approves" if job.verdict is Verdict.approved else ""
            return Settled((done,), EventKind.task_done, f"{task.label} is done{said}")
        case JobState.failed if task.attempts < tries(task, attempts) and not over:
            return _to(task, TaskState.waiting, EventKind.task_failed, f"{task.id} failed ({job.error}); it is tried again")
        case JobState.failed | JobState.cancelled:
            return failed(tasks, task, job.error)
        case JobState.queued | JobState.starting | JobState.running:
            raise AssertionError(f"{job.id} is not over")
        case never:
            assert_never(never)


def plainly_done(job: Job) -> bool:
    """Whether ``settle`` needs to know no task but the job's own."""
    return job.state is JobState.done and job.verdict in {None, Verdict.approved}


def tries(task: Task, attempts: int) -> int:
    """How often the task is tried altogether."""
    return attempts if task.retries is None else task.retries + 1


def failed(tasks: Sequence[Task], task: Task, why: str) -> Settled:
    """The task failed for good, and what that means for those that need it."""
    text = f"{task.label} failed: {why}{consequence(tasks, task)}"
    return _to(task, TaskState.failed, EventKind.task_failed, text)


def consequence(tasks: Sequence[Task], failing: Task) -> str:
    """What those that need it do now, in words; empty when nobody does."""
    needing = [t for t in tasks if failing.id in t.depends_on and t.state is TaskState.waiting]
    said = []
    for policy, (one, many) in AFTER_FAILURE.items():
        names = [t.id for t in needing if t.on_failure is policy and Outcome.failed not in t.when.get(failing.id, ())]
        if names:
            said.append(f"{', '.join(names)} {one if len(names) == 1 else many}")
    return f" — {'; '.join(said)}" if said else ""


AFTER_FAILURE = {
    OnFailure.wait: ("waits for you", "wait for you"),
    OnFailure.proceed: ("goes on without it", "go on without it"),
    OnFailure.cancel: ("cancels all", "cancel all"),
}
"""What one stage does, and what several do."""


def _judged(tasks: Sequence[Task], task: Task, job: Job) -> Settled:
    """Changes are wanted: back to whom the stage names; else whoever runs ``when`` that is so; else it is for the user."""
    listened = any(Outcome.changes_wanted in t.when.get(task.id, ()) for t in tasks)
    if task.rework and (task.round < task.rounds or not listened):
        return _back(tasks, task, job, [task.rework], "wants changes")
    if listened:
        done = task.model_copy(update={"state": TaskState.done, "verdict": Verdict.changes_wanted})
        return Settled((done,), EventKind.task_done, f"{task.label} is done and wants changes: {job.verdict_reason}")
    settled = failed(tasks, task, f"changes are wanted: {job.verdict_reason}")
    return Settled((settled.tasks[0].model_copy(update={"verdict": job.verdict}),), settled.kind, settled.text)


def _back(tasks: Sequence[Task], task: Task, job: Job, targets: Sequence[str], does: str) -> Settled:
    why = job.verdict_reason or job.last_words
    if not targets:
        return failed(tasks, task, f"it {does}, and there is nobody to send it back to: {why}")
    if task.round >= task.rounds:
        return failed(tasks, task, f"it still {does} after {counted(task.round, 'round')}: {why}")
    feedback = f"{job.session_id} ({task.id}) {does}, round {task.round + 1} of {task.rounds}:\n{why}"
    changed = [
        t.model_copy(update={"round": task.round + 1}) if t.id == task.id else t for t in again(tasks, targets, task.id, feedback)
    ]
    text = f"{task.id} {does} (round {task.round + 1} of {task.rounds}): back to {', '.join(targets)} — {why}"
    return Settled(tuple(changed), EventKind.task_sent_back, text)


def _to(task: Task, state: TaskState, kind: EventKind, text: str) -> Settled:
    return Settled((task.model_copy(update={"state": state}),), kind, text)
