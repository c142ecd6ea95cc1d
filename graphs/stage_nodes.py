"""The user steps into a workflow: one stage is done once more, or is skipped."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from graphs.state import Deps, State
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.rework import again, anew, descendants

Update = dict[str, Any]

STOPPED = frozenset({GoalState.blocked, GoalState.stopped})


async def retry(state: State, runtime: Runtime[Deps]) -> Update:
    """One stage waits for its turn again, and with it what was done or skipped because of it. A stage that runs is left alone."""
    deps = runtime.context
    async with deps.store.writing() as tx:
        goal, tasks, task = await _asked(tx, state)
        if not await _first_time(tx, state) or task.state in {TaskState.waiting, TaskState.dispatched, TaskState.asking}:
            return {"step": "advance"}
        live = {s.id for s in await tx.sessions(goal.project_id, live_only=True)}
        behind = descendants(tasks, [task.id])
        also = [t for t in tasks if t.id in behind and t.state in {TaskState.done, TaskState.skipped}]
        await tx.put(_going_on(deps, goal), *(anew(t, live) for t in (*again(tasks, [task.id], task.id, ""), *also)))
        more = f", and {counted(len(also), 'stage')} behind it" if also else ""
        await tx.record(_event(deps, goal, task, EventKind.goal_approved, f"{task.label} is done once more{more}"))
    return {"step": "advance"}


async def skip(state: State, runtime: Runtime[Deps]) -> Update:
    """One stage is not done, and stands in nobody's way. What runs for it is asked to stop; its commits stay on its branch."""
    deps = runtime.context
    async with deps.store.writing() as tx:
        goal, _, task = await _asked(tx, state)
        if not await _first_time(tx, state) or task.state in {TaskState.done, TaskState.skipped, TaskState.dropped}:
            return {"step": "advance"}
        await tx.put(_going_on(deps, goal), task.model_copy(update={"state": TaskState.skipped}))
        await tx.record(_event(deps, goal, task, EventKind.task_skipped, f"{task.label} is skipped: you said so"))
        for job in await tx.jobs(goal_id=goal.id, task_id=task.id):
            if not job.state.over and not job.stop_requested:
                await tx.put(job.model_copy(update={"stop_requested": True}))
                told = _event(deps, goal, task, EventKind.job_stop_requested, f"{job.id} in {job.session_id} is asked to stop")
                await tx.record(told.model_copy(update={"job_id": job.id, "session_id": job.session_id}))
    return {"step": "advance"}


async def _asked(tx: Writing, state: State) -> tuple[Goal, list[Task], Task]:
    event = await tx.event(state["event_id"])
    goal = await tx.goal(state["goal_id"] or "")
    tasks = await tx.tasks(goal.id)
    return goal, tasks, next(t for t in tasks if t.id == event.task_id)


async def _first_time(tx: Writing, state: State) -> bool:
    """False when the event came before: the process was killed behind this transaction, and much may have happened since."""
    marker = f"stage-{state['event_id']}"
    known = await tx.cursor(marker)
    if not known:
        await tx.set_cursor(marker, state["event_id"])
    return not known


def _going_on(deps: Deps, goal: Goal) -> Goal:
    """A goal that was blocked or stopped works again."""
    if goal.state not in STOPPED:
        return goal
    return goal.model_copy(update={"state": GoalState.working, "reply": "", "landed_commit": "", "updated_at": deps.now()})


def _event(deps: Deps, goal: Goal, task: Task, kind: EventKind, text: str) -> NewEvent:
    ids = {"goal_id": goal.id, "task_id": task.id, "session_id": task.session_id}
    return NewEvent(kind=kind, project_id=deps.project.id, text=text, **ids)
