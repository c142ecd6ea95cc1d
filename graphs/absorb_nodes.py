"""Job done: absorb. What did it make? Exports found in the diff, a summary, and what that means for its task."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from graphs.assignments import awaits, settle_assignment
from graphs.context_file import take_branch
from graphs.decide import decide
from graphs.post import call, post
from graphs.registry import Registered, register, registered
from graphs.state import Deps, State
from orchestrator.boundaries.model.protocol import Question
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.deciding import Summary
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import Author, Message, MessageState, MessageType
from orchestrator.nouns.repo import Commit, FileChange
from orchestrator.nouns.retrieval import Document, DocumentKind
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import GoalState, TaskState
from orchestrator.verbs.settle import plainly_done, settle
from orchestrator.verbs.summarise import summarise_job

Update = dict[str, Any]

SURE_OF_SUMMARY = 0.5
"""Confidence of the deterministic summary: it lists facts, and does not say what they are for."""


async def absorb(state: State, runtime: Runtime[Deps]) -> Update:
    """Record what the job made, then settle its task. A second run of the same event changes nothing."""
    deps = runtime.context
    async with deps.store.reading() as store:
        job = await store.job(state["job_id"] or "")
        session = await store.session(job.session_id)
    if job.state is JobState.done and not job.summary:
        await take_branch(deps, job, session)
        job, made = await _digest(deps, job, session)
        await _store(deps, job, session, made)
        await deps.index.upsert(documents_of(job, made.exports))
        await deps.index.remove([e.key for e in made.exports if e.status is ExportStatus.gone])
    if job.goal_id and job.task_id and not await _goes_on(deps, job):
        await settle_task(deps, job)
    await settle_assignment(deps, job)
    await _call_again(deps, job)
    return {"step": "advance" if job.goal_id else "end"}


async def _goes_on(deps: Deps, job: Job) -> bool:
    """Its session ended its turn for what its children do: the task goes on with the job that it is called for then."""
    async with deps.store.reading() as store:
        return job.state is JobState.done and not job.question and await awaits(store, job.project_id, job.session_id)


async def _digest(deps: Deps, job: Job, session: Session) -> tuple[Job, Registered]:
    files, commits = await _facts(deps, job)
    made = await registered(deps, job, session, files)
    sure = Summary(text=summarise_job(commits, files, made.exports, job.last_words))
    question = Question(
        prompt="summarise",
        variables={
            "instruction": job.instruction,
            "files": [f"{f.kind.value} {f.path}" for f in files],
            "commits": [c.subject for c in commits],
            "last_words": job.last_words,
        },
        answer=Summary,
    )
    summary, _ = await decide(deps, "summarise", sure, SURE_OF_SUMMARY, question, goal_id=job.goal_id, session_id=job.session_id)
    text = "\n".join(part for part in (summary.text or sure.text, job.set_aside) if part)
    return job.model_copy(update={"summary": text}), made


async def _facts(deps: Deps, job: Job) -> tuple[list[FileChange], list[Commit]]:
    """What git knows of it; a job that made no commit is not asked about."""
    if job.head_commit == job.base_commit:
        return [], []
    both = deps.git.changed_files(job.base_commit, job.head_commit), deps.git.commits(job.base_commit, job.head_commit)
    files, commits = await asyncio.gather(*both)
    return files, commits


async def _store(deps: Deps, job: Job, session: Session, made: Registered) -> None:
    async with deps.store.writing() as tx:
        current = await tx.session(session.id)
        await tx.put(job, current.model_copy(update={"last_summary": job.summary, "updated_at": deps.now()}))
        names = ", ".join(e.name for e in made.exports if e.status is not ExportStatus.gone) or "none"
        await tx.record(
            NewEvent(
                kind=EventKind.export_found,
                project_id=deps.project.id,
                goal_id=job.goal_id,
                task_id=job.task_id,
                session_id=session.id,
                job_id=job.id,
                text=f"{session.id} exports: {names}",
                data={"exports": [{"name": e.name, "file": e.file, "status": e.status.value} for e in made.exports]},
            )
        )
        await register(tx, deps, job, made)


async def _call_again(deps: Deps, job: Job) -> None:
    """What was said to the session while it worked, and wants an answer, is a job of its own now. What this one carried and did not
    come to hand over waits for the next: an agent that cannot start would be called for ever."""
    async with deps.store.reading() as store:
        if not await _unheard(store, deps, job):
            return
    async with deps.store.writing() as tx:
        session = await tx.session(job.session_id)
        await call(tx, deps, session, await _unheard(tx, deps, job))


async def _unheard(store: Reading, deps: Deps, job: Job) -> list[Message]:
    found = await store.messages(deps.project.id, to_session=job.session_id, states=[MessageState.queued])
    return [m for m in found if m.job_id != job.id]


def documents_of(job: Job, exports: Sequence[Export]) -> list[Document]:
    """What the context index learns from a job."""
    found = [
        Document(id=e.key, kind=DocumentKind.export, session_id=e.session_id, text=f"{e.name} {e.file} {e.signature} {e.description}")
        for e in exports
        if e.status is not ExportStatus.gone
    ]
    text = f"{job.instruction}\n{job.summary}\n{' '.join(job.files_changed)}"
    return [*found, Document(id=job.id, kind=DocumentKind.summary, session_id=job.session_id, text=text)]


async def settle_task(deps: Deps, job: Job) -> None:
    """What the job's end means for its task, and for the others of its goal; once."""
    async with deps.store.writing() as tx:
        goal = await tx.goal(job.goal_id or "")
        tasks = await tx.tasks(goal.id, ids=[job.task_id or ""])
        task = tasks[0]
        if task.state is not TaskState.dispatched:
            return
        if not plainly_done(job):
            tasks = await tx.tasks(goal.id)  # what it means for the others has to be known
        attempts = deps.policy.limits.task_attempts
        settled = settle(tasks, task, job, deps.roles, attempts=attempts, over=goal.state.over)
        await tx.put(*settled.tasks)
        await tx.record(
            NewEvent(
                kind=settled.kind,
                project_id=deps.project.id,
                goal_id=goal.id,
                task_id=task.id,
                session_id=job.session_id,
                job_id=job.id,
                text=settled.text,
                data={"tasks": {t.id: t.state.value for t in settled.tasks}, "attempts": task.attempts, "round": task.round},
            )
        )
        if settled.kind is EventKind.task_done and task.on_complete is OnComplete.notify:
            said = f"{goal.id}: {task.label} is done. {job.summary}"
            await post(tx, deps, author=Author.televibe, sender=None, receivers=[None], type_=MessageType.fyi, content=said)
        if goal.state is GoalState.blocked and settled.kind in {EventKind.task_done, EventKind.task_sent_back}:
            await tx.put(goal.model_copy(update={"state": GoalState.working, "updated_at": deps.now()}))  # it was blocked by this task
