"""Job done: the registry of interfaces is held against what the job made, and whoever it concerns is told."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus, SymbolChange
from orchestrator.nouns.job import Job
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.repo import FileChange
from orchestrator.nouns.session import Session
from orchestrator.verbs.registry import (
    Met,
    change_told,
    kept_otherwise,
    kept_promises,
    met_by,
    owners_words_kept,
    ready_told,
    uses,
    verify,
)
from orchestrator.verbs.symbols import changed_symbols, exports_anything, exports_of

FILES_OF_A_USER = 200
"""Changed files of one other session in which a use is looked for."""


@dataclass(frozen=True)
class Word:
    """Something to tell a session, by us."""

    to: str
    type: MessageType
    text: str


@dataclass(frozen=True)
class Registered:
    """What the registry learns from a job: values to store, and words to send."""

    exports: tuple[Export, ...] = ()
    met: tuple[Met, ...] = ()
    lost: tuple[Dependency, ...] = ()  # whose export changed or went away
    words: tuple[Word, ...] = ()


async def registered(deps: Deps, job: Job, session: Session, files: Sequence[FileChange]) -> Registered:
    """Hold the registry against ``job``'s diff and its branch's head. Stores nothing."""
    changes = await _changes(deps, job, files)
    async with deps.store.reading() as store:
        known = await store.exports(deps.project.id, session_id=session.id)
        dependencies = await store.dependencies(deps.project.id)
    found = owners_words_kept(
        exports_of(
            changes,
            session_id=session.id,
            project_id=deps.project.id,
            commit=job.head_commit,
            job_id=job.id,
            known=[e for e in known if e.status.seen],
        ),
        known,
    )
    checked, notices = await _declared(deps, job, session, files, [e for e in known if e.key not in {f.key for f in found}])
    exports = [*found, *checked]
    exports += kept_promises(known, exports)
    met = met_by(dependencies, exports)
    old = {change.symbol.file + ":" + change.symbol.name: change.old_signature or "" for change in changes}
    broken = [(e, old[f"{e.file}:{e.name}"]) for e in found if old.get(f"{e.file}:{e.name}") and e.status is not ExportStatus.found]
    lost = [d for d in dependencies if d.state is DependencyState.met and d.export_key in {e.key for e, _ in broken}]
    announced = kept_otherwise(known, exports)
    otherwise = [(e, announced[e.key]) for e in exports if e.key in announced]
    ready = {(d.session_id, e.key) for d, e in met if e.key in announced}
    told = await _users(deps, session, [*broken, *otherwise], lost, ready)
    return Registered(tuple(exports), tuple(met), tuple(_after(lost, broken)), (*notices, *told, *_ready(met, session, announced)))


async def register(tx: Writing, deps: Deps, job: Job, made: Registered) -> None:
    """Store what was learned and send the words, in the caller's transaction."""
    await tx.put(*made.exports, *made.lost)
    for dependency, export in made.met:
        await tx.put(dependency)
        text = f"{dependency.session_id} has what it waited for: {export.name} of {export.session_id}"
        await tx.record(_event(deps, job, EventKind.dependency_met, text, {"name": dependency.name, "export": export.key}))
    for word in made.words:
        if word.type is MessageType.interface_changed:
            await tx.record(_event(deps, job, EventKind.export_changed, f"{word.to} is told: {word.text.splitlines()[0]}", {}))
        await post(
            tx,
            deps,
            author=Author.televibe,
            sender=None,
            receivers=[word.to],
            type_=word.type,
            content=word.text,
            hops=job.hops,
            job_id=job.id,
        )


async def _changes(deps: Deps, job: Job, files: Sequence[FileChange]) -> list[SymbolChange]:
    """Public symbols that the job's diff adds, changes or removes."""
    paths = sorted({p for f in files for p in (f.path, f.old_path) if p and exports_anything(p)})
    both = (deps.git.read_files(commit, paths) for commit in (job.base_commit, job.head_commit))
    before, after = await asyncio.gather(*both)
    return changed_symbols(before, after)


async def _declared(
    deps: Deps, job: Job, session: Session, files: Sequence[FileChange], known: Sequence[Export]
) -> tuple[list[Export], list[Word]]:
    """What was declared or promised and the diff does not show: is it in the branch? Its owner learns what is missing, once."""
    unseen = [e for e in known if e.status in {ExportStatus.declared, ExportStatus.promised} and e.file]
    texts = await deps.git.read_files(job.head_commit, sorted({e.file for e in unseen}))
    verdicts = [verify(e, texts.get(e.file), commit=job.head_commit) for e in unseen]
    touched = {path for f in files for path in (f.path, f.old_path)}
    words = [
        Word(session.id, MessageType.notice, f"You declared {v.export.name}, but {v.missing}. Correct the declaration or the code.")
        for v in verdicts
        if v.missing and v.export.status is ExportStatus.declared and (v.export.job_id == job.id or v.export.file in touched)
    ]
    return [v.export for v in verdicts if v.export.status.seen], words


async def _users(
    deps: Deps,
    session: Session,
    broken: Sequence[tuple[Export, str]],
    lost: Iterable[Dependency],
    ready: Collection[tuple[str, str]],
) -> list[Word]:
    """Every other live session that uses, or said that it needs, an interface that changed or went away. ``ready``: (session, key)
    of those who hear the same when they are told that what they waited for is there."""
    if not broken:
        return []
    needed = {(d.session_id, d.export_key) for d in lost}
    words = []
    async with deps.store.reading() as store:
        others = [s for s in await store.sessions(deps.project.id, live_only=True) if s.id != session.id]
        jobs = {s.id: await store.jobs(session_id=s.id) for s in others}
    for other in others:
        paths = list(dict.fromkeys(p for j in reversed(jobs[other.id]) for p in j.files_changed))[:FILES_OF_A_USER]
        texts = await deps.git.read_files(f"refs/heads/{other.branch}", paths) if paths else {}
        for export, old_signature in broken:
            where = uses(texts, export)
            if (other.id, export.key) not in ready and (where or (other.id, export.key) in needed):
                use = f"\nYou use it in {where}." if where else "\nYou declared that you depend on it."
                words.append(Word(other.id, MessageType.interface_changed, change_told(export, old_signature, session.branch) + use))
    return words


def _after(lost: Iterable[Dependency], broken: Sequence[tuple[Export, str]]) -> list[Dependency]:
    """The dependencies as they stand after their users were told."""
    now = {e.key: e for e, _ in broken}
    gone = {"state": DependencyState.waiting, "export_key": "", "signature": ""}
    return [
        d.model_copy(update=gone if now[d.export_key].status is ExportStatus.gone else {"signature": now[d.export_key].signature})
        for d in lost
    ]


def _ready(met: Iterable[Met], session: Session, announced: Mapping[str, str]) -> list[Word]:
    return [
        Word(
            dependency.session_id,
            MessageType.interface_ready,
            ready_told(export, announced.get(export.key, ""), session.branch),
        )
        for dependency, export in met
    ]


def _event(deps: Deps, job: Job, kind: EventKind, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(
        kind=kind,
        project_id=deps.project.id,
        goal_id=job.goal_id,
        task_id=job.task_id,
        session_id=job.session_id,
        job_id=job.id,
        text=text,
        data=data,
    )
