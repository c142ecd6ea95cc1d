"""Interfaces: say what you offer, find what others offer, say what you wait for."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePosixPath

from pydantic import Field, field_validator

from graphs.state import Deps
from graphs.waits import circle_with, tell_circle
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.engine.coordination.asked import BySession, MaybeName, MaybeText, Name, SessionId
from orchestrator.engine.coordination.tool import Caller, tool
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus, SymbolKind
from orchestrator.nouns.retrieval import Document, DocumentKind
from orchestrator.nouns.session import CHANGES, Session
from orchestrator.verbs.registry import met_by, verify
from orchestrator.verbs.waiting import wait_of_dependency

FILE_BYTES = 1_000_000
MOST_EXPORTS = 2_000
"""Declared by one session. What the code has is found without anybody declaring it."""


def _path_inside(path: str) -> str:
    where = PurePosixPath(path.replace("\\", "/"))
    if path and (where.is_absolute() or ".." in where.parts or where.parts[:1] == (".git",)):
        raise ValueError("must be a path inside the repository, such as src/auth/context.py")
    return str(where) if path else ""


class DeclareExport(BySession):
    name: Name = Field(description="As code names it inside its file: AuthContext, AuthContext.login, require_auth.")
    file: MaybeName = Field(default="", description="Repository-relative. May be left out for a promise.")
    description: MaybeText = Field(default="", description="What it is for, in one line.")
    signature: MaybeText = Field(default="", description="Needed for a promise; otherwise it is read from the code.")
    topic: MaybeName = Field(default="", description="Heading for the team's context file, such as auth.")
    promised: bool = Field(default=False, description="It does not exist yet; others can already build against it.")

    @field_validator("file")
    @classmethod
    def _inside(cls, path: str) -> str:
        return _path_inside(path)


class Declared(Noun):
    key: str
    status: ExportStatus
    signature: str
    note: str = Field(default="", description="What is not as declared; empty when all is well.")


async def declare_export(deps: Deps, caller: Caller, asked: DeclareExport) -> Declared:
    """Announce an interface that you offer to the other sessions: a function, class, endpoint, table, file format.

    It is held against the code of your branch now and at the end of your work: the answer says what was found. With promised=true
    you announce it before it exists, so that others can build against its signature; whoever waits is told when it is there.
    """
    session = _a_session(caller)
    if not asked.promised and not asked.file:
        raise UsageError("file is missing", "name the file it is in, or pass promised=true if it does not exist yet")
    if asked.promised and not asked.signature:
        raise UsageError("a promise needs a signature", 'pass signature="def login(name: str) -> Session"')
    export, note = await _held_against_code(deps, session, _export(deps, caller, session, asked))
    async with deps.store.writing() as tx:
        known = {e.key: e for e in await tx.exports(deps.project.id, session_id=session.id)}
        if export.key not in known and sum(e.status is not ExportStatus.gone for e in known.values()) >= MOST_EXPORTS:
            raise Refused(f"{session.id} has {MOST_EXPORTS} exports already", "declare what others need, not everything")
        await tx.put(export)
        text = f"{session.id} declares {export.name} ({export.status.value})" + (f": {note}" if note else "")
        data = {"key": export.key, "status": export.status.value, "note": note}
        await tx.record(NewEvent(kind=EventKind.export_declared, project_id=deps.project.id, text=text, data=data, **caller.ids))
    words = f"{export.name} {export.file} {export.signature} {export.description}"
    await deps.index.upsert([Document(id=export.key, kind=DocumentKind.export, session_id=session.id, text=words)])
    return Declared(key=export.key, status=export.status, signature=export.signature, note=note)


class GetAvailableInterfaces(BySession):
    project_id: str | None = Field(default=None, max_length=100, description="Yours; may be left out.")
    instruction: MaybeText = Field(default="", description="What you are about to do; the most relevant come first.")
    name: MaybeName = Field(default="", description="Only this name, or names that end with it.")
    limit: int = Field(default=30, ge=1, le=200)


class Interface(Noun):
    """An interface another session offers. ``status`` promised and declared: not seen in its branch's code (yet)."""

    name: str
    kind: SymbolKind
    file: str
    line: int
    signature: str
    description: str
    status: ExportStatus
    session: str
    commit: str


class Interfaces(Noun):
    interfaces: tuple[Interface, ...]
    more: bool = Field(default=False, description="There are others; ask with an instruction or a name.")


async def get_available_interfaces(deps: Deps, caller: Caller, asked: GetAvailableInterfaces) -> Interfaces:
    """The functions, classes and other interfaces that other sessions' branches offer, with signature and file.

    With instruction, those most relevant to it; with name, those of that name.
    """
    if asked.instruction and not asked.name:
        wanted = [DocumentKind.export]
        hits = await deps.index.search(asked.instruction, limit=asked.limit + 1, kinds=wanted, not_session=caller.id)
        async with deps.store.reading() as store:
            by_key = {e.key: e for e in await store.exports(deps.project.id, keys=[h.document.id for h in hits])}
        found = [by_key[h.document.id] for h in hits if h.document.id in by_key]
    else:
        async with deps.store.reading() as store:
            found = await store.exports(deps.project.id, not_session=caller.id, name=asked.name or None, limit=asked.limit + 1)
    offered = [e for e in found if e.status is not ExportStatus.gone and e.session_id != caller.id]
    return Interfaces(interfaces=tuple(_interface(e) for e in offered[: asked.limit]), more=len(offered) > asked.limit)


class DeclareDependency(BySession):
    name: Name = Field(description="The interface you need, as code names it: require_auth.")
    on_session: SessionId | None = Field(default=None, description="Who makes it; left out: whoever does.")
    reason: MaybeText = ""


class Awaited(Noun):
    name: str
    state: DependencyState | None = Field(description="Null: it is not waited for, and note says why.")
    interface: Interface | None = Field(default=None, description="What meets it, or what is promised or declared so far.")
    note: str = ""


async def declare_dependency(deps: Deps, caller: Caller, asked: DeclareDependency) -> Awaited:
    """Say that you need an interface of another session. You are told when it is there, and when it changes or goes away.

    If it is there already, the answer has it. Otherwise go on with what does not need it, or end your turn. It is not waited for if
    the other one waits for you: the note says so.
    """
    session = _a_session(caller)
    async with deps.store.writing() as tx:
        if asked.on_session is not None:
            other = await tx.session(asked.on_session)
            if other.project_id != deps.project.id or other.id == session.id or not other.live:
                raise UsageError(f"there is no other live session {asked.on_session}", "list_sessions lists them")
        offered = await _named(tx, deps, asked.name)
        dependency = Dependency(
            session_id=session.id,
            project_id=deps.project.id,
            name=asked.name,
            on_session=asked.on_session,
            reason=asked.reason,
            created_at=deps.now(),
        )
        met = met_by([dependency], offered)
        stored = met[0].dependency if met else dependency
        near = met[0].export if met else next((e for e in offered if _may_meet(e, dependency)), None)
        if found := await circle_with(tx, deps, wait_of_dependency(stored)):
            note = f"it would close a circle: {await tell_circle(tx, deps, found, caller.ids)}"
            return Awaited(name=asked.name, state=None, interface=_interface(near) if near else None, note=note)
        await tx.put(stored)
        text = f"{session.id} needs {asked.name}" + (f" of {asked.on_session}" if asked.on_session else "") + f": {stored.state.value}"
        data = {"name": asked.name, "on": asked.on_session, "state": stored.state.value}
        kind = EventKind.dependency_declared
        await tx.record(NewEvent(kind=kind, project_id=deps.project.id, text=text, data=data, **caller.ids))
    return Awaited(name=asked.name, state=stored.state, interface=_interface(near) if near else None)


def _may_meet(export: Export, dependency: Dependency) -> bool:
    others = export.session_id != dependency.session_id and dependency.on_session in {None, export.session_id}
    return others and export.status is not ExportStatus.gone


def _a_session(caller: Caller) -> Session:
    if caller.session is None:
        raise Refused("only a session has interfaces", "people see them with `televibe exports`")
    return caller.session


def _export(deps: Deps, caller: Caller, session: Session, asked: DeclareExport) -> Export:
    return Export(
        session_id=session.id,
        project_id=deps.project.id,
        name=asked.name,
        kind=SymbolKind.other,
        file=asked.file,
        line=0,
        signature=" ".join(asked.signature.split()),
        description=" ".join(asked.description.split())[:300],
        status=ExportStatus.promised if asked.promised else ExportStatus.declared,
        commit="",
        job_id=caller.job.id if caller.job else "",
        topic=" ".join(asked.topic.split())[:60],
    )


async def _held_against_code(deps: Deps, session: Session, export: Export) -> tuple[Export, str]:
    """The export as the branch's last commit shows it; else as declared, with what is missing."""
    if not export.file:
        return export, ""
    head = await deps.git.resolve(f"refs/heads/{session.branch}") or session.base_commit
    committed = (await deps.git.read_files(head, [export.file])).get(export.file)
    verdict = verify(export, committed, commit=head)
    if verdict.export.status.seen or export.status is ExportStatus.promised:
        return verdict.export, ""
    written = await asyncio.to_thread(_read_inside, Path(session.worktree), export.file)
    if written is not None and verify(export, written, commit=head).export.status.seen:
        return export, f"{export.file} has it, but not committed yet"
    return export, verdict.missing


def _read_inside(worktree: Path, file: str) -> bytes | None:
    """A file of the worktree; None when it is none, is too large, or a link leads outside."""
    path = (worktree / file).resolve()
    if not path.is_relative_to(worktree.resolve()) or not path.is_file() or path.stat().st_size > FILE_BYTES:
        return None
    return path.read_bytes()


async def _named(store: Reading, deps: Deps, name: str) -> list[Export]:
    return await store.exports(deps.project.id, name=name.rpartition(".")[2])


def _interface(export: Export) -> Interface:
    keep = {"name", "kind", "file", "line", "signature", "description", "status", "commit"}
    return Interface(session=export.session_id, **export.model_dump(include=keep))


_AUTH = {"name": "require_auth", "file": "src/auth.py", "description": "Decorator for what needs a login"}
TOOLS = (
    tool(declare_export, example=_AUTH, needs=CHANGES),
    tool(get_available_interfaces, example={"instruction": "charge a card"}, reads=True),
    tool(declare_dependency, example={"name": "require_auth", "on_session": "S2"}),
)
