"""What a parent gave its children: how it ends, what its parent is told and when, and what all below a parent have used."""

from __future__ import annotations

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import Author, MessageState, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.hierarchy import Spent, ancestors, budget_left, descendants, over_budget, result_in_words, results_in_words

ENDED_AS = {
    JobState.done: AssignmentState.done,
    JobState.failed: AssignmentState.failed,
    JobState.cancelled: AssignmentState.cancelled,
}


async def settle_assignment(deps: Deps, job: Job) -> None:
    """A job ended: so does the assignment it was for, unless its agent waits for an answer or for children of its own."""
    async with deps.store.reading() as store:
        if not any(a.job_id == job.id for a in await _open_of(store, job)):
            return
    async with deps.store.writing() as tx:
        if job.state is JobState.done and (job.question or await awaits(tx, job.project_id, job.session_id)):
            return
        result = job.summary or job.last_words if job.state is JobState.done else job.error
        for assignment in [a for a in await _open_of(tx, job) if a.job_id == job.id]:
            await end_assignment(tx, deps, assignment, ENDED_AS[job.state], result)


async def carry_on(tx: Writing, job: Job) -> None:
    """An assignment whose job ended on a question, or to wait, goes on with its session's next job."""
    for assignment in await _open_of(tx, job):
        if assignment.job_id and (await tx.job(assignment.job_id)).state.over:
            await tx.put(assignment.model_copy(update={"job_id": job.id}))


async def end_assignment(tx: Writing, deps: Deps, assignment: Assignment, state: AssignmentState, result: str) -> None:
    """End it once, and tell its parent: at once and without waking it, or all together when all that it waits for is over."""
    current = await tx.assignment(assignment.id)
    if current.state is not AssignmentState.open:
        return
    ended = current.model_copy(update={"state": state, "result": result, "updated_at": deps.now()})
    await tx.put(ended)
    text = result_in_words(ended, 200)
    data = {"id": ended.id, "parent": ended.parent, "child": ended.child, "state": state.value}
    kind = EventKind.assignment_ended
    await tx.record(NewEvent(kind=kind, project_id=deps.project.id, session_id=ended.child, job_id=ended.job_id, text=text, data=data))
    await _tell_parent(tx, deps, ended)


async def _tell_parent(tx: Writing, deps: Deps, ended: Assignment) -> None:
    if ended.parent is not None and not (await tx.session(ended.parent)).live:
        return
    if not ended.awaited:
        await _word(tx, deps, ended.parent, MessageType.notice, result_in_words(ended))
        return
    awaited = [a for a in await tx.assignments(deps.project.id, parent=ended.parent) if a.awaited]
    if any(a.state is AssignmentState.open for a in awaited):
        return
    await tx.put(*(a.model_copy(update={"awaited": False}) for a in awaited))
    await _word(tx, deps, ended.parent, MessageType.response, results_in_words(awaited))


async def _word(tx: Writing, deps: Deps, to: str | None, type_: MessageType, text: str) -> None:
    await post(tx, deps, author=Author.televibe, sender=None, receivers=[to], type_=type_, content=text)


async def awaits(store: Reading, project_id: str, session_id: str) -> bool:
    """Whether a session ended its turn for what its children do, or is about to be called because they did it meanwhile."""
    if any(a.awaited for a in await store.assignments(project_id, parent=session_id, states=[AssignmentState.open])):
        return True
    queued = await store.messages(project_id, to_session=session_id, states=[MessageState.queued])
    return any(m.author is Author.televibe and m.type is MessageType.response and m.request_id is None for m in queued)


async def _open_of(store: Reading, job: Job) -> list[Assignment]:
    return await store.assignments(job.project_id, child=job.session_id, states=[AssignmentState.open])


async def spent_below(store: Reading, parent: str, sessions: list[Session]) -> Spent:
    """Tokens and dollars of all jobs of all sessions below ``parent``."""
    jobs = [job for below in descendants(sessions, parent) for job in await store.jobs(session_id=below.id)]
    return Spent(sum(j.tokens_in + j.tokens_out for j in jobs), sum(j.cost_usd for j in jobs))


async def used_up(store: Reading, deps: Deps, session: Session) -> str:
    """The budget of a parent (or its parent …) that keeps ``session`` from working, in one line; empty when there is none."""
    sessions = await store.sessions(deps.project.id) if session.parent else []
    for parent in ancestors(sessions, session.id):
        if line := over_budget(deps.policy.hierarchy, parent, await spent_below(store, parent, sessions)):
            return line
    return ""


async def usd_left(deps: Deps, session: Session) -> float | None:
    """The least that a parent's budget leaves ``session``; None when it has no parent."""
    if not session.parent:
        return None
    async with deps.store.reading() as store:
        sessions = await store.sessions(deps.project.id)
        spent = [await spent_below(store, parent, sessions) for parent in ancestors(sessions, session.id)]
    return min(budget_left(deps.policy.hierarchy, s).usd for s in spent)
