"""What somebody wrote into the file, as values for the store: who may say what, and what is known already.

A human (or a merge) speaks for everybody in the file of the main worktree. A session speaks for itself alone, whatever names stand
in the file of its branch: what it adds is its own, what is another's it cannot take away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestrator.nouns.context_file import USER, EntryKind
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.session import Session
from orchestrator.verbs.context_file.changes import Changes
from orchestrator.verbs.context_file.keys import Placed


@dataclass(frozen=True)
class Stored:
    """What the store has, withdrawn decisions, done todos and gone exports too."""

    exports: Sequence[Export]
    decisions: Sequence[Decision]
    todos: Sequence[Todo]
    sessions: Sequence[Session]

    @property
    def known(self) -> set[str]:
        """Sessions there are or were."""
        return {session.id for session in self.sessions}


@dataclass
class Taken:
    """Values to store (new decisions and todos without an id), and what was left alone, in words."""

    exports: list[Export] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    todos: list[Todo] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.exports or self.decisions or self.todos)


def take(changes: Changes, stored: Stored, author: str | None, *, project_id: str, job_id: str, now: datetime) -> Taken:
    """``author``: the session on whose branch the file was changed; None: it is the file of the main worktree."""
    taking = _Taking(stored, author, project_id, job_id, now)
    for one in changes.added:
        taking.added(one)
    for one in changes.changed:
        taking.changed(one)
    for one in changes.removed:
        taking.removed(one)
    return taking.taken


class _Taking:
    def __init__(self, stored: Stored, author: str | None, project_id: str, job_id: str, now: datetime) -> None:
        self.taken = Taken()
        self._stored = stored
        self._author = author
        self._project_id = project_id
        self._job_id = job_id
        self._now = now
        self._live = {session.id for session in stored.sessions if session.live}
        self._exports = {(e.session_id, e.name, e.file): e for e in stored.exports}

    def added(self, one: Placed) -> None:
        match one.kind:
            case EntryKind.export:
                self._add_export(one)
            case EntryKind.decision:
                self._add_decision(one)
            case EntryKind.todo:
                self._add_todo(one)

    def changed(self, one: Placed) -> None:
        """What identifies it is as it was; a description, a signature or a reason is another."""
        match one.kind:
            case EntryKind.export:
                self._change_export(one)
            case EntryKind.decision:
                found = self._decision(one)
                if found and self._may(found.session_id, one) and found.rationale != one.entry.get("rationale"):
                    self.taken.decisions.append(found.model_copy(update={"rationale": one.entry.get("rationale")}))
            case EntryKind.todo:
                pass  # it has nothing but what identifies it

    def removed(self, one: Placed) -> None:
        match one.kind:
            case EntryKind.export:
                self._remove_export(one)
            case EntryKind.decision:
                found = self._decision(one)
                if found and self._may(found.session_id, one):
                    self.taken.decisions.append(found.model_copy(update={"withdrawn": True}))
            case EntryKind.todo:
                self._remove_todo(one)

    def _whose(self, name: str) -> str | None:
        """The session that an addition is from; None: the user."""
        return self._author or (name if name in self._stored.known else None)

    def _may(self, owner: str | None, one: Placed) -> bool:
        """A session changes only what is its own."""
        if self._author is None or owner == self._author:
            return True
        words = one.entry.get("decision") or one.entry.get("message") or one.entry.get("name")
        self.taken.left.append(f"{one.kind.value} {words[:60]!r} of {owner or 'the user'} is not {self._author}'s to change")
        return False

    def _add_export(self, one: Placed) -> None:
        name, file = one.entry.get("name"), one.entry.get("file")
        session = self._author or one.session
        claimed = self._exports.get((one.session, name, file))
        if claimed is not None and claimed.status is not ExportStatus.gone:
            return  # known: it came back by a merge
        if session not in self._live:
            self.taken.left.append(
                f"export {name[:60]!r}: there is no live session {session[:20] or 'named'}; it stays in the file as it is"
            )
            return
        known = self._exports.get((session, name, file))
        if known is not None and known.status is not ExportStatus.gone:
            return
        self.taken.exports.append(
            Export(
                session_id=session,
                project_id=self._project_id,
                name=name,
                kind=SymbolKind.other,
                file=file,
                line=0,
                signature=one.entry.get("signature"),
                description=one.entry.get("description"),
                status=ExportStatus.promised if one.entry.get("status") == ExportStatus.promised else ExportStatus.declared,
                commit="",
                job_id=self._job_id,
                topic=one.topic,
            )
        )

    def _change_export(self, one: Placed) -> None:
        found = self._exports.get((one.session, one.entry.get("name"), one.entry.get("file")))
        if found is None or not self._may(found.session_id, one):
            return
        seen = {} if found.status.seen else {"signature": one.entry.get("signature")}
        update = {"description": one.entry.get("description"), **seen}
        if any(getattr(found, key) != value for key, value in update.items()):
            self.taken.exports.append(found.model_copy(update=update))

    def _remove_export(self, one: Placed) -> None:
        found = self._exports.get((one.session, one.entry.get("name"), one.entry.get("file")))
        if found is None or found.status is ExportStatus.gone or not self._may(found.session_id, one):
            return
        if found.status.seen:
            self.taken.left.append(f"export {found.name!r} stays: the branch of {found.session_id} has it")
            return
        self.taken.exports.append(found.model_copy(update={"status": ExportStatus.gone}))

    def _decision(self, one: Placed) -> Decision | None:
        """The standing decision that an entry is, its newest if there are several."""
        name, words = one.entry.get("session"), one.entry.get("decision")
        owner = name if name in self._stored.known else None
        found = [d for d in self._stored.decisions if (d.session_id, d.decision, d.withdrawn) == (owner, words, False)]
        return found[-1] if found else None

    def _add_decision(self, one: Placed) -> None:
        words, owner = one.entry.get("decision"), self._whose(one.entry.get("session"))
        if self._decision(one):
            return  # known: by a merge, or because we wrote it
        over = any((d.session_id, d.decision) == (owner, words) for d in self._stored.decisions)
        if over and self._author is not None:
            return  # an older state of the file, merged into the branch
        reason = one.entry.get("rationale")
        at = _moment(one.entry.get("date"), self._now)
        self.taken.decisions.append(
            Decision(id="", project_id=self._project_id, session_id=owner, decision=words, rationale=reason, created_at=at)
        )

    def _add_todo(self, one: Placed) -> None:
        sender, to = self._whose(one.entry.get("from")), one.entry.get("to")
        named = one.entry.get("from")
        owners = {sender, named if named in self._stored.known else None}
        same = [
            t
            for t in self._stored.todos
            if t.from_session in owners and (t.to_session, t.message) == (self._to(to), one.entry.get("message"))
        ]
        if any(not t.done for t in same) or (same and self._author is not None):
            return
        self.taken.todos.append(
            Todo(
                id="",
                project_id=self._project_id,
                from_session=sender,
                to_session=self._to(to),
                message=one.entry.get("message"),
                created_at=self._now,
            )
        )

    def _remove_todo(self, one: Placed) -> None:
        name = one.entry.get("from")
        sender = name if name in self._stored.known and name != USER else None
        wanted = (sender, self._to(one.entry.get("to")), one.entry.get("message"))
        found = next((t for t in self._stored.todos if (t.from_session, t.to_session, t.message) == wanted and not t.done), None)
        if found is None:
            return
        mine = self._author in {None, found.from_session, found.to_session} or found.to_session is None
        if mine or self._may(found.from_session, one):
            self.taken.todos.append(found.model_copy(update={"done": True, "done_by": self._author}))

    def _to(self, name: str) -> str | None:
        return name if name in self._stored.known else None


def _moment(date: str, now: datetime) -> datetime:
    """The day that an entry names; now when it names none, or one that is no date."""
    try:
        return now if date == now.date().isoformat() else datetime.fromisoformat(date[:10]).replace(tzinfo=UTC)
    except ValueError:
        return now
