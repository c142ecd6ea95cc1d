"""The coordination tools an agent may call while it works. The caller is stamped by us; a ``session_id`` it names is a claim."""

from __future__ import annotations

from typing import Any

from graphs.state import Deps
from orchestrator.boundaries.agents.protocol import ToolCall
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import ExportStatus
from orchestrator.nouns.job import Job
from orchestrator.nouns.knowledge import Decision
from orchestrator.nouns.message import Message, MessageType
from orchestrator.nouns.retrieval import Document, DocumentKind
from orchestrator.nouns.session import Session

TEXT_CHARS = 4000
"""Longest text one tool call may store."""


def tools_for(deps: Deps, session: Session, job: Job) -> ToolCall:
    """The tools bound to one session: ``(name, arguments) → result``."""

    async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        claimed = arguments.get("session_id") or arguments.get("from_session")
        if claimed not in {None, session.id}:
            raise Refused(f"you are {session.id}, not {claimed}", "leave the parameter out")
        match name:
            case "record_decision":
                return await _record_decision(deps, session, job, arguments)
            case "send_cross_session_message":
                return await _send(deps, session, job, arguments)
            case "get_available_interfaces":
                return await _interfaces(deps, session)
            case "get_decisions":
                return await _decisions(deps)
            case "get_inbox":
                return await _inbox(deps, session)
            case _:
                raise UsageError(f"there is no tool {name!r}", f"tools: {', '.join(TOOLS)}")

    return call


TOOLS = ("record_decision", "send_cross_session_message", "get_available_interfaces", "get_decisions", "get_inbox")


async def _record_decision(deps: Deps, session: Session, job: Job, arguments: dict[str, Any]) -> dict[str, Any]:
    text = _text(arguments, "decision")
    async with deps.store.writing() as tx:
        known = [d for d in await tx.decisions(deps.project.id) if d.decision == text and d.session_id == session.id]
        if known:
            return {"id": known[0].id}
        decision = Decision(
            id=await tx.next_id("D"),
            project_id=deps.project.id,
            session_id=session.id,
            decision=text,
            rationale=_text(arguments, "rationale", needed=False),
            created_at=deps.now(),
        )
        await tx.put(decision)
        await tx.record(_event(deps, session, job, EventKind.decision_recorded, f"{session.id} decided: {text}", decision.id))
    words = f"{decision.decision} {decision.rationale}"
    await deps.index.upsert([Document(id=decision.id, kind=DocumentKind.decision, session_id=session.id, text=words)])
    return {"id": decision.id}


async def _send(deps: Deps, session: Session, job: Job, arguments: dict[str, Any]) -> dict[str, Any]:
    to, content = arguments.get("to_session"), _text(arguments, "content")
    try:
        kind = MessageType(str(arguments.get("message_type", "fyi")))
    except ValueError:
        raise UsageError(
            f"no message type {arguments.get('message_type')!r}", f"types: {', '.join(m.value for m in MessageType)}"
        ) from None
    async with deps.store.writing() as tx:
        live = [s.id for s in await tx.sessions(deps.project.id, live_only=True) if s.id != session.id]
        if to is not None and to not in live:
            raise UsageError(f"no live session {to}", f"live sessions: {', '.join(live) or 'none'}")
        sent = []
        for receiver in [to] if to else live:
            message = Message(
                id=await tx.next_id("M"),
                project_id=deps.project.id,
                from_session=session.id,
                to_session=str(receiver),
                type=kind,
                content=content,
                created_at=deps.now(),
            )
            await tx.put(message)
            await tx.record(
                _event(deps, session, job, EventKind.message_sent, f"{session.id} → {receiver}: {content[:200]}", message.id)
            )
            sent.append(message.id)
    return {"ids": sent, "state": "queued"}


async def _interfaces(deps: Deps, session: Session) -> dict[str, Any]:
    async with deps.store.reading() as store:
        exports = await store.exports(deps.project.id)
    offered = [e for e in exports if e.session_id != session.id and e.status is not ExportStatus.gone]
    keep = {"session_id", "name", "file", "signature", "description", "commit"}
    return {"interfaces": [e.model_dump(include=keep) for e in offered]}


async def _decisions(deps: Deps) -> dict[str, Any]:
    async with deps.store.reading() as store:
        found = await store.decisions(deps.project.id)
    return {"decisions": [d.model_dump(mode="json", exclude={"project_id"}) for d in found]}


async def _inbox(deps: Deps, session: Session) -> dict[str, Any]:
    async with deps.store.reading() as store:
        found = await store.messages(deps.project.id, to_session=session.id)
    return {"messages": [m.model_dump(mode="json", exclude={"project_id"}) for m in found]}


def _text(arguments: dict[str, Any], key: str, *, needed: bool = True) -> str:
    value = arguments.get(key, "")
    if not isinstance(value, str) or (needed and not value.strip()):
        raise UsageError(f"{key} must be a text", f'pass {key}="…"')
    if len(value) > TEXT_CHARS:
        raise UsageError(f"{key} has {len(value)} characters", f"at most {TEXT_CHARS}")
    return value.strip()


def _event(deps: Deps, session: Session, job: Job, kind: EventKind, text: str, id_: str) -> NewEvent:
    return NewEvent(
        kind=kind,
        project_id=deps.project.id,
        goal_id=job.goal_id,
        task_id=job.task_id,
        session_id=session.id,
        job_id=job.id,
        text=text,
        data={"id": id_},
    )
