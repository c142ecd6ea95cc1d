"""What one session knows and the others get: exports, decisions, messages; and the brief that carries them."""

from __future__ import annotations

from enum import StrEnum

from .base import Moment, Noun


class SymbolKind(StrEnum):
    """What a public symbol is."""

    function = "function"
    cls = "class"
    method = "method"
    constant = "constant"
    type = "type"  # type alias, interface, struct, enum, trait


class Symbol(Noun):
    """A public symbol as found in source text. ``name`` is qualified inside its file (``Account``, ``Account.login``)."""

    name: str
    kind: SymbolKind
    file: str  # repository-relative
    line: int  # 1-based
    signature: str  # one line, e.g. ``def login(name: str, password: str) -> Account``
    description: str = ""  # first line of its docstring or doc comment


class SymbolChangeKind(StrEnum):
    """How a symbol differs between two states of its file."""

    added = "added"
    changed = "changed"  # its signature or kind
    removed = "removed"


class SymbolChange(Noun):
    """One public symbol that a diff touched. For ``removed``, ``symbol`` is as it was; ``old_signature`` is None when added."""

    kind: SymbolChangeKind
    symbol: Symbol
    old_signature: str | None = None


class ExportStatus(StrEnum):
    """What is known about an export."""

    found = "found"  # seen in the branch's code at ``commit``
    changed = "changed"  # seen; its signature differs from the one before
    gone = "gone"  # was there, and is not in the branch any more


class Export(Noun):
    """An interface a session offers: a symbol its branch adds or changes relative to where it started."""

    session_id: str
    project_id: str
    name: str
    kind: SymbolKind
    file: str
    line: int
    signature: str
    description: str
    status: ExportStatus
    commit: str  # where it was verified
    job_id: str  # the job in which it was found

    @property
    def key(self) -> str:
        """Identity in the index and the store: ``S12:src/auth.py:Account``."""
        return f"{self.session_id}:{self.file}:{self.name}"


class Decision(Noun):
    """What the team has settled, and why."""

    id: str  # "D1" …
    project_id: str
    session_id: str | None  # None: the user
    decision: str
    rationale: str = ""
    created_at: Moment


class MessageType(StrEnum):
    """Why a message was sent."""

    interface_ready = "interface_ready"
    need_input = "need_input"
    fyi = "fyi"


class MessageState(StrEnum):
    """How far a message came, on evidence."""

    queued = "queued"
    delivered = "delivered"  # it was part of a brief that an agent received
    acknowledged = "acknowledged"  # the job that carried it ended well


class Message(Noun):
    """From one session (or the user) to another. ``from_session`` is stamped by us, never taken from the sender."""

    id: str  # "M1" …
    project_id: str
    from_session: str | None  # None: the user
    to_session: str | None  # None: broadcast, which is stored as one row for each receiver
    type: MessageType
    content: str
    state: MessageState = MessageState.queued
    job_id: str | None = None  # the job whose brief carried it
    created_at: Moment


class BriefSection(Noun):
    """One part of a brief: a heading, lines, and where each line came from."""

    title: str
    lines: tuple[str, ...]
    sources: tuple[str, ...]  # ids: export keys, decision, message, handoff ids


class Brief(Noun):
    """The enhanced instruction a session receives."""

    session_id: str
    instruction: str
    sections: tuple[BriefSection, ...]
    text: str  # the whole, as the agent reads it
    tokens: int  # estimated, see verbs.tokens
    left_out: tuple[str, ...] = ()  # source ids that were relevant and did not fit
    messages: tuple[str, ...] = ()  # ids of the messages it carries
