"""A job's end: what git says it made, what its role may keep of it, and what is stored and said, in one transaction."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphs.assignments import awaits
from graphs.leases import free_job
from graphs.post import acknowledge
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.engine.coordination.identity import revoke_job
from orchestrator.engine.edit_check import changed_by_job, record_edits
from orchestrator.engine.handoff_checks import handoff_checks
from orchestrator.engine.resolution import look_through, record_resolved
from orchestrator.engine.set_aside import record_settled, settle_worktree
from orchestrator.engine.take_over import not_taken
from orchestrator.engine.team_flow import feed_team, record_fed
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Verdict
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import MessageState
from orchestrator.nouns.session import Role, Session, SessionState
from orchestrator.nouns.work import TaskType
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.rights import may_change
from orchestrator.verbs.talk import settled_by_job
from orchestrator.verbs.verdict import verdict_of

log = logging.getLogger("televibe.job")


@dataclass
class Ending:
    """How the agent's run ended, as far as the agent tells. ``said`` is the last text it wrote."""

    state: JobState = JobState.failed
    error: str = "the agent's stream ended without a result"
    last_words: str = ""
    question: str = ""
    cumulative_cost_usd: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    said: list[str] = field(default_factory=list)


def ending_of(job: Job) -> Ending | None:
    """How the agent of a job ended whose end was not recorded in full."""
    if not job.ending:
        return None
    kept = json.loads(job.ending)
    return Ending(**{**kept, "state": JobState(kept["state"])})


async def end_job(deps: Deps, job: Job, session: Session, ending: Ending) -> None:
    """Ask git what was made, and store it with the ending in one transaction."""
    async with deps.store.reading() as store:
        said = await store.job(job.id)  # with the tools ask_user and give_verdict
    if ending.state is JobState.done:
        ending.question = ending.question or said.question
    made, told = await _made(deps, job, session, ending)
    well = ending.state is JobState.done and not ending.question
    made |= _verdict(said, ending)
    if well and made.get("commits"):
        made["checks"] = await handoff_checks(deps, job, made["head_commit"])
    resolved = await look_through(deps, job, session, made) if well and made.get("commits") else None
    left = await not_taken(deps, job, session, made.get("head_commit", "")) if well and not _sent_back(said, made) else ""
    left = left or (resolved.wrong if resolved else "")
    changed = await changed_by_job(deps, job, session, made.get("head_commit", ""))
    fed = await feed_team(deps, job, session, made.get("head_commit", "")) if well and not (resolved and resolved.wrong) else None
    async with deps.store.writing() as tx:
        current, session = await tx.job(job.id), await tx.session(session.id)
        waits = await awaits(tx, deps.project.id, session.id)
        wrong = "" if waits else await _nothing_made(tx, current, deps.roles[session.role], ending, made) or left
        error = ending.error or wrong
        state = JobState.failed if error and ending.state is JobState.done else ending.state
        if current.stop_requested and state is JobState.failed:
            state = JobState.cancelled
        cumulative = session.agent_cost_usd if ending.cumulative_cost_usd is None else ending.cumulative_cost_usd
        cost = max(0.0, cumulative - session.agent_cost_usd)
        ended = current.model_copy(
            update={
                **made,
                "state": state,
                "error": "" if state is JobState.done else error,
                "ending": "",
                "question": ending.question,
                "last_words": ending.last_words or "".join(ending.said),
                "cost_usd": current.cost_usd + cost,
                "tokens_in": ending.tokens_in,
                "tokens_out": ending.tokens_out,
                "finished_at": deps.now(),
            }
        )
        rest = SessionState.waiting if ending.question else SessionState.idle
        spent = {"cost_usd": session.cost_usd + cost, "agent_cost_usd": cumulative}
        await tx.put(ended, rested(deps, session, rest).model_copy(update=spent))
        await revoke_job(tx, ended, deps.now())
        if state is JobState.done:
            for message in await tx.messages(deps.project.id, to_session=session.id, states=[MessageState.delivered]):
                if message.job_id == job.id and settled_by_job(message):
                    await acknowledge(tx, deps, message, f"{job.id} carried it and ended well")
        for event in told:
            await record_settled(tx, deps, event)
        await record_fed(tx, deps, session, fed)
        await record_edits(tx, deps, ended, session, changed)
        await free_job(tx, deps, ended)
        await tx.record(_ended_event(ended))
        await record_resolved(tx, deps, ended, resolved)


def _verdict(said: Job, ending: Ending) -> dict[str, Any]:
    """What an agent thinks of the work it was given: by the tool, or else in its last words."""
    if ending.state is not JobState.done or said.task_id is None:
        return {"verdict": None, "verdict_reason": ""}
    spoken = verdict_of(ending.last_words or "".join(ending.said)) if said.verdict is None else None
    return {"verdict": spoken[0], "verdict_reason": spoken[1]} if spoken else {}


def _sent_back(said: Job, made: Mapping[str, Any]) -> bool:
    """Whether the work that it was given is not built on, for it is to be done again."""
    return made.get("verdict", said.verdict) in {Verdict.refused, Verdict.changes_wanted}


async def _made(deps: Deps, job: Job, session: Session, ending: Ending) -> tuple[dict[str, Any], list[NewEvent]]:
    """Commits and files since the job's base, without what the role may not change; and what is to be told about that."""
    if not job.base_commit:
        return {"commits": (), "files_changed": ()}, []
    try:
        settled = await settle_worktree(deps, job, session)
        nothing = settled.head == job.base_commit
        commits = [] if nothing else await deps.git.commits(job.base_commit, settled.head)
        files = [] if nothing else await deps.git.changed_files(job.base_commit, settled.head)
    except GitError as error:
        log.warning("action=job_facts_missing job=%s error=%s", job.id, error.line())
        ending.error = ending.error or f"git cannot say what it made: {error.line()}"
        return {"commits": (), "files_changed": ()}, []
    changed = sorted({path for f in files for path in (f.path, f.old_path) if path})
    made = {"commits": tuple(c.sha for c in commits), "files_changed": tuple(changed)}
    return {**made, "head_commit": settled.head, "set_aside": settled.line}, [settled.event] if settled.event else []


async def _nothing_made(tx: Reading, job: Job, role: Role, ending: Ending, made: Mapping[str, Any]) -> str:
    """What is wrong when an agent that was to write says that it is done, and git knows of no commit.

    One that refuses what it was handed is right to make nothing, so is a tester that only says what it thinks of it, and one whose
    task has commits from an earlier run, unless its work was sent back.
    """
    verdict = made.get("verdict", job.verdict)
    judged = verdict is Verdict.refused or (verdict is not None and "**" not in role.writes)
    if ending.state is not JobState.done or ending.question or made["commits"] or not job.task_id or not job.goal_id:
        return ""
    task = next((t for t in await tx.tasks(job.goal_id) if t.id == job.task_id), None)
    reading = {TaskType.review, TaskType.security, TaskType.question}
    if task is None or task.type in reading or judged or not may_change(role):
        return ""
    if not task.feedback and any(j.commits for j in await tx.jobs(goal_id=job.goal_id, task_id=job.task_id)):
        return ""
    return "the agent says that it is done, but there is no commit"


def rested(deps: Deps, session: Session, state: SessionState) -> Session:
    if session.state in {SessionState.stopped, SessionState.closed}:
        return session
    return session.model_copy(update={"state": state, "updated_at": deps.now()})


def _ended_event(job: Job) -> NewEvent:
    files = len(job.files_changed)
    match job.state:
        case JobState.done if job.question and not job.task_id:  # of a task the machine tells
            return job_event(job, EventKind.job_done, f"{job.session_id} asks: {job.question}", _facts(job))
        case JobState.done:
            made = f"{counted(len(job.commits), 'commit')}, {counted(files, 'file')}"
            return job_event(job, EventKind.job_done, f"{job.session_id} ended {job.id}: {made}", _facts(job))
        case JobState.cancelled:
            return job_event(job, EventKind.job_cancelled, f"{job.id} in {job.session_id} was stopped: {job.error}", _facts(job))
        case _:
            return job_event(job, EventKind.job_failed, f"{job.id} in {job.session_id} failed: {job.error}", _facts(job))


def _facts(job: Job) -> dict[str, Any]:
    return {
        "files_changed": list(job.files_changed),
        "commits": list(job.commits),
        "cost_usd": job.cost_usd,
        "error": job.error,
    }


def job_event(job: Job, kind: EventKind, text: str, data: dict[str, Any] | None = None) -> NewEvent:
    """An event about a job, with all its ids."""
    return NewEvent(
        kind=kind,
        project_id=job.project_id,
        goal_id=job.goal_id,
        task_id=job.task_id,
        session_id=job.session_id,
        job_id=job.id,
        text=text,
        data=data or {},
    )
