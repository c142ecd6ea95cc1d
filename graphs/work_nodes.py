"""Work out: advance → spawn → enhance. Whose turn it is, in which worktree, knowing what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.runtime import Runtime

from graphs.briefing import brief_for
from graphs.handing import around, giving, handoffs_for, is_sync, last_job
from graphs.spawning import Wanted, make_session
from graphs.state import Deps, State, kind_of
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState, TaskType
from orchestrator.verbs.advance import Progress, Turn, near_turn, turn
from orchestrator.verbs.branches import branch_for

Update = dict[str, Any]

INTEGRATION = "integration/"
"""Prefix of the branch on which a sync point brings its predecessors together."""


async def advance(state: State, runtime: Runtime[Deps]) -> Update:
    """Whose turn is it, who is skipped, what lands by itself? Or is the goal done, or stuck?"""
    deps = runtime.context
    nothing = {"step": "end", "ready": [], "landing": []}
    if state["goal_id"] is None:
        return nothing
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"])
        if goal.state in {GoalState.landed, GoalState.finished} and not goal.reply:
            return {**nothing, "step": "reply"}  # an earlier run of this event came that far
        if goal.state not in {GoalState.working, GoalState.landing} or goal.paused:
            return nothing
        now = await _next_to(store, state, goal) or turn(await store.tasks(goal.id))
    await _skip(deps, goal, now)
    if now.cancelled:
        return {**nothing, "step": "stop"}
    steps = {Progress.working: "end", Progress.done: "queue", Progress.stuck: "reply"}
    step = "spawn" if now.ready else "queue" if now.landing else steps[now.progress]
    return {"ready": [task.id for task in now.ready], "landing": [task.id for task in now.landing], "step": step}


async def _next_to(store: Reading, state: State, goal: Goal) -> Turn | None:
    """The turn as far as the task concerns whose job ended, if that is all there is: of hundreds of tasks only its neighbours are
    looked at. None when the whole has to be."""
    if kind_of(state) is not EventKind.job_done or state["task_id"] is None:
        return None
    after = await store.tasks(goal.id, needing=state["task_id"])
    before = {state["task_id"], *(id_ for task in after for id_ in (*task.depends_on, *task.when))}
    near = [*after, *await store.tasks(goal.id, ids=before - {task.id for task in after})]
    out = (await store.task_states(goal.id)).get(TaskState.dispatched, 0)
    return near_turn(near, state["task_id"], others_out=out > 0)


async def _skip(deps: Deps, goal: Goal, now: Turn) -> None:
    """Record who is skipped and why."""
    if not now.skipped:
        return
    async with deps.store.writing() as tx:
        for task, why in now.skipped:
            await tx.put(task.model_copy(update={"state": TaskState.skipped}))
            await tx.record(_about(task, goal.project_id, EventKind.task_skipped, f"{task.label} is skipped: {why}"))


async def spawn(state: State, runtime: Runtime[Deps]) -> Update:
    """A session with a worktree for each task that has none. Idempotent: the id is reserved in the task first."""
    deps = runtime.context
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
        tasks = await around(store, goal.id, state["ready"])
    for task_id in state["ready"]:
        task = await _with_session_id(deps, tasks[task_id])
        await _create(deps, goal, task, await _start_commit(deps, goal, task, tasks), is_sync(task, tasks))
    return {}


async def enhance(state: State, runtime: Runtime[Deps]) -> Update:
    """The brief for each task whose turn it is, or for the user's instruction to a session."""
    deps = runtime.context
    if state["goal_id"] is None or not state["ready"]:
        return {"briefs": {"": await _brief_for_instruction(deps, state)}}
    briefs = {}
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"])
        tasks = await around(store, goal.id, state["ready"])
        turns = [tasks[task_id] for task_id in state["ready"]]
        given = [(t, await store.session(t.session_id or ""), await handoffs_for(store, deps, t, tasks)) for t in turns]
    for task, session, handed in given:
        briefs[task.id] = await brief_for(
            deps,
            session,
            task.instruction,
            goal_text=goal.text,
            handoffs=handed,
            files=task.files,
            feedback=task.feedback,
            judges=bool(task.rework) or task.type in {TaskType.review, TaskType.security},
        )
    return {"briefs": briefs}


async def _with_session_id(deps: Deps, task: Task) -> Task:
    if task.session_id:
        return task
    async with deps.store.writing() as tx:
        reserved = task.model_copy(update={"session_id": await tx.next_id("S")})
        await tx.put(reserved)
        text = f"{task.label} → new session {reserved.session_id} ({task.role})"
        await tx.record(
            NewEvent(
                kind=EventKind.task_routed,
                project_id=deps.project.id,
                goal_id=task.goal_id,
                task_id=task.id,
                session_id=reserved.session_id,
                text=text,
                data={"type": task.type.value, "role": task.role, "depends_on": list(task.depends_on), "title": task.title},
            )
        )
    return reserved


async def _start_commit(deps: Deps, goal: Goal, task: Task, tasks: Mapping[str, Task]) -> str:
    """A new branch starts at its first predecessor's work, so that taking it over is no merge; else at the default branch."""
    async with deps.store.reading() as store:
        for before in giving(task, tasks):
            job = await last_job(store, before)
            if job is not None and before.on_complete is not OnComplete.notify:
                return job.head_commit
    return await deps.git.resolve(f"refs/heads/{deps.project.default_branch}") or goal.base_commit


async def _create(deps: Deps, goal: Goal, task: Task, start: str, sync: bool) -> None:
    session_id = task.session_id or ""
    async with deps.store.reading() as store:
        if session_id in {s.id for s in await store.sessions(deps.project.id)}:
            return
    branch = branch_for(INTEGRATION, goal.id, task.id) if sync else branch_for(deps.policy.branch_prefix, goal.id, task.title)
    wanted = Wanted(task.role, task.title, goal.agent, start, goal_id=goal.id)
    await make_session(deps, session_id, wanted, branch)


def _about(task: Task, project_id: str, kind: EventKind, text: str) -> NewEvent:
    return NewEvent(kind=kind, project_id=project_id, goal_id=task.goal_id, task_id=task.id, session_id=task.session_id, text=text)


async def _brief_for_instruction(deps: Deps, state: State) -> Brief:
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        session = await store.session(event.session_id or "")
    return await brief_for(deps, session, str(event.data["instruction"]))
