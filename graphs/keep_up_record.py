"""What is kept and recorded of keeping up: refs before a branch moves, then that it begins, then how it ended."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphs.keep_up_tell import unseen
from graphs.post import post, restate
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.conflict import Finding
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Sync, SyncKind, SyncState
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.repo import Saved
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.conflict_instructions import adapt, not_fitting
from orchestrator.verbs.keep_up import line_of_sync, what_became
from orchestrator.verbs.quote import inline
from orchestrator.verbs.rights import may_change

BACKUP = "backup"
"""Folder of the refs that keep what a branch was: ``backup/S12/K7``, and ``K7-dirty``, ``K7-staged``, ``K7-to`` beside it."""


@dataclass(frozen=True)
class Left:
    """The branch stays as it is. ``nothing``: there was nothing to do. ``has_all``: because it has what landed."""

    why: str
    nothing: bool = False
    has_all: bool = False


async def begin(deps: Deps, session: Session, onto: str, kind: SyncKind, was: Saved, new: Saved) -> Sync:
    """Keep what was and what is to be, then say so."""
    async with deps.store.writing() as tx:
        id_ = await tx.next_id("K")
    name = f"{BACKUP}/{session.id}/{id_}"
    backup = await deps.git.keep(name, was.head)
    dirty = await deps.git.keep(f"{name}-dirty", was.dirty) if was.dirty else ""
    if was.staged:
        await deps.git.keep(f"{name}-staged", was.staged)
    await deps.git.keep(f"{name}-to", new.files)
    if new.staged:
        await deps.git.keep(f"{name}-to-staged", new.staged)
    sync = Sync(
        id=id_, project_id=deps.project.id, session_id=session.id, kind=kind, state=SyncState.begun, onto=onto,
        before=was.head, base=session.base_commit, after=new.head, backup=backup, dirty=dirty, created_at=deps.now(),
    )  # fmt: skip
    async with deps.store.writing() as tx:
        await tx.put(sync)
        await tx.record(
            sync_event(deps, session.id, EventKind.sync_begun, f"{session.id} is brought up to {sync.onto[:10]}", sync_facts(sync))
        )
    return sync


async def kept_states(deps: Deps, sync: Sync) -> tuple[Saved, Saved]:
    """(before, after) of a sync, from its refs."""
    kept = {name.removeprefix(sync.backup): at for name, at in (await deps.git.kept(f"{BACKUP}/{sync.session_id}")).items()}
    to = kept.get("-to", sync.after)
    was = Saved(head=sync.before, dirty=kept.get("-dirty", "") if sync.dirty else "", staged=kept.get("-staged", ""))
    return was, Saved(head=sync.after, dirty=to if to != sync.after else "", staged=kept.get("-to-staged", ""))


async def give_up(deps: Deps, sync: Sync) -> None:
    async with deps.store.writing() as tx:
        await tx.put(sync.model_copy(update={"state": SyncState.undone, "onto": ""}))  # of no commit, so that it is tried again
        text = f"{sync.session_id} was not brought up to {sync.onto[:10]}: it changed just now"
        await tx.record(sync_event(deps, sync.session_id, EventKind.sync_begun, text, sync_facts(sync)))


async def record_done(deps: Deps, sync: Sync, request: int | None) -> None:
    branch = deps.project.default_branch
    stacked = sync.kind is SyncKind.merge and not await deps.git.contains(sync.onto, sync.base)  # on work that did not land yet
    base = sync.base if stacked else sync.onto
    broken = not_fitting(await deps.watch.between(sync.before, sync.onto)) if sync.kind is not SyncKind.forward else []
    async with deps.store.writing() as tx:
        session = await tx.session(sync.session_id)
        done = sync.model_copy(update={"state": SyncState.done})
        await tx.put(done, session.model_copy(update={"base_commit": base, "updated_at": deps.now()}))
        await _say_done(tx, deps, done)
        data = {**sync_facts(done), "request": request}
        await tx.record(sync_event(deps, session.id, EventKind.session_synced, line_of_sync(done, branch), data))
        if broken and may_change(deps.roles[session.role]) and session.state is not SessionState.stopped:
            await tx.record(_to_adapt(deps, session, done, broken))


def _to_adapt(deps: Deps, session: Session, sync: Sync, broken: Sequence[Finding]) -> NewEvent:
    """The collision that git did not see becomes the session's next instruction."""
    branch = deps.project.default_branch
    told = adapt(session.branch, branch, sync.onto, broken, secrets.token_hex(8))
    text = f"{session.id} has {branch} ({sync.onto[:10]}), and does not fit it: {inline(broken[0].summary, 200)}; it is told to adapt"
    return sync_event(deps, session.id, EventKind.sync_conflict, text, {**sync_facts(sync), "instruction": told, "request": None})


async def _say_done(tx: Writing, deps: Deps, sync: Sync) -> None:
    """Its next brief says so: as the end of what it was told of the move, or by itself."""
    line = what_became(sync, deps.project.default_branch)
    before = await unseen(tx, deps, sync.session_id)
    if before:
        await restate(tx, deps, before[-1], f"{before[-1].content}\n{line}")
        return
    text = f"{deps.project.default_branch} moved to {sync.onto[:10]}. {line}"
    to, type_ = [sync.session_id], MessageType.main_moved
    await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=type_, content=text)


async def record_left(deps: Deps, session_id: str, left: Left, request: int | None) -> None:
    """Say it to who asked; otherwise once for each reason and commit, and not when there was nothing to do."""
    if left.nothing and request is None:
        return
    onto = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}") or ""
    data = {"onto": onto, "why": left.why, "nothing": left.nothing, "request": request}
    async with deps.store.writing() as tx:
        before = await tx.events(session_id=session_id, kinds=[EventKind.sync_left], newest_first=True, limit=1)
        if request is None and before and (before[0].data["onto"], before[0].data["why"]) == (onto, left.why):
            return
        await tx.record(sync_event(deps, session_id, EventKind.sync_left, f"{session_id} stays as it is: {left.why}", data))


def sync_facts(sync: Sync) -> dict[str, Any]:
    return sync.model_dump(mode="json", include={"id", "kind", "state", "onto", "before", "after", "backup", "dirty", "files"})


def sync_event(deps: Deps, session_id: str, kind: EventKind, text: str, data: dict[str, Any]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, session_id=session_id, text=text, data=data)
