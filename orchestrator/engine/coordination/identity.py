"""Who calls: a secret of 256 bits for each session's agent, of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Store, Writing
from orchestrator.engine.coordination.tool import Caller
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.session import Session, Token

PREFIX = "tv_"
"""So that a leaked token is recognised by scanners and by people."""


def hash_of(secret: str) -> str:
    """SHA-256: the secret has 256 random bits, so that nothing slower is needed to keep it from being guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


async def issue(tx: Writing, session: Session, now: datetime, job: Job | None = None) -> str:
    """A new secret for a session; for one job, or until the session is closed. It is returned once and stored nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        hash=hash_of(secret),
        session_id=session.id,
        project_id=session.project_id,
        job_id=job.id if job else None,
        created_at=now,
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


async def revoke_job(tx: Writing, job: Job, now: datetime) -> int:
    """Revoke what was issued for a job: at its end, and before its next attempt."""
    return await revoke(tx, [token for token in await tx.tokens(job.session_id) if token.job_id == job.id], now)


class NotProved(Refused):
    """Nobody's secret, or one that is worth nothing any more; ``token`` says whose it was, if anybody's."""

    def __init__(self, message: str, remedy: str, token: Token | None = None) -> None:
        super().__init__(message, remedy)
        self.token = token


@dataclass(frozen=True)
class Holder:
    """Who holds a secret: a session's agent, and the job it works on."""

    session: Session
    job: Job | None

    def caller(self, deps: Deps) -> Caller:
        """The session with its role, as the project's configuration has it now."""
        return Caller(self.session, deps.roles.get(self.session.role), self.job)


async def bearer(store: Store, secret: str) -> Holder:
    """The session whose agent holds ``secret``; ``NotProved`` when it is nobody's, revoked, or of a closed session."""
    if not secret.startswith(PREFIX):
        raise NotProved("no token of TeleVibe", _ASK)
    async with store.reading() as view:
        token = await view.token(hash_of(secret))
        if token is None:
            raise NotProved("a token that was never issued", _ASK)
        if token.revoked_at is not None:
            ended = f"{token.job_id} is over" if token.job_id else "it was taken back"
            raise NotProved(f"a token of {token.session_id} that is worth nothing any more: {ended}", _ASK, token)
        session = await view.session(token.session_id)
        if not session.live:
            raise NotProved(f"a token of {session.id}, which is closed", _ASK, token)
        return Holder(session, await view.job(token.job_id) if token.job_id else await _running(view, session))


_ASK = "an agent that TeleVibe starts has its token in TELEVIBE_TOKEN; for any other, `televibe session token S1` makes one"


async def _running(store: Reading, session: Session) -> Job | None:
    jobs = await store.jobs(session_id=session.id, states=[JobState.running])
    return jobs[-1] if jobs else None


def _event(token: Token, kind: EventKind, text: str) -> NewEvent:
    return NewEvent(kind=kind, project_id=token.project_id, session_id=token.session_id, job_id=token.job_id, text=text)
