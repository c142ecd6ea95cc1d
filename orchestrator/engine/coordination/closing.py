"""A session is closed: whoever waits for it, or does something for it, does not wait on. In the transaction that closes it."""

from __future__ import annotations

from graphs.assignments import end_assignment
from graphs.leases import free_session
from graphs.post import post
from graphs.requests import TELEVIBE, answer, seek, settle_letters, turn_down
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.flow import AssignmentState
from orchestrator.nouns.message import OPEN_REQUESTS, Author, MessageType, Request, RequestState
from orchestrator.nouns.session import Session


async def let_go(tx: Writing, deps: Deps, session: Session) -> None:
    """``session`` is stored as closed already. What was asked of a role goes to another one; what was asked of it goes back."""
    project = deps.project.id
    for request in await tx.requests(project, to_session=session.id, states=OPEN_REQUESTS):
        await _give_back(tx, deps, request, session)
    for request in await tx.requests(project, from_session=session.id, states=OPEN_REQUESTS):
        await _nobody_asks(tx, deps, request, session)
    for assignment in await tx.assignments(project, child=session.id, states=[AssignmentState.open]):
        await end_assignment(tx, deps, assignment, AssignmentState.cancelled, f"{session.id} was closed")
    await free_session(tx, deps, session, f"{session.id} was closed")


async def _give_back(tx: Writing, deps: Deps, request: Request, session: Session) -> None:
    if not request.to_role:
        await turn_down(tx, deps, request, f"{session.id} was closed before it answered; ask another session, or a role")
        return
    await settle_letters(tx, deps, request, f"{session.id} was closed")
    update = {"to_session": None, "state": RequestState.pending, "updated_at": deps.now()}
    await seek(tx, deps, request.model_copy(update=update), hops=0)


async def _nobody_asks(tx: Writing, deps: Deps, request: Request, session: Session) -> None:
    """The receiver learns that nobody waits for its answer any more."""
    reason, ids = f"{session.id}, which asked, was closed", {"session_id": session.id}
    author = Author.televibe
    await answer(tx, deps, request, RequestState.declined, by=TELEVIBE, response=reason, ids=ids, author=author)
    if request.to_session is not None and (await tx.session(request.to_session)).live:
        to, text = [request.to_session], f"{request.id} is over: {reason}. Nobody waits for the answer."
        await post(tx, deps, author=author, sender=None, receivers=to, type_=MessageType.notice, content=text)
