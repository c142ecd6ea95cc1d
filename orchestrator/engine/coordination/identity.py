"""Who calls: a secret of 256 bits for each session's agent, of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Store, Writing
from orchestrator.engine.coordination.tool import Caller
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.session import Session, Token

PREFIX = "tv_"
"""So that a leaked token is recognised by scanners and by people."""


def hash_of(secret: str) -> str:
    """SHA-256: the secret has 256 random bits, so that nothing slower is needed to keep it from being guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


async def issue(tx: Writing, deps: Deps, session: Session, job: Job | None = None) -> str:
    """A new secret for a session; for one job, or until the session is closed. It is returned once and stored nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        hash=hash_of(secret),
        session_id=session.id,
        project_id=session.project_id,
        job_id=job.id if job else None,
        created_at=deps.now(),
    )
    await tx.put(token)
    text = f"a token for {session.id}" + (f", valid for {job.id}" if job else ", valid until it is closed")
    await tx.record(_event(token, EventKind.token_issued, text))
    return secret


async def revoke(tx: Writing, tokens: Sequence[Token], now: datetime) -> int:
    """Revoke those that are not yet; returns how many."""
    live = [token for token in tokens if token.revoked_at is None]
    for token in live:
        await tx.put(token.model_copy(update={"revoked_at": now}))
    if live:
        text = f"{len(live)} of the tokens of {live[0].session_id} revoked"
        await tx.record(_event(live[0], EventKind.token_revoked, text))
    return len(live)


async def bearer(store: Store, secret: str) -> tuple[Token, Session] | None:
    """The session whose agent holds ``secret``; None when it is nobody's, revoked, or of a closed session."""
    if not secret.startswith(PREFIX):
        return None
    async with store.reading() as view:
        token = await view.token(hash_of(secret))
        if token is None or token.revoked_at is not None:
            return None
        session = await view.session(token.session_id)
    return (token, session) if session.live else None


async def caller_of(store: Reading, deps: Deps, session: Session, job_id: str | None) -> Caller:
    """The session with its role, and the job its agent works on."""
    job = await store.job(job_id) if job_id else await _running(store, session)
    return Caller(session, deps.roles.get(session.role), job)


async def _running(store: Reading, session: Session) -> Job | None:
    jobs = await store.jobs(session_id=session.id, states=[JobState.running])
    return jobs[-1] if jobs else None


def _event(token: Token, kind: EventKind, text: str) -> NewEvent:
    return NewEvent(kind=kind, project_id=token.project_id, session_id=token.session_id, job_id=token.job_id, text=text)
