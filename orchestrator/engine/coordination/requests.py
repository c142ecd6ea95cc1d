"""Requests: a session asks another, a role or the user for a review, for help, or to implement something; and hears how it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from graphs.requests import TELEVIBE, answer, ask, matters_of, record_request, seek
from graphs.state import Deps
from graphs.waits import circle_with, tell_circle
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.coordination.asked import BySession, FromSession, Name, RequestId, SessionId, Text
from orchestrator.engine.coordination.messages import USER
from orchestrator.engine.coordination.tool import SPEAKS, Caller, tool
from orchestrator.nouns.base import Moment, Noun
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.message import OPEN_REQUESTS, Author, Matter, Request, RequestState, RequestType
from orchestrator.verbs.waiting import Wait, wait_of_request

MOST_OPEN = 20
"""Requests of one session that may be open at once."""

FILES_SHOWN = 50
"""Changed files named with one pending request; git diff has all."""


class CreateRequest(FromSession):
    to_session: SessionId | Literal["user"] | None = Field(default=None, description="Such as S12, or user for the person.")
    to_role: Name | None = Field(
        default=None, description="Instead of to_session: any session of this role, such as security; one is made if none is free."
    )
    request_type: RequestType
    context: Text = Field(description="What is wanted, and what the other needs to know for it.")

    @model_validator(mode="after")
    def _one_receiver(self) -> CreateRequest:
        if (self.to_session is None) == (self.to_role is None):
            raise ValueError("name either to_session or to_role")
        return self


class Shown(Noun):
    """A request as both sides see it."""

    id: str
    from_session: str = Field(description="Who asks, as TeleVibe knows: a session, or the user.")
    to_session: str | None = Field(description="A session, user, or nobody while one of to_role is looked for.")
    to_role: str
    request_type: RequestType
    context: str
    state: RequestState
    response: str
    answered_by: str
    created_at: Moment
    expires_at: Moment


async def create_request(deps: Deps, caller: Caller, asked: CreateRequest) -> Shown:
    """Ask for a review, for help, or to implement something: a session, any session of a role (to_role), or the user.

    Whoever is asked sees your branch and your commits: commit first what is to be looked at. The answer comes as a message that
    wakes you, and get_request_responses lists it. End your turn if you cannot go on without it. A request that would make sessions
    wait for each other is declined at once, with the reason as its response.
    """
    async with deps.store.writing() as tx:
        await _check_receiver(tx, deps, caller, asked)
        mine = [r for r in await tx.requests(deps.project.id, from_session=caller.id) if r.state.open] if caller.session else []
        request = _request(deps, caller, asked)
        same = [r for r in mine if _wish(r) == _wish(request)]
        if same:
            return shown(same[0])
        if len(mine) >= MOST_OPEN:
            raise Refused(f"{caller.id} has {len(mine)} open requests already", "wait for answers: get_request_responses")
        request = request.model_copy(update={"id": await tx.next_id("R")})
        text = f"{caller.name} asks {request.receiver} ({request.type.value}): {request.context[:200]}"
        await record_request(tx, deps, request, EventKind.request_made, text, caller.ids)
        found = await circle_with(tx, deps, wait_of_request(request))
        hops = caller.job.hops if caller.job else 0
        if found:
            request = await _decline_circle(tx, deps, caller, request, found)
        elif request.to_role:
            await seek(tx, deps, request, hops=hops)
        else:
            await ask(tx, deps, request, hops=hops, job_id=caller.job.id if caller.job else None)
    return shown(request)


async def _check_receiver(tx: Writing, deps: Deps, caller: Caller, asked: CreateRequest) -> None:
    if asked.to_role is not None:
        if asked.to_role not in deps.roles:
            raise UsageError(f"there is no role {asked.to_role[:60]!a}", f"roles: {', '.join(deps.roles)}")
        return
    if asked.to_session == USER:
        if caller.session is None:
            raise UsageError("you cannot ask yourself", "ask a session, or a role")
        return
    live = [s.id for s in await tx.sessions(deps.project.id, live_only=True) if s.id != caller.id]
    if asked.to_session not in live:
        remedy = f"other live sessions: {', '.join(live[:20]) or 'none'}; or to_role"
        raise UsageError(f"there is no other live session {asked.to_session}", remedy)


def _request(deps: Deps, caller: Caller, asked: CreateRequest) -> Request:
    """As it is asked for; it has no id yet."""
    now = deps.now()
    return Request(
        id="",
        project_id=deps.project.id,
        from_session=caller.id,
        to_session=None if asked.to_session == USER else asked.to_session,
        to_role=asked.to_role or "",
        type=asked.request_type,
        context=asked.context,
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(hours=deps.policy.talk.request_hours),
    )


def _wish(request: Request) -> tuple[str, RequestType, str]:
    """What is wanted of whom: asked twice, it is one request, whoever of a role has taken it on meanwhile."""
    return request.to_role or request.to_session or USER, request.type, request.context


async def _decline_circle(tx: Writing, deps: Deps, caller: Caller, request: Request, found: tuple[Wait, ...]) -> Request:
    """The newest request of a circle is not made after all. Its asker reads that in the tool's answer, the others in a message."""
    who = await tell_circle(tx, deps, found, caller.ids)
    reason = f"you would wait for each other: {who}. Answer what you were asked with what you have, or ask a question (need_input)"
    update = {"state": RequestState.declined, "response": reason, "answered_by": TELEVIBE}
    declined = request.model_copy(update=update)
    await record_request(tx, deps, declined, EventKind.request_declined, f"TeleVibe declined {request.id}: {reason[:200]}", caller.ids)
    return declined


class GetPendingRequests(BySession):
    pass


class Requests(Noun):
    requests: tuple[Shown, ...]


class Pending(Shown):
    """A request made of you, and where the asker's work is."""

    branch: str = Field(default="", description="Of the asker; empty if the user asks.")
    base_commit: str = ""
    head_commit: str = ""
    files_changed: tuple[str, ...] = ()
    read_it_with: str = Field(default="", description="A git command that works in your own worktree.")


class PendingRequests(Noun):
    requests: tuple[Pending, ...]


async def get_pending_requests(deps: Deps, caller: Caller, asked: GetPendingRequests) -> PendingRequests:
    """What other sessions ask of you and you have not completed or declined, oldest first, and where their work is."""
    del asked
    async with deps.store.reading() as store:
        if caller.session is None:
            found = [r for r in await store.requests(deps.project.id, states=OPEN_REQUESTS) if r.of_user]
        else:
            found = await store.requests(deps.project.id, to_session=caller.id, states=OPEN_REQUESTS)
    matters = {m.request_id: m for m in await matters_of(deps, found)}
    return PendingRequests(requests=tuple(_pending(r, matters.get(r.id)) for r in found))


def _pending(request: Request, matter: Matter | None) -> Pending:
    if matter is None:
        return Pending(**shown(request).model_dump())
    return Pending(
        **shown(request).model_dump(),
        branch=matter.branch,
        base_commit=matter.base,
        head_commit=matter.head,
        files_changed=matter.files[:FILES_SHOWN],
        read_it_with=f"git diff {matter.base[:12]}...{matter.head[:12]}",
    )


class AcceptRequest(BySession):
    request_id: RequestId


async def accept_request(deps: Deps, caller: Caller, asked: AcceptRequest) -> Shown:
    """Say that you take a request on. Complete it with complete_request when it is done."""
    return await _move(deps, caller, asked.request_id, RequestState.accepted)


class DeclineRequest(BySession):
    request_id: RequestId
    reason: Text = Field(description="Why; who could do it instead.")


async def decline_request(deps: Deps, caller: Caller, asked: DeclineRequest) -> Shown:
    """Refuse a request, with the reason. The other session is told."""
    return await _move(deps, caller, asked.request_id, RequestState.declined, asked.reason)


class CompleteRequest(BySession):
    request_id: RequestId
    response: Text = Field(description="The result: what you found or made, with files and lines.")


async def complete_request(deps: Deps, caller: Caller, asked: CompleteRequest) -> Shown:
    """Answer a request with its result. The other session is told, and woken if it is idle."""
    return await _move(deps, caller, asked.request_id, RequestState.completed, asked.response)


class GetRequestResponses(BySession):
    include_open: bool = Field(default=False, description="Those that have no answer yet, too.")


async def get_request_responses(deps: Deps, caller: Caller, asked: GetRequestResponses) -> Requests:
    """How your own requests ended: completed with a response, declined with a reason, or expired."""
    async with deps.store.reading() as store:
        found = [r for r in await store.requests(deps.project.id) if r.from_session == caller.id]
    return Requests(requests=tuple(shown(r) for r in found if asked.include_open or not r.state.open))


def shown(request: Request) -> Shown:
    """The request as both sides see it."""
    keep = {"id", "to_role", "context", "state", "response", "answered_by", "created_at", "expires_at"}
    to = USER if request.of_user else request.to_session
    asker = request.from_session or "the user"
    return Shown(from_session=asker, to_session=to, request_type=request.type, **request.model_dump(include=keep))


async def _mine(tx: Writing, deps: Deps, caller: Caller, request_id: str) -> Request:
    """An open request that was made of the caller; a second answer learns who gave the first."""
    request = await tx.request(request_id)
    if request.project_id != deps.project.id or request.to_session != caller.id or (caller.session is None and not request.of_user):
        remedy = "get_pending_requests lists what was" if caller.session else "`televibe requests` shows who is asked"
        raise Refused(f"{request_id} was not made of {caller.name}", remedy)
    if not request.state.open:
        by = f"; {request.answered_by} answered it" if request.answered_by else ""
        raise Refused(f"{request_id} is {request.state.value} already{by}", "nothing is left to answer")
    return request


async def _move(deps: Deps, caller: Caller, request_id: str, state: RequestState, response: str = "") -> Shown:
    """The next state. Accepting twice is the same as once."""
    async with deps.store.writing() as tx:
        request = await _mine(tx, deps, caller, request_id)
        if request.state is state:
            return shown(request)
        author, hops = (Author.session, caller.job.hops if caller.job else 0) if caller.session else (Author.user, 0)
        moved = await answer(tx, deps, request, state, by=caller.name, response=response, ids=caller.ids, author=author, hops=hops)
    return shown(moved)


_REVIEW = {"to_session": "S2", "request_type": "review", "context": "Is the token check in src/auth.py safe?"}
TOOLS = (
    tool(create_request, needs=SPEAKS, example=_REVIEW),
    tool(get_pending_requests, example={}, reads=True),
    tool(accept_request, needs=SPEAKS, example={"request_id": "R1"}),
    tool(decline_request, needs=SPEAKS, example={"request_id": "R1", "reason": "I do not know that part; ask S3"}),
    tool(complete_request, needs=SPEAKS, example={"request_id": "R1", "response": "Two findings: src/auth.py:12 …"}),
    tool(get_request_responses, example={}, reads=True),
)
