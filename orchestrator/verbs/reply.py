"""The last word to the user about a goal: what was made, by whom, what it cost; or what it is stuck on and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.nouns.flow import Verdict
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.rework import gone_without
from orchestrator.verbs.settle import consequence


def reply_landed(goal: Goal, tasks: Sequence[Task], jobs: Sequence[Job]) -> str:
    """One line for the outcome, one for each task that was done."""
    done = [t for t in tasks if t.state is TaskState.done]
    files = {path for job in jobs for path in job.files_changed}
    cost = sum(job.cost_usd for job in jobs)
    lines = [f"{goal.id} {_outcome(goal)}: {counted(len(done), 'task')}, {counted(len(files), 'file')} changed, ${cost:.2f}"]
    for task in done:
        job = next((j for j in reversed(jobs) if j.task_id == task.id and j.state is JobState.done), None)
        lines.append(f"{task.id} ({task.session_id}): {_outcome_of(job) or task.title}")
        lines += [f"{task.id} ({task.session_id}): {job.set_aside}"] if job and job.set_aside else []
    return "\n".join(lines)


def _outcome_of(job: Job | None) -> str:
    """What a job made; what its agent said, when it made nothing (a review, an answer)."""
    said = (job.summary if job.commits else job.last_words).strip() if job else ""
    return said.splitlines()[0] if said else ""


def reply_blocked(tasks: Sequence[Task], jobs: Sequence[Job]) -> str:
    """Which task needs the user, and what to type."""
    reasons = []
    for task in tasks:
        job = next((j for j in reversed(jobs) if j.task_id == task.id), None)
        if task.state is TaskState.asking and job is not None:
            reasons.append(f'{task.session_id} asks: {job.question} — answer with `televibe session send {task.session_id} "…"`')
        elif task.state is TaskState.failed and not gone_without(tasks, task):
            error = "; ".join(part for part in (job.error, _unhappy(job), job.set_aside) if part) if job else "no job was run"
            way_out = (
                f"`televibe resume {task.goal_id}` tries again, `televibe workflow skip {task.goal_id} {task.id}` goes on without it"
            )
            reasons.append(f"{task.label} failed: {error}{consequence(tasks, task)} — {way_out}")
    return "; ".join(reasons)


def _unhappy(job: Job) -> str:
    """What a job that ended well said against the work it was given."""
    if job.verdict in {None, Verdict.approved}:
        return ""
    return f"{'it refused the work' if job.verdict is Verdict.refused else 'changes are wanted'}: {job.verdict_reason}"


def _outcome(goal: Goal) -> str:
    if goal.landed_commit and goal.landed_branch:
        checks = f", {counted(len(goal.checks), 'check')} passed" if goal.checks else ", no checks are configured"
        verb = "landed on" if goal.state is GoalState.landed else "is ready on"
        return f"{verb} {goal.landed_branch} at {goal.landed_commit[:10]}{checks}"
    return "is finished; there was nothing to land"
