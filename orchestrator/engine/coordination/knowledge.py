"""What the team has settled, and what one session leaves for another."""

from __future__ import annotations

from pydantic import Field

from graphs.state import Deps
from orchestrator.engine.coordination.asked import BySession, FromSession, MaybeText, SessionId, Text, TodoId
from orchestrator.engine.coordination.tool import SPEAKS, Caller, tool
from orchestrator.nouns.base import Moment, Noun
from orchestrator.nouns.errors import Refused, Unknown, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.retrieval import Document, DocumentKind


class RecordDecision(BySession):
    decision: Text = Field(description="What is settled, in one sentence.")
    rationale: MaybeText = Field(default="", description="Why; what else was weighed.")


class Recorded(Noun):
    id: str


async def record_decision(deps: Deps, caller: Caller, asked: RecordDecision) -> Recorded:
    """Record something that is settled and that the other sessions must follow, with the reason.

    It is part of the others' briefs. The same decision recorded twice by you is one.
    """
    async with deps.store.writing() as tx:
        known = [d for d in await tx.decisions(deps.project.id) if d.decision == asked.decision and d.session_id == caller.id]
        if known:
            return Recorded(id=known[0].id)
        decision = Decision(
            id=await tx.next_id("D"),
            project_id=deps.project.id,
            session_id=caller.id,
            decision=asked.decision,
            rationale=asked.rationale,
            created_at=deps.now(),
        )
        await tx.put(decision)
        text = f"{caller.name} decided: {asked.decision}"
        await tx.record(_event(deps, caller, EventKind.decision_recorded, text, decision.id))
    words = f"{decision.decision} {decision.rationale}"
    await deps.index.upsert([Document(id=decision.id, kind=DocumentKind.decision, session_id=caller.id, text=words)])
    return Recorded(id=decision.id)


class GetDecisions(BySession):
    limit: int = Field(default=20, ge=1, le=200)


class Settled(Noun):
    id: str
    by: str
    decision: str
    rationale: str
    created_at: Moment


class Decisions(Noun):
    decisions: tuple[Settled, ...]


async def get_decisions(deps: Deps, caller: Caller, asked: GetDecisions) -> Decisions:
    """What is settled in this project, and why; the newest first."""
    del caller
    async with deps.store.reading() as store:
        found = await store.decisions(deps.project.id, limit=asked.limit)
    return Decisions(
        decisions=tuple(
            Settled(id=d.id, by=d.session_id or "the user", decision=d.decision, rationale=d.rationale, created_at=d.created_at)
            for d in found
        )
    )


class AddTodo(FromSession):
    message: Text = Field(description="What is to be done, and when it can be.")
    to_session: SessionId | None = Field(default=None, description="For whom; left out: whoever comes to it.")


async def add_todo(deps: Deps, caller: Caller, asked: AddTodo) -> Recorded:
    """Leave something to do for another session, for later. It is part of that session's briefs until it is done.

    For what must happen now, use create_request.
    """
    async with deps.store.writing() as tx:
        if asked.to_session is not None:
            live = [s.id for s in await tx.sessions(deps.project.id, live_only=True)]
            if asked.to_session not in live:
                raise UsageError(f"there is no live session {asked.to_session}", f"live sessions: {', '.join(live[:20]) or 'none'}")
        same = (caller.id, asked.to_session, asked.message)
        known = [o for o in await tx.todos(deps.project.id, open_only=True) if (o.from_session, o.to_session, o.message) == same]
        if known:
            return Recorded(id=known[0].id)
        todo = Todo(
            id=await tx.next_id("O"),
            project_id=deps.project.id,
            from_session=caller.id,
            to_session=asked.to_session,
            message=asked.message,
            created_at=deps.now(),
        )
        await tx.put(todo)
        text = f"{caller.name} leaves for {asked.to_session or 'whoever comes to it'}: {asked.message[:200]}"
        await tx.record(_event(deps, caller, EventKind.todo_added, text, todo.id))
    return Recorded(id=todo.id)


class GetTodos(BySession):
    everything: bool = Field(default=False, description="Of all sessions, done ones too; otherwise what is open for you.")


class Open(Noun):
    id: str
    left_by: str
    for_session: str | None
    message: str
    done: bool


class Todos(Noun):
    todos: tuple[Open, ...]


async def get_todos(deps: Deps, caller: Caller, asked: GetTodos) -> Todos:
    """What others left for you to do, or for whoever comes to it. Call complete_todo when one is done."""
    async with deps.store.reading() as store:
        found = await store.todos(deps.project.id, open_only=not asked.everything)
    mine = found if asked.everything or caller.session is None else [o for o in found if o.to_session in {None, caller.id}]
    return Todos(
        todos=tuple(
            Open(id=o.id, left_by=o.from_session or "the user", for_session=o.to_session, message=o.message, done=o.done) for o in mine
        )
    )


class CompleteTodo(BySession):
    todo_id: TodoId


async def complete_todo(deps: Deps, caller: Caller, asked: CompleteTodo) -> Recorded:
    """Say that a todo is done. One that was left for another session cannot be completed by you."""
    async with deps.store.writing() as tx:
        todo = next((o for o in await tx.todos(deps.project.id) if o.id == asked.todo_id), None)
        if todo is None:
            raise Unknown(f"no todo {asked.todo_id}", "get_todos lists them")
        if caller.session is not None and caller.id not in {todo.to_session, todo.from_session} and todo.to_session is not None:
            raise Refused(f"{todo.id} was left for {todo.to_session}", "write to that session if it is done")
        if not todo.done:
            await tx.put(todo.model_copy(update={"done": True, "done_by": caller.id}))
            await tx.record(_event(deps, caller, EventKind.todo_done, f"{caller.name} did {todo.id}: {todo.message[:200]}", todo.id))
    return Recorded(id=todo.id)


def _event(deps: Deps, caller: Caller, kind: EventKind, text: str, id_: str) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, text=text, data={"id": id_}, **caller.ids)


TOOLS = (
    tool(
        record_decision,
        needs=SPEAKS,
        example={"decision": "Amounts are integers in cents", "rationale": "floats lose money"},
    ),
    tool(get_decisions, example={}, reads=True),
    tool(add_todo, needs=SPEAKS, example={"to_session": "S2", "message": "use require_login once it is there"}),
    tool(get_todos, example={}, reads=True),
    tool(complete_todo, example={"todo_id": "O1"}),
)
