"""Work out: advance → spawn → enhance. Whose turn it is, in which worktree, knowing what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_never

from langgraph.runtime import Runtime

from graphs.briefing import brief_for
from graphs.state import Deps, State
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Handoff, JobState
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import Goal, GoalState, Task
from orchestrator.verbs.advance import Progress, progress, ready
from orchestrator.verbs.branches import branch_for, numbered

Update = dict[str, Any]


async def advance(state: State, runtime: Runtime[Deps]) -> Update:
    """Whose turn is it? Or is the goal done, or stuck?"""
    deps = runtime.context
    if state["goal_id"] is None:
        return {"step": "end"}
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"])
        tasks = await store.tasks(goal.id)
    if goal.state not in {GoalState.working, GoalState.landing}:
        return {"step": "end"}
    turn = ready(tasks)
    if turn:
        return {"ready": [task.id for task in turn], "step": "spawn"}
    match progress(tasks):
        case Progress.working:
            return {"step": "end"}
        case Progress.done:
            return {"step": "check"}
        case Progress.stuck:
            return {"step": "reply"}
        case never:
            assert_never(never)


async def spawn(state: State, runtime: Runtime[Deps]) -> Update:
    """A session with a worktree for each task that has none. Idempotent: the id is reserved in the task first."""
    deps = runtime.context
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
        tasks = {t.id: t for t in await store.tasks(goal.id)}
    for task_id in state["ready"]:
        task = await _with_session_id(deps, tasks[task_id])
        await _create(deps, goal, task, await _start_commit(deps, goal, task))
    return {}


async def enhance(state: State, runtime: Runtime[Deps]) -> Update:
    """The brief for each task whose turn it is, or for the user's instruction to a session."""
    deps = runtime.context
    if state["goal_id"] is None or not state["ready"]:
        return {"briefs": {"": await _brief_for_instruction(deps, state)}}
    briefs = {}
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"])
        tasks = {t.id: t for t in await store.tasks(goal.id)}
        turn = [tasks[task_id] for task_id in state["ready"]]
        given = [(t, await store.session(t.session_id or ""), await handoffs_for(store, deps, t, tasks)) for t in turn]
    for task, session, handed in given:
        text, files = task.instruction, task.files
        briefs[task.id] = await brief_for(deps, session, text, goal_text=goal.text, handoffs=handed, files=files)
    return {"briefs": briefs}


async def handoffs_for(store: Reading, deps: Deps, task: Task, tasks: Mapping[str, Task]) -> list[Handoff]:
    """What each predecessor hands over: its branch's commits, files and summary. Ids are given when they are stored."""
    handed = []
    jobs = await store.jobs(goal_id=task.goal_id, states=[JobState.done]) if task.depends_on else []
    for before in (tasks[i] for i in task.depends_on):
        job = next((j for j in reversed(jobs) if j.task_id == before.id), None)
        if job is None or job.session_id == task.session_id:
            continue
        giver = await store.session(job.session_id)
        handed.append(
            Handoff(
                id=f"{before.id}→{task.id}",
                project_id=deps.project.id,
                goal_id=task.goal_id,
                from_session=giver.id,
                to_session=task.session_id or "",
                from_task=before.id,
                to_task=task.id,
                from_branch=giver.branch,
                base_commit=job.base_commit,
                head_commit=job.head_commit,
                summary=job.summary,
                files_changed=job.files_changed,
                created_at=deps.now(),
            )
        )
    return handed


async def _with_session_id(deps: Deps, task: Task) -> Task:
    if task.session_id:
        return task
    async with deps.store.writing() as tx:
        reserved = task.model_copy(update={"session_id": await tx.next_id("S")})
        await tx.put(reserved)
        text = f"{task.id} {task.title} → new session {reserved.session_id} ({task.role})"
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


async def _start_commit(deps: Deps, goal: Goal, task: Task) -> str:
    """A new branch starts at its first predecessor's work, so that taking it over is no merge; else at the default branch."""
    async with deps.store.reading() as store:
        jobs = await store.jobs(goal_id=goal.id, states=[JobState.done])
    for before in task.depends_on:
        job = next((j for j in reversed(jobs) if j.task_id == before), None)
        if job is not None and job.head_commit:
            return job.head_commit
    return await deps.git.resolve(f"refs/heads/{deps.project.default_branch}") or goal.base_commit


async def _create(deps: Deps, goal: Goal, task: Task, start: str) -> None:
    session_id = task.session_id or ""
    async with deps.store.reading() as store:
        if session_id in {s.id for s in await store.sessions(deps.project.id)}:
            return
    path = deps.home.worktree(deps.project.id, session_id)
    branch = await worktree_on_branch(deps, path, branch_for(deps.policy.branch_prefix, goal.id, task.title), start)
    now = deps.now()
    session = Session(
        id=session_id,
        project_id=deps.project.id,
        role=task.role,
        branch=branch,
        worktree=str(path),
        base_commit=start,
        agent=goal.agent,
        title=task.title,
        goal_id=goal.id,
        created_at=now,
        updated_at=now,
    )
    async with deps.store.writing() as tx:
        await tx.put(session)
        await tx.record(session_created(session))


async def worktree_on_branch(deps: Deps, path: Path, wanted: str, start: str) -> str:
    """Add the worktree, or find the one that an earlier run of this step made; returns its branch."""
    at = {worktree: branch for branch, worktree in (await deps.git.checked_out()).items()}
    if str(path) in at:
        return at[str(path)]
    branch = numbered(wanted, await deps.git.branches())
    path.parent.mkdir(parents=True, exist_ok=True)
    await deps.git.add_worktree(str(path), branch, start)
    return branch


def session_created(session: Session) -> NewEvent:
    """The event of a session whose worktree exists."""
    return NewEvent(
        kind=EventKind.session_created,
        project_id=session.project_id,
        goal_id=session.goal_id,
        session_id=session.id,
        text=f"{session.id} {session.role} on {session.branch}",
        data={"role": session.role, "branch": session.branch, "worktree": session.worktree, "agent": session.agent},
    )


async def _brief_for_instruction(deps: Deps, state: State) -> Brief:
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        session = await store.session(event.session_id or "")
    return await brief_for(deps, session, str(event.data["instruction"]))
