"""A request is made: of a session, of any session of a role, or of the user. One that would close a circle is declined at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from graphs.requests import TELEVIBE, ask, record_request, seek
from graphs.state import Deps
from graphs.waits import circle_with, tell_circle
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.coordination.asked import FromSession, Name, SessionId, Text
from orchestrator.engine.coordination.messages import USER
from orchestrator.engine.coordination.tool import SPEAKS, Caller, tool
from orchestrator.nouns.base import Moment, Noun
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.message import Request, RequestState, RequestType
from orchestrator.verbs.waiting import Wait, wait_of_request

MOST_OPEN = 20
"""Requests of one session that may be open at once."""


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


def shown(request: Request) -> Shown:
    """The request as both sides see it."""
    keep = {"id", "to_role", "context", "state", "response", "answered_by", "created_at", "expires_at"}
    to = USER if request.of_user else request.to_session
    asker = request.from_session or "the user"
    return Shown(from_session=asker, to_session=to, request_type=request.type, **request.model_dump(include=keep))


_REVIEW = {"to_session": "S2", "request_type": "review", "context": "Is the token check in src/auth.py safe?"}
TOOLS = (tool(create_request, needs=SPEAKS, example=_REVIEW),)
