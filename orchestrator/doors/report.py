"""The JSON document of a goal: what ``televibe demo --json`` and ``televibe goal --wait --json`` print."""

from __future__ import annotations

from typing import Any

from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.job import Handoff, Job
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import Goal, Task


async def goal_report(store: Reading, goal_id: str, repo: str, seconds: float) -> dict[str, Any]:
    """Everything about a goal that a script may want. ``landed`` is None unless it reached the default branch."""
    goal = await store.goal(goal_id)
    tasks = await store.tasks(goal_id)
    jobs = await store.jobs(goal_id=goal_id)
    named = {job.session_id for job in jobs} | {task.session_id for task in tasks}
    sessions = [s for s in await store.sessions(goal.project_id) if s.id in named]
    return {
        "id": goal.id,
        "goal": goal.text,
        "state": goal.state.value,
        "repo": repo,
        "tasks": [task_document(t) for t in tasks],
        "sessions": [session_document(s) for s in sessions],
        "jobs": [job_document(j) for j in jobs],
        "handoffs": [handoff_document(h) for h in await store.handoffs(goal_id)],
        "landed": landed_document(goal),
        "decided_by": goal.decided_by.value,
        "cost_usd": round(await store.spent_usd(goal_id=goal_id), 6),
        "seconds": round(seconds, 2),
        "reply": goal.reply,
    }


async def conflicts_document(store: Reading, project_id: str) -> list[dict[str, Any]]:
    """Every collision of live branches that was seen, whether it is over or not."""
    keys = {"id", "a", "b", "kind", "cause", "severity", "files", "symbols", "summary", "adapts", "proposal", "state", "closed_why"}
    return [
        {**c.model_dump(mode="json", include=keys | {"first_seen", "closed_at"}), "told": len(c.messages)}
        for c in await store.conflicts(project_id)
    ]


def task_document(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "title": task.title,
        "type": task.type.value,
        "role": task.role,
        "session": task.session_id,
        "depends_on": list(task.depends_on),
        "state": task.state.value,
        "reason": task.route_reason,
    }


def session_document(session: Session) -> dict[str, Any]:
    keys = {"id", "role", "branch", "worktree", "state", "agent"}
    return session.model_dump(mode="json", include=keys)


def job_document(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "session": job.session_id,
        "task": job.task_id,
        "state": job.state.value,
        "files_changed": list(job.files_changed),
        "commits": list(job.commits),
        "summary": job.summary or job.error,
        "cost_usd": round(job.cost_usd, 6),
        "attempt": job.attempt,
    }


def handoff_document(handoff: Handoff) -> dict[str, Any]:
    return {"from": handoff.from_session, "to": handoff.to_session, "files_changed": list(handoff.files_changed)}


def landed_document(goal: Goal) -> dict[str, Any] | None:
    if not goal.landed_branch:
        return None
    return {"branch": goal.landed_branch, "commit": goal.landed_commit, "checks": list(goal.checks)}
