"""How a request goes on and ends, whoever ends it: its receiver, TeleVibe, its expiry. Each in the caller's transaction."""

from __future__ import annotations

import logging
from typing import Any

from graphs.post import acknowledge, post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.message import Author, Matter, Message, MessageType, Request, RequestState
from orchestrator.nouns.session import Session

log = logging.getLogger("televibe.requests")

TELEVIBE = "TeleVibe"
"""``Request.answered_by`` of what was declined by us."""

KIND_OF = {
    RequestState.accepted: EventKind.request_accepted,
    RequestState.completed: EventKind.request_completed,
    RequestState.declined: EventKind.request_declined,
    RequestState.expired: EventKind.request_expired,
}


async def record_request(tx: Writing, deps: Deps, request: Request, kind: EventKind, text: str, ids: dict[str, Any]) -> None:
    """Store a request as it is now, with the event that says why."""
    await tx.put(request)
    data = {
        "id": request.id,
        "from": request.from_session,
        "to": request.to_session,
        "role": request.to_role,
        "state": request.state.value,
    }
    await tx.record(NewEvent(kind=kind, project_id=deps.project.id, text=text, data=data, **ids))


async def seek(tx: Writing, deps: Deps, request: Request, *, hops: int) -> None:
    """A session is to be found for it: the machine does. ``hops``: how many woken jobs led to the request."""
    text = f"a {request.to_role} is to be found for {request.id}"
    data = {"id": request.id, "hops": hops}
    await tx.put(request)
    await tx.record(NewEvent(kind=EventKind.request_unassigned, project_id=deps.project.id, text=text, data=data))


async def ask(tx: Writing, deps: Deps, request: Request, *, hops: int, job_id: str | None = None) -> None:
    """Send the request to whom it is made of (None: the user), who is called to it."""
    await post(
        tx,
        deps,
        author=Author.session if request.from_session else Author.user,
        sender=request.from_session,
        receivers=[request.to_session],
        type_=MessageType.request,
        content=f"{request.id} ({request.type.value}): {request.context}",
        hops=hops,
        request_id=request.id,
        job_id=job_id,
    )


async def answer(
    tx: Writing,
    deps: Deps,
    request: Request,
    state: RequestState,
    *,
    by: str,
    response: str,
    ids: dict[str, Any],
    author: Author,
    hops: int = 0,
) -> Request:
    """The next state, its event, and, when it is over, word to the asker, who is woken by it."""
    answered = "" if state.open else by
    moved = request.model_copy(update={"state": state, "response": response, "answered_by": answered, "updated_at": deps.now()})
    said = f": {response[:200]}" if response else ""
    await record_request(tx, deps, moved, KIND_OF[state], f"{by} {state.value} {request.id}{said}", ids)
    await settle_letters(tx, deps, request, f"{request.id} was {state.value}")
    if not state.open and (request.from_session is None or (await tx.session(request.from_session)).live):
        await post(
            tx,
            deps,
            author=author,
            sender=ids.get("session_id") if author is Author.session else None,
            receivers=[request.from_session],
            type_=MessageType.response,
            content=f"{request.id} was {state.value}: {response}",
            hops=hops,
            request_id=request.id,
            job_id=ids.get("job_id"),
        )
    return moved


async def turn_down(tx: Writing, deps: Deps, request: Request, reason: str) -> Request:
    """Decline it in TeleVibe's name, with the reason; the asker is told, and woken."""
    ids = {"session_id": request.to_session}
    state, author = RequestState.declined, Author.televibe
    return await answer(tx, deps, request, state, by=TELEVIBE, response=reason, ids=ids, author=author)


async def settle_letters(tx: Writing, deps: Deps, request: Request, how: str) -> None:
    """The messages that carried the request need no answer any more."""
    for message in await letters_of(tx, deps, request):
        await acknowledge(tx, deps, message, how)


async def letters_of(store: Reading, deps: Deps, request: Request) -> list[Message]:
    """The messages that carried the request to whom it is made of, and are open."""
    found = await store.messages(deps.project.id, to_session=request.to_session)
    return [
        m
        for m in found
        if m.request_id == request.id and m.type is MessageType.request and m.to_session == request.to_session and m.state.open
    ]


async def matter_of(deps: Deps, request: Request, asker: Session) -> Matter:
    """The asker's work as it is now: branch, commit range, files."""
    head = await deps.git.resolve(f"refs/heads/{asker.branch}") or asker.base_commit
    base = await deps.git.merge_base(f"refs/heads/{deps.project.default_branch}", head) or asker.base_commit
    if base == head:  # all of it landed, or it has nothing yet
        base = asker.base_commit
    files = await deps.git.changed_files(base, head) if base != head else []
    try:
        uncommitted = await deps.git.changes(asker.worktree) if asker.live else []
    except GitError:
        uncommitted = []  # somebody took its worktree away; its branch is there
    return Matter(
        request_id=request.id,
        type=request.type,
        from_session=asker.id,
        branch=asker.branch,
        base=base,
        head=head,
        files=tuple(sorted({path for f in files for path in (f.path, f.old_path) if path})),
        uncommitted=len(uncommitted),
    )


async def matters_for(deps: Deps, letters: list[Message]) -> list[Matter]:
    """What each open request among the messages is about."""
    ids = dict.fromkeys(m.request_id for m in letters if m.type is MessageType.request and m.request_id)
    if not ids:
        return []
    async with deps.store.reading() as store:
        requests = [await store.request(id_) for id_ in ids]
    return await matters_of(deps, [r for r in requests if r.state.open])


async def matters_of(deps: Deps, requests: list[Request]) -> list[Matter]:
    """What each of them is about; those of the user are about no branch."""
    async with deps.store.reading() as store:
        open_ones = [(r, await store.session(r.from_session)) for r in requests if r.from_session]
    found = []
    for request, asker in open_ones:
        try:
            found.append(await matter_of(deps, request, asker))
        except GitError as error:  # its branch was deleted: the words of the request are all there is
            log.warning("action=matter_unknown request=%s error=%s", request.id, error.line())
    return found
