"""Work handed out: dispatch. A durable job for each brief; the job, its task, handoffs and events are one transaction."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from graphs.assignments import carry_on
from graphs.handing import around, handoffs_for
from graphs.state import Deps, State
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Handoff, Job, JobState
from orchestrator.nouns.message import OPEN_MESSAGES
from orchestrator.nouns.session import SessionState
from orchestrator.nouns.work import GoalState, Task, TaskState
from orchestrator.verbs.grammar import counted

Update = dict[str, Any]


async def dispatch(state: State, runtime: Runtime[Deps]) -> Update:
    """Queue a job for each brief. The job, its task, handoffs and events are one transaction; a second run finds it done."""
    deps = runtime.context
    if "" in state["briefs"]:
        await _dispatch_instruction(deps, state, state["briefs"][""])
        return {"briefs": {}, "step": "end"}
    for task_id, brief in state["briefs"].items():
        async with deps.store.writing() as tx:
            await _dispatch_task(tx, deps, state["goal_id"] or "", task_id, brief)
    return {"briefs": {}, "ready": [], "step": "queue" if state["landing"] else "end"}


async def _dispatch_task(tx: Writing, deps: Deps, goal_id: str, task_id: str, brief: Brief) -> None:
    goal, tasks = await tx.goal(goal_id), await around(tx, goal_id, [task_id])
    current = tasks[task_id]
    if current.state is not TaskState.waiting or goal.state is not GoalState.working or goal.paused:
        return
    handed = await handoffs_for(tx, deps, current, tasks)
    await tx.put(current.model_copy(update={"state": TaskState.dispatched, "attempts": current.attempts + 1}))
    for handoff in handed:
        stored = handoff.model_copy(update={"id": await tx.next_id("H")})
        await tx.put(stored)
        await tx.record(_handed_over(stored))
    await queue_job(tx, deps, brief, goal_id=goal.id, task_id=current.id, timeout_minutes=current.timeout_minutes)


async def queue_job(
    tx: Writing,
    deps: Deps,
    brief: Brief,
    *,
    goal_id: str | None,
    task_id: str | None,
    hops: int = 0,
    timeout_minutes: float | None = None,
) -> Job:
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
        timeout_minutes=timeout_minutes,
        queued_at=deps.now(),
    )
    session = await tx.session(brief.session_id)
    if session.state in {SessionState.idle, SessionState.waiting}:
        await tx.put(session.model_copy(update={"state": SessionState.queued, "updated_at": deps.now()}))
    await tx.put(job)
    for message in await tx.messages(deps.project.id, to_session=session.id, states=OPEN_MESSAGES):
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


async def _dispatch_instruction(deps: Deps, state: State, brief: Brief) -> None:
    """A direct instruction. If the session's agent had asked something, the user's is the answer and belongs to its task."""
    async with deps.store.writing() as tx:
        marker = f"instruction-{state['event_id']}"
        if await tx.cursor(marker):
            return
        await tx.set_cursor(marker, state["event_id"])
        event = await tx.event(state["event_id"])
        given = event.kind is EventKind.assignment_made
        task = (
            None if given else await _task_gone_on_with(tx, deps, brief.session_id, by_user=event.kind is EventKind.instruction_given)
        )
        if task is not None:
            await tx.put(task.model_copy(update={"state": TaskState.dispatched}))
        goal_id, task_id = (task.goal_id, task.id) if task else (None, None)
        job = await queue_job(tx, deps, brief, goal_id=goal_id, task_id=task_id, hops=int(event.data.get("hops", 0)))
        if given:
            assignment = await tx.assignment(str(event.data["id"]))
            await tx.put(assignment.model_copy(update={"job_id": job.id}))
        else:
            await carry_on(tx, job)


async def _task_gone_on_with(tx: Writing, deps: Deps, session_id: str, *, by_user: bool) -> Task | None:
    """The session's task that asked the user, who answers now; or one that its children's work was waited for in."""
    goals = await tx.goals(deps.project.id, states=[GoalState.working, GoalState.blocked])
    for goal in goals:
        for task in await tx.tasks(goal.id):
            if task.session_id != session_id:
                continue
            if by_user and task.state is TaskState.asking:
                return task
            if task.state is TaskState.dispatched and await _waited(tx, task):
                return task
    return None


async def _waited(tx: Writing, task: Task) -> bool:
    """Its last job was absorbed, and the task is not settled: its session ended its turn to wait."""
    jobs = await tx.jobs(goal_id=task.goal_id, task_id=task.id)
    return bool(jobs) and jobs[-1].state is JobState.done and bool(jobs[-1].summary)
