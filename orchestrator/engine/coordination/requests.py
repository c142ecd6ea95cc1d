"""Requests: one session asks another for a review, for help, or to implement something; and hears how it ended."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from graphs.post import acknowledge, post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.coordination.asked import BySession, FromSession, RequestId, SessionId, Text
from orchestrator.engine.coordination.tool import SPEAKS, Caller, tool
from orchestrator.nouns.base import Moment, Noun
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.message import Author, MessageType, Request, RequestState, RequestType

MOST_OPEN = 20
"""Requests of one session that may be open at once."""


class CreateRequest(FromSession):
    to_session: SessionId
    request_type: RequestType
    context: Text = Field(description="What is wanted, and what the other needs to know for it.")


class Shown(Noun):
    """A request as both sides see it."""

    id: str
    from_session: str = Field(description="Who asks, as TeleVibe knows: a session, or the user.")
    to_session: str
    request_type: RequestType
    context: str
    state: RequestState
    response: str
    created_at: Moment
    expires_at: Moment


async def create_request(deps: Deps, caller: Caller, asked: CreateRequest) -> Shown:
    """Ask another session for a review, for help, or to implement something. It is woken for it if it is idle.

    The answer comes as a message, and get_request_responses lists it. End your turn if you cannot go on without it.
    """
    async with deps.store.writing() as tx:
        live = [s.id for s in await tx.sessions(deps.project.id, live_only=True) if s.id != caller.id]
        if asked.to_session not in live:
            remedy = f"other live sessions: {', '.join(live[:20]) or 'none'}"
            raise UsageError(f"there is no other live session {asked.to_session}", remedy)
        mine = [r for r in await tx.requests(deps.project.id, from_session=caller.id) if r.state.open] if caller.session else []
        same = [r for r in mine if (r.to_session, r.type, r.context) == (asked.to_session, asked.request_type, asked.context)]
        if same:
            return shown(same[0])
        if len(mine) >= MOST_OPEN:
            raise Refused(f"{caller.id} has {len(mine)} open requests already", "wait for answers: get_request_responses")
        now = deps.now()
        request = Request(
            id=await tx.next_id("R"),
            project_id=deps.project.id,
            from_session=caller.id,
            to_session=asked.to_session,
            type=asked.request_type,
            context=asked.context,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(hours=deps.policy.talk.request_hours),
        )
        text = f"{caller.name} asks {asked.to_session} ({asked.request_type.value}): {asked.context[:200]}"
        await _store(tx, deps, caller, request, EventKind.request_made, text)
        await post(
            tx,
            deps,
            author=Author.session if caller.session else Author.user,
            sender=caller.id,
            receivers=[asked.to_session],
            type_=MessageType.request,
            content=f"{request.id} ({asked.request_type.value}): {asked.context}",
            hops=caller.job.hops if caller.job else 0,
            request_id=request.id,
            job_id=caller.job.id if caller.job else None,
        )
    return shown(request)


class GetPendingRequests(BySession):
    pass


class Requests(Noun):
    requests: tuple[Shown, ...]


async def get_pending_requests(deps: Deps, caller: Caller, asked: GetPendingRequests) -> Requests:
    """What other sessions ask of you and you have not completed or declined, oldest first."""
    del asked
    async with deps.store.reading() as store:
        states = (RequestState.pending, RequestState.accepted)
        found = await store.requests(deps.project.id, to_session=caller.id, states=states)
    return Requests(requests=tuple(shown(r) for r in found))


class AcceptRequest(BySession):
    request_id: RequestId


async def accept_request(deps: Deps, caller: Caller, asked: AcceptRequest) -> Shown:
    """Say that you take a request on. Complete it with complete_request when it is done."""
    async with deps.store.writing() as tx:
        request = await _mine(tx, caller, asked.request_id, RequestState.pending, RequestState.accepted)
        return await _move(tx, deps, caller, request, RequestState.accepted, EventKind.request_accepted, "")


class DeclineRequest(BySession):
    request_id: RequestId
    reason: Text = Field(description="Why; who could do it instead.")


async def decline_request(deps: Deps, caller: Caller, asked: DeclineRequest) -> Shown:
    """Refuse a request, with the reason. The other session is told."""
    async with deps.store.writing() as tx:
        request = await _mine(tx, caller, asked.request_id, RequestState.pending, RequestState.accepted)
        return await _move(tx, deps, caller, request, RequestState.declined, EventKind.request_declined, asked.reason)


class CompleteRequest(BySession):
    request_id: RequestId
    response: Text = Field(description="The result: what you found or made, with files and lines.")


async def complete_request(deps: Deps, caller: Caller, asked: CompleteRequest) -> Shown:
    """Answer a request with its result. The other session is told, and woken if it is idle."""
    async with deps.store.writing() as tx:
        request = await _mine(tx, caller, asked.request_id, RequestState.pending, RequestState.accepted)
        return await _move(tx, deps, caller, request, RequestState.completed, EventKind.request_completed, asked.response)


class GetRequestResponses(BySession):
    include_open: bool = Field(default=False, description="Those that have no answer yet, too.")


async def get_request_responses(deps: Deps, caller: Caller, asked: GetRequestResponses) -> Requests:
    """How your own requests ended: completed with a response, declined with a reason, or expired."""
    async with deps.store.reading() as store:
        found = [r for r in await store.requests(deps.project.id) if r.from_session == caller.id]
    return Requests(requests=tuple(shown(r) for r in found if asked.include_open or not r.state.open))


def shown(request: Request) -> Shown:
    """The request as both sides see it."""
    keep = {"id", "to_session", "context", "state", "response", "created_at", "expires_at"}
    asker = request.from_session or "the user"
    return Shown(from_session=asker, request_type=request.type, **request.model_dump(include=keep))


async def _mine(tx: Writing, caller: Caller, request_id: str, *states: RequestState) -> Request:
    request = await tx.request(request_id)
    if caller.session is None or request.to_session != caller.id:
        raise Refused(f"{request_id} was not made of {caller.name}", "get_pending_requests lists what was")
    if request.state not in states:
        raise Refused(f"{request_id} is {request.state.value} already")
    return request


async def _move(
    tx: Writing, deps: Deps, caller: Caller, request: Request, state: RequestState, kind: EventKind, response: str
) -> Shown:
    """The next state, its event, and word to the asker. Accepting twice is the same as once."""
    if request.state is state:
        return shown(request)
    moved = request.model_copy(update={"state": state, "response": response, "updated_at": deps.now()})
    said = f": {response[:200]}" if response else ""
    await _store(tx, deps, caller, moved, kind, f"{caller.name} {state.value} {request.id}{said}")
    for message in await tx.messages(deps.project.id, to_session=request.to_session):
        if message.request_id == request.id and message.type is MessageType.request:
            await acknowledge(tx, deps, message, f"{request.id} was {state.value}")
    if not state.open:
        await post(
            tx,
            deps,
            author=Author.session,
            sender=caller.id,
            receivers=[request.from_session],
            type_=MessageType.response,
            content=f"{request.id} was {state.value}: {response}",
            hops=caller.job.hops if caller.job else 0,
            request_id=request.id,
            job_id=caller.job.id if caller.job else None,
        )
    return shown(moved)


async def _store(tx: Writing, deps: Deps, caller: Caller, request: Request, kind: EventKind, text: str) -> None:
    await tx.put(request)
    data = {"id": request.id, "from": request.from_session, "to": request.to_session, "state": request.state.value}
    await tx.record(NewEvent(kind=kind, project_id=deps.project.id, text=text, data=data, **caller.ids))


_REVIEW = {"to_session": "S2", "request_type": "review", "context": "Is the token check in src/auth.py safe?"}
TOOLS = (
    tool(create_request, needs=SPEAKS, example=_REVIEW),
    tool(get_pending_requests, example={}, reads=True),
    tool(accept_request, needs=SPEAKS, example={"request_id": "R1"}),
    tool(decline_request, needs=SPEAKS, example={"request_id": "R1", "reason": "I do not know that part; ask S3"}),
    tool(complete_request, needs=SPEAKS, example={"request_id": "R1", "response": "Two findings: src/auth.py:12 …"}),
    tool(get_request_responses, example={}, reads=True),
)
