"""Posting a message: stored with its event, and its receiver called to it if the type asks for that and it is idle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import OPEN_JOBS
from orchestrator.nouns.message import Author, Message, MessageState, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.talk import call_to, should_call

SHOWN = 200
"""Characters of a message in the event log's line; the message itself has the whole."""


async def post(
    tx: Writing,
    deps: Deps,
    *,
    author: Author,
    sender: str | None,
    receivers: Sequence[str | None],
    type_: MessageType,
    content: str,
    in_reply_to: Message | None = None,
    hops: int = 0,
    request_id: str | None = None,
    job_id: str | None = None,
    since: str = "",
) -> list[Message]:
    """Store one message for each receiver (None: the user). What it replies to is acknowledged by that."""
    sent = []
    for receiver in receivers:
        id_ = await tx.next_id("M")
        message = Message(
            id=id_,
            project_id=deps.project.id,
            author=author,
            from_session=sender,
            to_session=receiver,
            type=type_,
            content=content,
            in_reply_to=in_reply_to.id if in_reply_to else None,
            thread=in_reply_to.thread or in_reply_to.id if in_reply_to else id_,
            hops=hops,
            request_id=request_id,
            since=since,
            created_at=deps.now(),
            expires_at=deps.now() + timedelta(hours=deps.policy.talk.message_hours),
        )
        await tx.put(message)
        await tx.record(_sent(deps, message, job_id))
        if receiver is not None:
            await call(tx, deps, await tx.session(receiver), [message], in_reply_to)
        sent.append(message)
    if in_reply_to is not None:
        await acknowledge(tx, deps, in_reply_to, f"answered by {sent[0].id}" if sent else "answered")
    return sent


async def restate(tx: Writing, deps: Deps, message: Message, content: str) -> None:
    """Say something else in a message that nobody has seen yet."""
    expires_at = deps.now() + timedelta(hours=deps.policy.talk.message_hours)
    restated = message.model_copy(update={"content": content, "expires_at": expires_at})
    await tx.put(restated)
    await tx.record(_sent(deps, restated, None))


async def call(tx: Writing, deps: Deps, session: Session, messages: Sequence[Message], reply_to: Message | None = None) -> bool:
    """Call an idle session to its messages, if any of them is worth a job of its own; True if it was called."""
    open_jobs = await tx.jobs(session_id=session.id, states=OPEN_JOBS)
    calling = [m for m in messages if should_call(m, session, deps.policy.talk.hops, busy=bool(open_jobs), reply_to=reply_to)]
    if not calling:
        return False
    text = f"{session.id} is called to {', '.join(m.id for m in calling)}"
    data = {"instruction": call_to(calling), "messages": [m.id for m in calling], "hops": max(m.hops for m in calling) + 1}
    await tx.record(NewEvent(kind=EventKind.session_called, project_id=deps.project.id, session_id=session.id, text=text, data=data))
    return True


async def acknowledge(tx: Writing, deps: Deps, message: Message, how: str) -> None:
    """Settle a message, once; ``how`` is the evidence."""
    current = await tx.message(message.id)
    if not current.state.open:
        return
    await tx.put(current.model_copy(update={"state": MessageState.acknowledged}))
    text = f"{message.id} acknowledged: {how}"
    await tx.record(
        NewEvent(
            kind=EventKind.message_acknowledged,
            project_id=deps.project.id,
            session_id=message.to_session,
            text=text,
            data={"id": message.id, "how": how},
        )
    )


def _sent(deps: Deps, message: Message, job_id: str | None) -> NewEvent:
    to = message.to_session or "the user"
    line = " ".join(message.content.split())[:SHOWN]
    return NewEvent(
        kind=EventKind.message_sent,
        project_id=deps.project.id,
        session_id=message.from_session or message.to_session,
        job_id=job_id,
        text=f"{message.sender} → {to} ({message.type.value}): {line}",
        data={"id": message.id, "from": message.sender, "to": message.to_session, "type": message.type.value},
    )
