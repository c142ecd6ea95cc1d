"""What the store says, in the shape of the context file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from orchestrator.nouns.context_file import ANYONE, USER, Branch, ContextFile, Entry, EntryKind, Leaf, Listing, Pair
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.session import Session

_HALVES = re.compile("[\ud800-\udfff]")  # of characters: they have no bytes

LINE_CHARS = 200
"""Longest signature or description in the file; the store has the whole."""


def project(
    exports: Sequence[Export], decisions: Sequence[Decision], todos: Sequence[Todo], sessions: Sequence[Session]
) -> ContextFile:
    """Everything that holds: exports that are not gone, decisions that stand, todos that are open. By session, then oldest first."""
    return _content(
        [e for e in exports if e.status is not ExportStatus.gone],
        [d for d in decisions if not d.withdrawn],
        [t for t in todos if not t.done],
        sessions,
    )


def retired(
    exports: Sequence[Export], decisions: Sequence[Decision], todos: Sequence[Todo], sessions: Sequence[Session]
) -> ContextFile:
    """Everything that held once, and may still stand in a file."""
    return _content(
        [e for e in exports if e.status is ExportStatus.gone],
        [d for d in decisions if d.withdrawn],
        [t for t in todos if t.done],
        sessions,
    )


def _content(
    exports: Sequence[Export], decisions: Sequence[Decision], todos: Sequence[Todo], sessions: Sequence[Session]
) -> ContextFile:
    pairs: list[Pair] = []
    if topics := _topics(exports, {s.id: s for s in sessions}):
        pairs.append(Branch("interfaces", topics))
    if settled := [_decision(d) for d in sorted(decisions, key=lambda d: _number(d.id))]:
        pairs.append(Listing("decisions", EntryKind.decision, tuple(settled)))
    if left := [_todo(t) for t in sorted(todos, key=lambda t: _number(t.id))]:
        pairs.append(Listing("todos_for_others", EntryKind.todo, tuple(left)))
    return Branch("", tuple(pairs))


def _topics(exports: Sequence[Export], sessions: Mapping[str, Session]) -> tuple[Branch, ...]:
    """A topic for each session and heading; who has the lower number keeps the name that two of them want."""
    grouped: dict[tuple[str, str], list[Export]] = {}
    for export in sorted(exports, key=lambda e: (_number(e.session_id), e.file, e.line, e.name)):
        name = export.topic or topic_of(sessions.get(export.session_id), export.session_id)
        grouped.setdefault((name, export.session_id), []).append(export)
    owner: dict[str, str] = {}
    found = []
    for (name, session_id), group in grouped.items():
        free = name if owner.setdefault(name, session_id) == session_id else f"{name}-{session_id}"
        listing = Listing("exports", EntryKind.export, tuple(_export(e) for e in group))
        found.append(Branch(free, (Leaf("session", session_id), listing)))
    return tuple(found)


def topic_of(session: Session | None, session_id: str) -> str:
    """A readable heading: what the session's branch is named after (``televibe/s12-user-accounts`` → ``user-accounts``)."""
    last = session.branch.rpartition("/")[2] if session else ""
    return re.sub(r"^[sg][0-9]+-", "", last, flags=re.IGNORECASE) or session_id


def _export(export: Export) -> Entry:
    status = "" if export.status is ExportStatus.found else export.status.value
    texts = {"name": export.name, "file": export.file, "description": _line(export.description), "signature": _line(export.signature)}
    return _entry({**texts, "status": status})


def _decision(decision: Decision) -> Entry:
    return _entry(
        {
            "date": decision.created_at.date().isoformat(),
            "session": decision.session_id or USER,
            "decision": decision.decision,
            "rationale": decision.rationale,
        }
    )


def _todo(todo: Todo) -> Entry:
    return _entry({"from": todo.from_session or USER, "to": todo.to_session or ANYONE, "message": todo.message})


def _entry(texts: Mapping[str, str]) -> Entry:
    return Entry({key: text if text.isascii() else _HALVES.sub("\ufffd", text) for key, text in texts.items() if text})


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE_CHARS else f"{line[: LINE_CHARS - 1]}…"


def _number(id_: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", id_)
    return int(digits or 0), id_
