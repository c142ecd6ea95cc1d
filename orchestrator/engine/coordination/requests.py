"""Requests that were made: what is asked of whom, taking one on, declining it, answering it; and hearing how it ended."""

from __future__ import annotations

from pydantic import Field

from graphs.requests import answer, matters_of
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.coordination.asked import BySession, RequestId, Text
from orchestrator.engine.coordination.asking import Shown, shown
from orchestrator.engine.coordination.tool import SPEAKS, Caller, tool
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.message import OPEN_REQUESTS, Author, Matter, Request, RequestState

FILES_SHOWN = 50
"""Changed files named with one pending request; git diff has all."""


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
    """The next state. The same answer of a session twice is the same as once: an agent that is cut off behind its call makes it
    again."""
    async with deps.store.writing() as tx:
        given = await tx.request(request_id)
        again = given.answered_by == caller.name and (given.state, given.response) == (state, response)
        if caller.session is not None and given.to_session == caller.id and (again or given.state is state is RequestState.accepted):
            return shown(given)
        request = await _mine(tx, deps, caller, request_id)
        author, hops = (Author.session, caller.job.hops if caller.job else 0) if caller.session else (Author.user, 0)
        moved = await answer(tx, deps, request, state, by=caller.name, response=response, ids=caller.ids, author=author, hops=hops)
    return shown(moved)


TOOLS = (
    tool(get_pending_requests, example={}, reads=True),
    tool(accept_request, needs=SPEAKS, example={"request_id": "R1"}),
    tool(decline_request, needs=SPEAKS, example={"request_id": "R1", "reason": "I do not know that part; ask S3"}),
    tool(complete_request, needs=SPEAKS, example={"request_id": "R1", "response": "Two findings: src/auth.py:12 …"}),
    tool(get_request_responses, example={}, reads=True),
)
