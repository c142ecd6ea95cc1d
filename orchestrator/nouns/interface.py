"""Interfaces: what a session's branch offers to the others, and what a session waits for."""

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
    other = "other"  # what no parser of ours can see: an endpoint, a table, a file format; only its owner vouches for it


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

    promised = "promised"  # announced before it exists
    declared = "declared"  # its owner says so; not seen in the branch's code (yet), or not to be seen by a parser
    found = "found"  # seen in the branch's code at ``commit``
    changed = "changed"  # seen; its signature differs from the one before
    gone = "gone"  # was there, and is not in the branch any more

    @property
    def seen(self) -> bool:
        """True when the branch's code has it."""
        return self in {ExportStatus.found, ExportStatus.changed}


class Export(Noun):
    """An interface a session offers: a symbol its branch adds or changes relative to where it started, or what it declared."""

    session_id: str
    project_id: str
    name: str
    kind: SymbolKind
    file: str  # repository-relative; empty when promised without a place
    line: int  # 0: not seen
    signature: str  # as seen, or as promised
    description: str
    status: ExportStatus
    commit: str  # where it was verified; empty: nowhere yet
    job_id: str  # the job in which it was found or declared; empty: outside of any
    topic: str = ""  # heading in the context file; empty: the session's own

    @property
    def key(self) -> str:
        """Identity in the index and the store: ``S12:src/auth.py:Account``."""
        return f"{self.session_id}:{self.file}:{self.name}"


class DependencyState(StrEnum):
    """Whether what a session waits for is there."""

    waiting = "waiting"
    met = "met"  # an export of that name is in a branch's code


class Dependency(Noun):
    """An interface that a session needs from another. One row for each (session, name)."""

    session_id: str  # who needs it
    project_id: str
    name: str  # as the export's, qualified inside its file: ``require_login``
    on_session: str | None = None  # whose; None: whoever makes it
    reason: str = ""
    state: DependencyState = DependencyState.waiting
    export_key: str = ""  # the export that met it
    signature: str = ""  # that export's, as its user last learned it
    created_at: Moment
