"""What is worth nothing any more: messages nobody acknowledged in time, requests nobody answered, leases that ran out. Whoever waits is
told."""

from __future__ import annotations

from graphs.leases import sweep
from graphs.post import post
from graphs.requests import TELEVIBE, letters_of
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.message import OPEN_MESSAGES, OPEN_REQUESTS, Author, Message, MessageState, MessageType, Request, RequestState
from orchestrator.verbs.talk import tells_its_sender, worth_nothing


async def expire(deps: Deps) -> int:
    """Expire what is due in the project; returns how much it was. Doing it twice is the same as once."""
    now = deps.now()
    async with deps.store.reading() as store:
        messages = [m for m in await store.messages(deps.project.id, states=OPEN_MESSAGES) if worth_nothing(m, now)]
        requests = [r for r in await store.requests(deps.project.id, states=OPEN_REQUESTS) if r.expires_at <= now]
    for message in messages:
        async with deps.store.writing() as tx:
            if (await tx.message(message.id)).state.open:
                await _expire_message(tx, deps, message)
    for request in requests:
        async with deps.store.writing() as tx:
            if (await tx.request(request.id)).state.open:
                await _expire_request(tx, deps, request)
    return len(messages) + len(requests) + await sweep(deps)


async def _expire_message(tx: Writing, deps: Deps, message: Message) -> None:
    await tx.put(message.model_copy(update={"state": MessageState.expired}))
    seen = "it was handed over, and not acknowledged" if message.offers else "it was never handed over"
    text = f"{message.id} from {message.sender} to {message.to_session or 'the user'} expired: {seen}"
    data = {"id": message.id, "offers": message.offers}
    await tx.record(_event(deps, EventKind.message_expired, message.to_session, text, data))
    if tells_its_sender(message):
        await _notice(tx, deps, message.from_session, f"Your message {message.id} expired: {seen}.", MessageType.notice)


async def _expire_request(tx: Writing, deps: Deps, request: Request) -> None:
    """Both sides see it: the asker is told and woken, the receiver is told that nobody waits any more."""
    await tx.put(request.model_copy(update={"state": RequestState.expired, "answered_by": TELEVIBE, "updated_at": deps.now()}))
    asker = request.from_session or "the user"
    text = f"{request.id} of {asker} to {request.receiver} expired; it was {request.state.value}"
    await tx.record(_event(deps, EventKind.request_expired, request.to_session, text, {"id": request.id}))
    for letter in await letters_of(tx, deps, request):
        await tx.put(letter.model_copy(update={"state": MessageState.expired}))
    said = f"Your request {request.id} to {request.receiver} expired; it was {request.state.value}."
    await _notice(tx, deps, request.from_session, said, MessageType.response, request.id)
    if not request.unassigned:
        said = f"{request.id}, which {asker} asked of you, expired; it was {request.state.value}. Nobody waits for the answer."
        await _notice(tx, deps, request.to_session, said, MessageType.notice, request.id)


async def _notice(tx: Writing, deps: Deps, to: str | None, text: str, type_: MessageType, request_id: str | None = None) -> None:
    """Word by us to whoever waits, unless that session is closed."""
    if to is None or (await tx.session(to)).live:
        await post(tx, deps, author=Author.televibe, sender=None, receivers=[to], type_=type_, content=text, request_id=request_id)


def _event(deps: Deps, kind: EventKind, session_id: str | None, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, session_id=session_id, text=text, data=data)
