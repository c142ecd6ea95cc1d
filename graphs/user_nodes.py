"""The user steps in: stop a goal, or have what failed tried again."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from graphs.state import Deps, State
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.work import GoalState, TaskState

Update = dict[str, Any]


async def stop(state: State, runtime: Runtime[Deps]) -> Update:
    """Stop a goal: nothing more is dispatched, what runs is asked to stop. Branches and worktrees stay."""
    deps = runtime.context
    async with deps.store.writing() as tx:
        goal = await tx.goal(state["goal_id"] or "")
        if goal.state.over and goal.state is not GoalState.blocked:
            return {"step": "end"}
        for job in await tx.jobs(goal_id=goal.id):
            if not job.state.over and not job.stop_requested:
                await tx.put(job.model_copy(update={"stop_requested": True}))
                await tx.record(
                    NewEvent(
                        kind=EventKind.job_stop_requested,
                        project_id=deps.project.id,
                        goal_id=goal.id,
                        session_id=job.session_id,
                        job_id=job.id,
                        text=f"{job.id} in {job.session_id} is asked to stop",
                    )
                )
        text = f"{goal.id} was stopped; its sessions keep their branches and worktrees"
        await tx.put(goal.model_copy(update={"state": GoalState.stopped, "reply": text, "updated_at": deps.now()}))
        await tx.record(NewEvent(kind=EventKind.goal_stopped, project_id=deps.project.id, goal_id=goal.id, text=text))
    return {"step": "end"}


async def revive(state: State, runtime: Runtime[Deps]) -> Update:
    """Try again: failed tasks wait for their turn once more; a landing that was blocked is checked anew."""
    deps = runtime.context
    async with deps.store.writing() as tx:
        goal = await tx.goal(state["goal_id"] or "")
        if goal.state not in {GoalState.blocked, GoalState.stopped, GoalState.working, GoalState.landing}:
            return {"step": "end"}
        again = [
            task.model_copy(update={"state": TaskState.waiting, "attempts": 0})
            for task in await tx.tasks(goal.id)
            if task.state is TaskState.failed
        ]
        working = goal.model_copy(update={"state": GoalState.working, "reply": "", "landed_commit": "", "updated_at": deps.now()})
        await tx.put(working, *again)
        text = f"{goal.id} goes on; {len(again)} tasks are tried again"
        await tx.record(NewEvent(kind=EventKind.goal_approved, project_id=deps.project.id, goal_id=goal.id, text=text))
    return {"step": "advance"}
