"""Who else is there, what you would be told now, and what the user should know or decide."""

from __future__ import annotations

from pydantic import Field

from graphs.briefing import brief_for
from graphs.post import post
from graphs.state import Deps
from orchestrator.engine.coordination.asked import BySession, MaybeText, Text
from orchestrator.engine.coordination.tool import Caller, tool
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.hierarchy import children

PROGRESS_CHARS = 300


class ListSessions(BySession):
    project_id: str | None = Field(default=None, max_length=100, description="Yours; may be left out.")


class Colleague(Noun):
    id: str
    role: str
    branch: str
    state: SessionState
    works_on: str
    team: str | None
    parent: str | None = Field(description="Who made it and gives it work.")
    children: tuple[str, ...] = Field(description="Whom it made and gives work to.")
    you: bool


class Sessions(Noun):
    sessions: tuple[Colleague, ...]


async def list_sessions(deps: Deps, caller: Caller, asked: ListSessions) -> Sessions:
    """The sessions of this project: id, role, branch, what each works on, who is whose child. Write to them by id."""
    del asked
    async with deps.store.reading() as store:
        found = await store.sessions(deps.project.id, live_only=True)
    return Sessions(sessions=tuple(_colleague(s, found, caller) for s in found))


class GetBrief(BySession):
    instruction: MaybeText = Field(default="", description="What you are about to do; left out: your current instruction.")


class Briefed(Noun):
    text: str
    tokens: int
    left_out: tuple[str, ...]


async def get_brief(deps: Deps, caller: Caller, asked: GetBrief) -> Briefed:
    """What TeleVibe would tell you for an instruction now: interfaces, messages, decisions, todos, who works on what.

    Use it in a long task, to learn what the others did meanwhile. Messages in it stay open until you acknowledge them.
    """
    if caller.session is None:
        raise Refused("only a session is briefed", 'people see it with `televibe brief S1 "…"`')
    instruction = asked.instruction or (caller.job.instruction if caller.job else caller.session.title or "go on")
    brief = await brief_for(deps, caller.session, instruction)
    return Briefed(text=brief.text, tokens=brief.tokens, left_out=brief.left_out)


class ReportProgress(BySession):
    text: Text = Field(description="One line: what is done, what comes next.")


class Noted(Noun):
    noted: bool = True


async def report_progress(deps: Deps, caller: Caller, asked: ReportProgress) -> Noted:
    """Tell the user in one line how far you are. It is shown at once; nobody is woken."""
    line = " ".join(asked.text.split())[:PROGRESS_CHARS]
    async with deps.store.writing() as tx:
        kind = EventKind.job_progress
        await tx.record(NewEvent(kind=kind, project_id=deps.project.id, text=line, data={"said": True, "reported": True}, **caller.ids))
    return Noted()


class AskUser(BySession):
    question: Text = Field(description="What only the user can decide, with the choices you see.")


class AskedUser(Noun):
    message_id: str
    what_now: str = "The question is passed on. End your turn now; the answer comes as your next instruction."


async def ask_user(deps: Deps, caller: Caller, asked: AskUser) -> AskedUser:
    """Ask the user something only they can decide. Then end your turn: the answer comes as your next instruction."""
    async with deps.store.writing() as tx:
        if caller.job is not None:
            job = await tx.job(caller.job.id)
            await tx.put(job.model_copy(update={"question": asked.question}))
        sent = await post(
            tx,
            deps,
            author=Author.session,
            sender=caller.id,
            receivers=[None],
            type_=MessageType.need_input,
            content=asked.question,
            hops=caller.job.hops if caller.job else 0,
            job_id=caller.job.id if caller.job else None,
        )
    return AskedUser(message_id=sent[0].id)


def _colleague(session: Session, every: list[Session], caller: Caller) -> Colleague:
    keep = {"id", "role", "branch", "state", "team", "parent"}
    below = tuple(s.id for s in children(every, session.id))
    return Colleague(works_on=session.title, children=below, you=session.id == caller.id, **session.model_dump(include=keep))


TOOLS = (
    tool(list_sessions, example={}, reads=True),
    tool(get_brief, example={"instruction": "add refunds"}, reads=True),
    tool(report_progress, example={"text": "the parser works; now the tests"}),
    tool(ask_user, example={"question": "Keep the old endpoint for a release, or remove it now?"}),
)
