"""Somebody steps in: the user stops a goal or has it tried again; messages call an idle session."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from graphs.assignments import end_assignment
from graphs.merge_record import withdraw_all
from graphs.state import Deps, State, kind_of
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import AssignmentState
from orchestrator.nouns.job import OPEN_JOBS, Job
from orchestrator.nouns.message import MessageState
from orchestrator.nouns.session import SessionState
from orchestrator.nouns.work import Goal, GoalState, TaskState
from orchestrator.verbs.advance import turn
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.hierarchy import descendants
from orchestrator.verbs.rework import anew, gone_without

Update = dict[str, Any]


async def stop(state: State, runtime: Runtime[Deps]) -> Update:
    """Stop a goal: nothing more is dispatched, what runs is asked to stop. Branches and worktrees stay."""
    deps = runtime.context
    async with deps.store.writing() as tx:
        goal = await tx.goal(state["goal_id"] or "")
        if goal.state.over and goal.state is not GoalState.blocked:
            return {"step": "end"}
        own = [job for job in await tx.jobs(goal_id=goal.id) if not job.state.over]
        for job in [*own, *await _below(tx, deps, goal)]:
            if not job.stop_requested:
                await tx.put(job.model_copy(update={"stop_requested": True}))
                await tx.record(
                    NewEvent(
                        kind=EventKind.job_stop_requested,
                        project_id=deps.project.id,
                        goal_id=job.goal_id,
                        session_id=job.session_id,
                        job_id=job.id,
                        text=f"{job.id} in {job.session_id} is asked to stop",
                    )
                )
        await withdraw_all(tx, deps, goal.id, f"{goal.id} was stopped")
        why = turn(await tx.tasks(goal.id)).cancelled if kind_of(state) is not EventKind.goal_stop_requested else ""
        text = f"{goal.id} was {f'cancelled: {why}' if why else 'stopped'}; its sessions keep their branches and worktrees"
        await tx.put(goal.model_copy(update={"state": GoalState.stopped, "reply": text, "updated_at": deps.now()}))
        await tx.record(NewEvent(kind=EventKind.goal_stopped, project_id=deps.project.id, goal_id=goal.id, text=text))
    return {"step": "end"}


async def _below(tx: Writing, deps: Deps, goal: Goal) -> list[Job]:
    """Jobs that children of the goal's sessions do for them. What such a session gave away and nobody began is called off here."""
    sessions = await tx.sessions(deps.project.id)
    parents = {task.session_id for task in await tx.tasks(goal.id) if task.session_id}
    family = parents | {below.id for parent in parents for below in descendants(sessions, parent)}
    found = []
    for given in await tx.assignments(deps.project.id, states=[AssignmentState.open]):
        if given.parent not in family:
            continue
        await tx.put(given.model_copy(update={"awaited": False}))  # nobody is to be called for what was called off
        job = await tx.job(given.job_id) if given.job_id else None
        if job is not None and not job.state.over:
            found.append(job)
        else:
            await end_assignment(tx, deps, given, AssignmentState.cancelled, f"{goal.id} was stopped")
    return found


async def revive(state: State, runtime: Runtime[Deps]) -> Update:
    """Try again: failed tasks that somebody needs wait for their turn once more; a landing that was blocked is checked anew."""
    deps = runtime.context
    async with deps.store.writing() as tx:
        goal = await tx.goal(state["goal_id"] or "")
        if goal.state not in {GoalState.blocked, GoalState.stopped, GoalState.working, GoalState.landing}:
            return {"step": "end"}
        live = {s.id for s in await tx.sessions(goal.project_id, live_only=True)}
        tasks = await tx.tasks(goal.id)
        again = [anew(task, live) for task in tasks if task.state is TaskState.failed and not gone_without(tasks, task)]
        working = goal.model_copy(update={"state": GoalState.working, "reply": "", "landed_commit": "", "updated_at": deps.now()})
        await tx.put(working, *again)
        text = f"{goal.id} goes on; {counted(len(again), 'task is', 'tasks are')} tried again"
        await tx.record(NewEvent(kind=EventKind.goal_approved, project_id=deps.project.id, goal_id=goal.id, text=text))
    return {"step": "advance"}


async def called(state: State, runtime: Runtime[Deps]) -> Update:
    """An idle session is called to messages that want something of it, unless a job carries them already."""
    deps = runtime.context
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        session = await store.session(state["session_id"] or "")
        busy = bool(await store.jobs(session_id=session.id, states=OPEN_JOBS))
        wanted = [await store.message(id_) for id_ in event.data["messages"]]
    free = session.state is SessionState.idle and not busy
    return {"step": "enhance" if free and any(m.state is MessageState.queued for m in wanted) else "end"}
