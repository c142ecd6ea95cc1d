"""Jobs that end without having ended: one whose run broke in our own code, and one that is stopped before it began."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.boundaries.store.protocol import Store
from orchestrator.engine.coordination.identity import revoke_job
from orchestrator.engine.job_end import job_event
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import OPEN_JOBS, JobState
from orchestrator.nouns.session import SessionState


def in_a_line(error: Exception) -> str:
    """The error for a reader: with the way out, if it is one of ours."""
    return error.line() if isinstance(error, TeleVibeError) else f"{type(error).__name__}: {error}"


async def fail_job(store: Store, job_id: str, error: Exception) -> None:
    """Record that the job's run broke, unless it is over."""
    line = in_a_line(error)
    async with store.writing() as tx:
        job = await tx.job(job_id)
        if job.state.over:
            return
        session = await tx.session(job.session_id)
        failed = job.model_copy(update={"state": JobState.failed, "error": line, "finished_at": datetime.now(UTC)})
        await tx.put(failed, session.model_copy(update={"state": SessionState.idle}))
        await revoke_job(tx, failed, datetime.now(UTC))
        await tx.record(job_event(failed, EventKind.job_failed, f"{job.id} in {session.id} failed: {line}", {"error": line}))


async def cancel_queued(store: Store, job_id: str) -> None:
    """Record that the job, which is off the queue, will not begin. One that starts just now will see the request itself."""
    async with store.writing() as tx:
        job = await tx.job(job_id)
        if job.state is not JobState.queued:
            return
        stopped = job.model_copy(update={"state": JobState.cancelled, "error": "it was stopped", "finished_at": datetime.now(UTC)})
        await tx.put(stopped)
        session = await tx.session(job.session_id)
        if session.state is SessionState.queued and not await tx.jobs(session_id=session.id, states=OPEN_JOBS, newest=1):
            await tx.put(session.model_copy(update={"state": SessionState.idle, "updated_at": datetime.now(UTC)}))
        await tx.record(job_event(stopped, EventKind.job_cancelled, f"{job.id} was stopped before it began"))
