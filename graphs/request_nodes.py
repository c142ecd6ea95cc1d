"""A request was made of a role: a session is found for it, or made, and called to it."""

from __future__ import annotations

import logging
from typing import Any

from langgraph.runtime import Runtime

from graphs.requests import ask, record_request, turn_down
from graphs.routing import HITS, sessions_as_candidates
from graphs.spawning import Wanted, reserved, spawned
from graphs.state import Deps, State
from graphs.waits import circle_with, tell_circle
from orchestrator.nouns.deciding import Candidate, Recommendation
from orchestrator.nouns.errors import Refused, TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.message import MessageState, MessageType, Request, RequestType
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import TaskType
from orchestrator.verbs.recommend import best_of_role
from orchestrator.verbs.waiting import in_words, wait_of_request

Update = dict[str, Any]
log = logging.getLogger("televibe.requests")

TYPE_OF = {
    RequestType.review: TaskType.review,
    RequestType.help: TaskType.question,
    RequestType.implement: TaskType.implement,
}
"""What kind of work a request asks for, as recommending knows it."""


async def assign_request(state: State, runtime: Runtime[Deps]) -> Update:
    """Find or make a session for a request to a role, and call it. A second run finds that done; what cannot be done is declined."""
    deps = runtime.context
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        request = await store.request(str(event.data["id"]))
    if not request.unassigned:
        return {"step": "end"}
    try:
        chosen, why = await _found(deps, request, f"request-{event.id}")
    except TeleVibeError as error:
        log.warning("action=request_not_assigned request=%s error=%s", request.id, error.line())
        async with deps.store.writing() as tx:
            if (await tx.request(request.id)).unassigned:
                await turn_down(tx, deps, request, f"no {request.to_role} could be found for it: {error.line()}")
        return {"step": "end"}
    await _assign(deps, request.id, chosen, why, hops=int(event.data.get("hops", 0)))
    return {"step": "end"}


async def _found(deps: Deps, request: Request, marker: str) -> tuple[Session, str]:
    """(who does it, why it). One that is free, else a new one, else (so many are there already) the one with the least to do."""
    async with deps.store.reading() as store:
        begun, _ = await reserved(store, deps, marker)
    able = [c for c in await sessions_as_candidates(deps) if c.session.role == request.to_role and c.session.id != request.from_session]
    unbound = [c for c in able if not await _closes_circle(deps, request, c)]
    free = [c for c in unbound if c.session.state is SessionState.idle and not c.queued and not await _called(deps, c)]
    if not begun and (best := await _best(deps, request, free)) is not None:
        return _session(able, best.session), best.reason
    if begun or len(able) < deps.policy.talk.sessions_for_requests:
        return await _made(deps, request, marker), f"a new {request.to_role}: none was free"
    best = await _best(deps, request, unbound) or await _best(deps, request, able)
    if best is None:
        raise Refused("no session more may be made for requests (talk.sessions_for_requests)", "ask a session that is there")
    return _session(able, best.session), f"{best.reason}; all {len(able)} are at work (talk.sessions_for_requests)"


async def _called(deps: Deps, candidate: Candidate) -> bool:
    """It was given a request just now, and is about to work on it."""
    async with deps.store.reading() as store:
        waiting = await store.messages(deps.project.id, to_session=candidate.session.id, states=[MessageState.queued])
    return any(m.type is MessageType.request for m in waiting)


async def _best(deps: Deps, request: Request, candidates: list[Candidate]) -> Recommendation | None:
    if not candidates:
        return None
    hits = await deps.index.search(request.context, limit=HITS)
    type_ = TYPE_OF[request.type]
    return best_of_role(request.context, type_, request.to_role, candidates, hits, deps.roles, now=deps.now())


def _session(candidates: list[Candidate], id_: str | None) -> Session:
    return next(c.session for c in candidates if c.session.id == id_)


async def _closes_circle(deps: Deps, request: Request, candidate: Candidate) -> bool:
    """One that waits for the asker cannot be waited for by it."""
    async with deps.store.reading() as store:
        to = request.model_copy(update={"to_session": candidate.session.id})
        return bool(await circle_with(store, deps, wait_of_request(to)))


async def _made(deps: Deps, request: Request, marker: str) -> Session:
    """A session of the role, where the asker's work is; of the asker's kind; of no parent, because it works for whoever asks."""
    async with deps.store.reading() as store:
        asker = await store.session(request.from_session) if request.from_session else None
    start = await deps.git.resolve(f"refs/heads/{asker.branch if asker else deps.project.default_branch}")
    if start is None:
        raise Refused("the branch that it would start at is gone", "make the branch again, then ask again")
    title = f"{request.type.value} for {asker.id if asker else 'the user'}"
    wanted = Wanted(request.to_role, title, asker.agent if asker else deps.policy.agent, start)
    async with deps.spawn_lock:
        return await spawned(deps, marker, wanted)


async def _assign(deps: Deps, request_id: str, session: Session, why: str, *, hops: int) -> None:
    """Give it to ``session`` in one transaction; back to the asker if the two would wait for each other."""
    async with deps.store.writing() as tx:
        request = await tx.request(request_id)
        if not request.unassigned:
            return
        assigned = request.model_copy(update={"to_session": session.id, "updated_at": deps.now()})
        ids: dict[str, Any] = {"session_id": session.id}
        text = f"{request.id} goes to {session.id} ({session.role}): {why}"
        await record_request(tx, deps, assigned, EventKind.request_assigned, text, ids)
        found = await circle_with(tx, deps, wait_of_request(assigned))
        if found:
            await tell_circle(tx, deps, found, ids)
            await turn_down(tx, deps, assigned, f"you would wait for each other: {in_words(found)}")
            return
        await ask(tx, deps, assigned, hops=hops)
