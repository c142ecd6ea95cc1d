"""The last time a session's branch was brought up, taken back: branch, files and index as they were."""

from __future__ import annotations

from graphs.keep_up import not_now, standing_of
from graphs.keep_up_record import Left, kept_states, record_left, sync_event, sync_facts
from graphs.post import post
from graphs.state import Deps
from orchestrator.nouns.errors import MergeConflict, TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import Sync, SyncState
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.repo import Saved
from orchestrator.nouns.session import Session
from orchestrator.verbs.grammar import counted

FOLDER = "undone"
"""Of the refs that keep what ``--force`` took out of a branch: ``undone/S12/K7``, and ``K7-dirty``."""


async def take_back(deps: Deps, session_id: str, *, force: bool, request: int) -> None:
    """Take it back, or record why not. Commits that came since are only taken out with ``force``, and kept then."""
    async with deps.turns.of(session_id):
        try:
            left = await _try(deps, session_id, force, request)
        except TeleVibeError as error:
            left = Left(error.line())
        if left is not None:
            await record_left(deps, session_id, left, request)


async def _try(deps: Deps, session_id: str, force: bool, request: int) -> Left | None:
    standing = await standing_of(deps, session_id)
    if isinstance(standing, Left):
        return standing
    session = standing.session
    done = [sync for sync in standing.syncs if sync.state is SyncState.done]
    if not done:
        return Left("its branch was never brought up, or that was taken back already")
    sync = done[-1]
    if left := not_now(standing, request, None):
        return left
    if why := await deps.git.occupied(session.worktree, session.branch):
        return Left(f"{why} — finish that first")
    if standing.head == sync.before:  # an earlier run of this came so far
        await _record(deps, sync, request, ())
        return None
    now = await deps.git.saved(session.worktree)
    if standing.head != sync.after and not force:
        return await _came_since(deps, sync, standing.head)
    kept: tuple[str, ...] = ()
    target = await _target(deps, sync, now) if standing.head == sync.after else None
    if target is None:
        if not force:
            return Left("work that is not committed came since, and does not fit what was — `--force` keeps it under a ref instead")
        kept = await _keep(deps, sync, now)
        target, _ = await kept_states(deps, sync)
    await deps.git.move(session.worktree, session.branch, was=now, new=target, why="undo")
    await _record(deps, sync, request, kept)
    return None


async def _came_since(deps: Deps, sync: Sync, head: str) -> Left:
    if not await deps.git.contains(head, sync.after):
        return Left(f"its branch was moved elsewhere since ({head[:10]}) — `--force` keeps that under a ref and takes it back")
    new = await deps.git.commits(sync.after, head)
    return Left(f"its branch has {counted(len(new), 'commit')} since — `--force` keeps them under a ref and takes it back")


async def _target(deps: Deps, sync: Sync, now: Saved) -> Saved | None:
    """What was; with what changed in the files since carried along. None when that does not fit."""
    was, after = await kept_states(deps, sync)
    if await deps.git.mixture(now.files, after.files, after.files):
        return was
    try:
        dirty = await deps.git.carried(now.dirty, now.head, was.head) if now.dirty else ""
        staged = await deps.git.carried(now.staged, now.head, was.head) if now.staged else ""
    except MergeConflict:
        return None
    return Saved(head=was.head, dirty=dirty, staged=staged)


async def _keep(deps: Deps, sync: Sync, now: Saved) -> tuple[str, ...]:
    name = f"{FOLDER}/{sync.session_id}/{sync.id}"
    kept = [await deps.git.keep(name, now.head)]
    if now.dirty:
        kept.append(await deps.git.keep(f"{name}-dirty", now.dirty))
    return tuple(kept)


async def _record(deps: Deps, sync: Sync, request: int, kept: tuple[str, ...]) -> None:
    text = f"{sync.session_id} is at {sync.before[:10]} again, as before it was brought up to {sync.onto[:10]}"
    text += f"; what came since is kept as {', '.join(kept)}" if kept else ""
    async with deps.store.writing() as tx:
        session: Session = await tx.session(sync.session_id)
        undone = sync.model_copy(update={"state": SyncState.undone})
        await tx.put(undone, session.model_copy(update={"base_commit": sync.base, "updated_at": deps.now()}))
        note = f"The user took back that your branch was brought up to {deps.project.default_branch} ({sync.onto[:10]}): {text}."
        await post(tx, deps, author=Author.televibe, sender=None, receivers=[session.id], type_=MessageType.notice, content=note)
        data = {**sync_facts(undone), "kept": list(kept), "request": request}
        await tx.record(sync_event(deps, session.id, EventKind.sync_undone, text, data))
