"""Work out: advance → spawn → enhance → dispatch. Whose turn it is, in which worktree, knowing what; then a durable job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_never

from langgraph.runtime import Runtime

from graphs.briefing import brief_for
from graphs.state import Deps, State
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Handoff, Job, JobState
from orchestrator.nouns.message import MessageState
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.advance import Progress, progress, ready
from orchestrator.verbs.branches import branch_for, numbered
from orchestrator.verbs.grammar import counted

Update = dict[str, Any]

OPEN = (MessageState.queued, MessageState.delivered)
"""States of messages that ride in a brief."""


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
    for task_id in state["ready"]:
        task = tasks[task_id]
        async with deps.store.reading() as store:
            session = await store.session(task.session_id or "")
        briefs[task.id] = await brief_for(
            deps,
            session,
            task.instruction,
            goal_text=goal.text,
            handoffs=await handoffs_for(deps, goal, task, session, [tasks[i] for i in task.depends_on]),
            files=task.files,
        )
    return {"briefs": briefs}


async def dispatch(state: State, runtime: Runtime[Deps]) -> Update:
    """Queue a job for each brief. The job, its task, handoffs and events are one transaction; a second run finds it done."""
    deps = runtime.context
    if "" in state["briefs"]:
        await _dispatch_instruction(deps, state, state["briefs"][""])
        return {"briefs": {}, "step": "end"}
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
        tasks = {t.id: t for t in await store.tasks(goal.id)}
    for task_id, brief in state["briefs"].items():
        task = tasks[task_id]
        async with deps.store.reading() as store:
            session = await store.session(task.session_id or "")
        handed = await handoffs_for(deps, goal, task, session, [tasks[i] for i in task.depends_on])
        async with deps.store.writing() as tx:
            await _dispatch_task(tx, deps, goal, task, brief, handed)
    return {"briefs": {}, "ready": [], "step": "end"}


async def handoffs_for(deps: Deps, goal: Goal, task: Task, to: Session, before: Sequence[Task]) -> list[Handoff]:
    """What each predecessor hands over: its branch's commits, files and summary. Ids are given when they are stored."""
    handed = []
    async with deps.store.reading() as store:
        jobs = await store.jobs(goal_id=goal.id, states=[JobState.done])
        for task_before in before:
            job = next((j for j in reversed(jobs) if j.task_id == task_before.id), None)
            if job is None or job.session_id == to.id:
                continue
            giver = await store.session(job.session_id)
            handed.append(
                Handoff(
                    id=f"{task_before.id}→{task.id}",
                    project_id=deps.project.id,
                    goal_id=goal.id,
                    from_session=giver.id,
                    to_session=to.id,
                    from_task=task_before.id,
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
    branch = await _worktree(deps, path, branch_for(deps.policy.branch_prefix, goal.id, task.title), start)
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


async def _worktree(deps: Deps, path: Path, wanted: str, start: str) -> str:
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


async def _dispatch_task(tx: Writing, deps: Deps, goal: Goal, task: Task, brief: Brief, handed: Sequence[Handoff]) -> None:
    current = next(t for t in await tx.tasks(goal.id) if t.id == task.id)
    if current.state is not TaskState.waiting or (await tx.goal(goal.id)).state is not GoalState.working:
        return
    await tx.put(current.model_copy(update={"state": TaskState.dispatched, "attempts": current.attempts + 1}))
    for handoff in handed:
        stored = handoff.model_copy(update={"id": await tx.next_id("H")})
        await tx.put(stored)
        await tx.record(_handed_over(stored))
    await queue_job(tx, deps, brief, goal_id=goal.id, task_id=task.id)


async def queue_job(tx: Writing, deps: Deps, brief: Brief, *, goal_id: str | None, task_id: str | None, hops: int = 0) -> Job:
    """Store a job with its brief; the ``job.queued`` event is what starts it. ``hops``: how many woken jobs led to it."""
    job = Job(
        id=await tx.next_id("J"),
        project_id=deps.project.id,
        session_id=brief.session_id,
        goal_id=goal_id,
        task_id=task_id,
        seq=await tx.next_seq(),
        instruction=brief.instruction,
        brief=brief.text,
        hops=hops,
        queued_at=deps.now(),
    )
    session = await tx.session(brief.session_id)
    if session.state in {SessionState.idle, SessionState.waiting}:
        await tx.put(session.model_copy(update={"state": SessionState.queued, "updated_at": deps.now()}))
    await tx.put(job)
    for message in await tx.messages(deps.project.id, to_session=session.id, states=OPEN):
        if message.id in brief.messages:
            await tx.put(message.model_copy(update={"job_id": job.id}))
    where = {"goal_id": goal_id, "task_id": task_id, "session_id": session.id, "job_id": job.id}
    titles = [{"title": s.title, "sources": list(s.sources)} for s in brief.sections]
    said = ", ".join(s.title for s in brief.sections) or "nothing to add"
    data = {"sections": titles, "tokens": brief.tokens, "left_out": list(brief.left_out)}
    text = f"brief for {session.id}: {said} ({counted(brief.tokens, 'token')})"
    await tx.record(NewEvent(kind=EventKind.brief_written, project_id=deps.project.id, text=text, data=data, **where))
    text = f"{job.id} queued for {session.id}"
    await tx.record(NewEvent(kind=EventKind.job_queued, project_id=deps.project.id, text=text, data={"seq": job.seq}, **where))
    return job


def _handed_over(handoff: Handoff) -> NewEvent:
    files = counted(len(handoff.files_changed), "file")
    return NewEvent(
        kind=EventKind.handoff_made,
        project_id=handoff.project_id,
        goal_id=handoff.goal_id,
        task_id=handoff.to_task,
        session_id=handoff.to_session,
        text=f"{handoff.from_session} → {handoff.to_session}: {files} from {handoff.from_branch}",
        data={"from": handoff.from_session, "to": handoff.to_session, "files_changed": list(handoff.files_changed)},
    )


async def _brief_for_instruction(deps: Deps, state: State) -> Brief:
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        session = await store.session(event.session_id or "")
    return await brief_for(deps, session, str(event.data["instruction"]))


async def _dispatch_instruction(deps: Deps, state: State, brief: Brief) -> None:
    """A direct instruction. If the session's agent had asked something, the user's is the answer and belongs to its task."""
    async with deps.store.writing() as tx:
        marker = f"instruction-{state['event_id']}"
        if await tx.cursor(marker):
            return
        await tx.set_cursor(marker, state["event_id"])
        event = await tx.event(state["event_id"])
        by_user = event.kind is EventKind.instruction_given
        asking = await _asking_task(tx, deps, brief.session_id) if by_user else None
        if asking is not None:
            await tx.put(asking.model_copy(update={"state": TaskState.dispatched}))
        goal_id, task_id = (asking.goal_id, asking.id) if asking else (None, None)
        await queue_job(tx, deps, brief, goal_id=goal_id, task_id=task_id, hops=int(event.data.get("hops", 0)))


async def _asking_task(tx: Writing, deps: Deps, session_id: str) -> Task | None:
    goals = await tx.goals(deps.project.id, states=[GoalState.working, GoalState.blocked])
    for goal in goals:
        for task in await tx.tasks(goal.id):
            if task.session_id == session_id and task.state is TaskState.asking:
                return task
    return None
