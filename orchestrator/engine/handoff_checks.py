"""The project's checks on work that is about to be handed on, so that its receiver need not believe what its maker says."""

from __future__ import annotations

from pathlib import Path

from graphs.state import Deps
from orchestrator.boundaries.checks import run_check
from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.job import Job

TAIL_CHARS = 400


async def handoff_checks(deps: Deps, job: Job, head: str) -> tuple[str, ...]:
    """One line for each check, run on ``head`` in a worktree of its own; none when nobody waits for the work."""
    if not deps.policy.handoff_checks or not await _handed_on(deps, job):
        return ()
    return await checks_on(deps, job, head)


async def checks_on(deps: Deps, job: Job, head: str) -> tuple[str, ...]:
    """One line for each of the project's checks, run on ``head`` in a worktree of its own."""
    if not deps.policy.checks:
        return ()
    path = deps.home.worktree(deps.project.id, f"checks-{job.id}")
    lines = []
    await deps.git.remove_worktree(str(path))
    try:
        await deps.git.add_detached_worktree(str(path), head)
        for command in deps.policy.checks:
            result = await run_check(command, Path(path), timeout_seconds=deps.policy.check_minutes * 60)
            tail = " ".join(result.tail[-TAIL_CHARS:].split())
            lines.append(f"passed: {command}" if result.ok else f"failed: {command} — {tail}")
    finally:
        await deps.git.remove_worktree(str(path))
    return tuple(lines)


async def _handed_on(deps: Deps, job: Job) -> bool:
    if job.goal_id is None:
        return False
    async with deps.store.reading() as store:
        tasks = await store.tasks(job.goal_id)
    own = next((t for t in tasks if t.id == job.task_id), None)
    if own is None or own.on_complete is OnComplete.notify:
        return False
    return any(own.id in t.depends_on and not t.state.over for t in tasks)
