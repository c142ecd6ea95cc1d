"""What sessions say, offer, settle and ask, for the user, who takes part: read it, answer it, say something yourself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.doors.open_conflicts import open_conflicts, print_conflicts
from orchestrator.doors.opening import opened, session_of
from orchestrator.doors.output import Out, Tone, ago, one_line
from orchestrator.doors.waiting_merges import print_waiting_merges, waiting_merges
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.knowledge import Todo
from orchestrator.nouns.message import Message, MessageState, MessageType, Request, RequestState

Row = list[str | tuple[str, Tone]]
TONES = {
    MessageState.queued: Tone.warn,
    MessageState.delivered: Tone.plain,
    MessageState.acknowledged: Tone.quiet,
    MessageState.expired: Tone.bad,
    RequestState.pending: Tone.warn,
    RequestState.accepted: Tone.plain,
    RequestState.completed: Tone.good,
    RequestState.declined: Tone.bad,
    RequestState.expired: Tone.bad,
    ExportStatus.found: Tone.good,
    ExportStatus.changed: Tone.warn,
    ExportStatus.promised: Tone.ask,
    ExportStatus.declared: Tone.ask,
    ExportStatus.gone: Tone.quiet,
}
"""The colour of a state."""


async def show_inbox(repo: Path, session_id: str | None, out: Out, *, everything: bool, as_json: bool) -> int:
    """Messages to a session, or (None) to the user; settled ones only with ``everything``."""
    async with opened(repo) as door, door.store.reading() as view:
        if session_id is not None:
            session_id = (await session_of(view, door.project, session_id)).id
            found = await view.messages(door.project.id, to_session=session_id)
        else:
            found = [m for m in await view.messages(door.project.id) if m.to_session is None]
        conflicts = await open_conflicts(view, door.project.id, session_id)
        merges = [] if session_id else await waiting_merges(view, door.project.id)
    shown = [m for m in found if everything or m.state.open]
    if as_json:
        out.document([{**m.model_dump(mode="json"), "from": m.sender} for m in shown])
    elif shown or merges:
        print_waiting_merges(out, merges)
        for message in shown:
            _print_message(out, message)
    else:
        out.line(f"nothing new for {session_id or 'you'}" + ("" if everything else "; --all shows what is settled"))
    if not as_json:
        print_conflicts(out, conflicts, door.project.default_branch)
    return 0


def _print_message(out: Out, message: Message) -> None:
    reply = f", in reply to {message.in_reply_to}" if message.in_reply_to else ""
    wants = " — wants an answer" if message.type.wants_answer and message.state.open else ""
    head = f"{message.id} from {message.sender}, {message.type.value}{reply}, {message.state.value}, {ago(message.created_at)}{wants}"
    out.line(head, TONES[message.state])
    for line in message.content.splitlines():
        out.line(f"  {line}")
    if message.type is MessageType.request and message.to_session is None and message.state.open:
        out.line(f'  answer it: televibe request complete {message.request_id} "…"   (or accept, decline)', Tone.quiet)


async def show_exports(
    repo: Path, out: Out, *, session_id: str | None, name: str | None, everything: bool, limit: int, as_json: bool
) -> int:
    """The interfaces that sessions offer; those that are gone only with ``everything``."""
    async with opened(repo) as door, door.store.reading() as view:
        owner = (await session_of(view, door.project, session_id)).id if session_id else None
        found = await view.exports(door.project.id, session_id=owner, name=name)
    shown = [e for e in found if everything or e.status is not ExportStatus.gone]
    if as_json:
        out.document(shown[:limit])
    elif shown:
        out.table(("session", "status", "where", "interface", "description"), [_export_row(e) for e in shown[:limit]])
        if len(shown) > limit:
            out.line(f"and {len(shown) - limit} more; --limit {len(shown)} shows all, --name or --session fewer", Tone.quiet)
    else:
        out.line("no interfaces yet: they are found in what sessions commit, or declared by them")
    return 0


def _export_row(export: Export) -> Row:
    where = f"{export.file}:{export.line}" if export.line else export.file or "-"
    owner = export.name.rpartition(".")[0]
    signature = f"{owner}: {export.signature}" if owner and export.signature else export.signature or export.name
    tone = TONES[export.status]
    return [
        (export.session_id, Tone.name),
        (export.status.value, tone),
        where,
        one_line(signature, 100),
        one_line(export.description, 60),
    ]


async def show_decisions(repo: Path, out: Out, *, limit: int, as_json: bool) -> int:
    """What is settled, the newest first."""
    async with opened(repo) as door, door.store.reading() as view:
        found = await view.decisions(door.project.id, limit=limit)
    if as_json:
        out.document(found)
    elif found:
        rows: list[Row] = [[(d.id, Tone.name), d.session_id or "you", ago(d.created_at), d.decision, d.rationale] for d in found]
        out.table(("id", "by", "when", "decision", "because"), rows)
    else:
        out.line('nothing is settled yet — `televibe decide "…" --because "…"` does')
    return 0


async def show_todos(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    """What was left for later."""
    async with opened(repo) as door, door.store.reading() as view:
        found = await view.todos(door.project.id, open_only=not everything)
    if as_json:
        out.document(found)
    elif found:
        out.table(("id", "state", "from", "for", "what"), [_todo_row(o) for o in found])
    else:
        out.line('nothing is left to do — `televibe todo "…" --for S1` leaves something')
    return 0


def _todo_row(todo: Todo) -> Row:
    state = ("done", Tone.quiet) if todo.done else ("open", Tone.warn)
    return [(todo.id, Tone.name), state, todo.from_session or "you", todo.to_session or "anybody", todo.message]


async def show_requests(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    """What sessions ask of each other; those that ended only with ``everything``."""
    async with opened(repo) as door, door.store.reading() as view:
        found = [r for r in await view.requests(door.project.id) if everything or r.state.open]
    if as_json:
        out.document(found)
    elif found:
        out.table(("id", "state", "from", "to", "type", "what", "answer"), [_request_row(r) for r in found])
        if any(r.of_user and r.state.open for r in found):
            out.line('answer yours with: televibe request complete R3 "…"   (or accept, decline)', Tone.quiet)
    else:
        out.line("nobody waits for anybody" + ("" if everything else "; --all shows what ended"))
    return 0


def _request_row(request: Request) -> Row:
    state = (request.state.value, TONES[request.state])
    asker = request.from_session or "you"
    to = "you" if request.of_user else request.to_session or request.receiver
    by = f"{request.answered_by}: " if request.answered_by not in {"", request.to_session} else ""
    return [(request.id, Tone.name), state, asker, to, request.type.value, request.context, by + request.response]


async def say(repo: Path, tool: str, arguments: dict[str, Any], out: Out, *, told: str, as_json: bool) -> int:
    """Use a coordination tool as the user. ``told`` is the line printed, with the answer's fields to fill in."""
    from orchestrator.engine.background import start_in_background
    from orchestrator.engine.coordination.tool import Caller
    from orchestrator.engine.coordination.tools import call_tool
    from orchestrator.engine.workplace import workplace
    from orchestrator.nouns.event import TRIGGERS

    home = Home.find()
    async with workplace(home, repo, engine=False) as place:
        async with place.store.reading() as store:
            before = await store.last_event_id()
        answer = await call_tool(place.deps, Caller(None), tool, {k: v for k, v in arguments.items() if v not in {None, ""}})
        async with place.store.reading() as store:
            work = await store.events(after=before, kinds=sorted(TRIGGERS), limit=1)
    if work:
        start_in_background(home)
    fields = answer.model_dump(mode="json", by_alias=True)
    out.document(fields) if as_json else out.line(told.format(**{**fields, "ids": ", ".join(fields.get("ids", []))}))
    return 0


async def answer_message(repo: Path, message_id: str, text: str, out: Out, *, as_json: bool) -> int:
    """Answer a message that a session sent to the user."""
    from orchestrator.engine.background import start_in_background
    from orchestrator.engine.reply import reply
    from orchestrator.engine.workplace import workplace

    home = Home.find()
    async with workplace(home, repo, engine=False) as place:
        done = await reply(place.deps, message_id.upper(), text)
    start_in_background(home)
    out.document({"message": message_id.upper(), "outcome": done}) if as_json else out.line(done)
    return 0
