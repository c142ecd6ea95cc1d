"""Sweeping a project: looked at first, shown, and only then taken away; what a worktree has that is not committed is kept before.

The event is written before anything goes and names every commit, so that one that is missed can be brought back as long as git has it.
A run that is cut off has removed some of what it said; the next one finds the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from graphs.state import Deps
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import SyncState
from orchestrator.nouns.session import Session
from orchestrator.nouns.sweep import Leftover, Litter, Swept
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.sweep import sweep

FOLDER = "swept"
"""Of the refs that keep what only a worktree had that was removed: ``swept/landing-G3-0a1b2c3d4e``."""

COMPARED = 200
"""Refs whose changes are compared with those of the default branch: each costs a process of git."""

_OWNER = re.compile(r"[A-Z][1-9][0-9]*")


@dataclass(frozen=True)
class Known:
    """What the store says of the ids that names are made of: since when, and whether somebody still needs what is named so."""

    since: Mapping[str, datetime]
    needed: Mapping[str, str]


async def look(deps: Deps, older_than: timedelta) -> list[Swept]:
    """What would go and what would stay. Touches nothing."""
    known = await _known(deps)
    refs = await _refs(deps, known)
    return sweep([*await _worktrees(deps, known), *refs], now=deps.now(), older_than=older_than)


async def carry_out(deps: Deps, swept: list[Swept]) -> list[Swept]:
    """Take away what ``look`` said would go; returns that as it went: what changed meanwhile stays, and says so."""
    going = [one for one in swept if one.removed]
    if not going:
        return []
    async with deps.store.writing() as tx:
        data = {
            "removed": [{**one.leftover.model_dump(mode="json", include={"litter", "name", "commit"}), "why": one.why} for one in going]
        }
        text = f"{counted(len(going), 'leftover')} that nobody needs any more are removed"
        await tx.record(NewEvent(kind=EventKind.swept, project_id=deps.project.id, text=text, data=data))
    return [await _remove(deps, one) for one in going]


async def _remove(deps: Deps, one: Swept) -> Swept:
    try:
        if one.leftover.litter is Litter.ref:
            await deps.git.drop_kept(one.leftover.name, one.leftover.commit)
        else:
            await _remove_worktree(deps, Path(one.leftover.name))
    except (GitError, OSError) as error:
        return one.model_copy(update={"removed": False, "why": str(error)})
    return one


async def _remove_worktree(deps: Deps, path: Path) -> None:
    if not await _is_ours(deps, path):
        path.rmdir()  # which it refuses when something is in it after all
        return
    head = await deps.git.head(str(path))
    if await deps.git.changes(str(path)):
        head = await deps.git.snapshot(str(path))
    if await deps.git.only_here([head]):
        await deps.git.keep(f"{FOLDER}/{path.name}-{head[:10]}", head)
    await deps.git.remove_worktree(str(path))


async def _is_ours(deps: Deps, path: Path) -> bool:
    """Whether it is a worktree of this repository, and no directory that only lies there."""
    return (path / ".git").is_file() and str(path) in await deps.git.worktrees()


async def _worktrees(deps: Deps, known: Known) -> list[Leftover]:
    """Directories among the project's worktrees that no live session has."""
    async with deps.store.reading() as store:
        sessions = {session.id: session for session in await store.sessions(deps.project.id)}
    folder = deps.home.worktrees / deps.project.id
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        session = sessions.get(path.name)
        if path.is_symlink() or not path.is_dir() or (session is not None and session.live):
            continue
        found.append(await _left_behind(deps, path, session, known))
    return found


async def _left_behind(deps: Deps, path: Path, session: Session | None, known: Known) -> Leftover:
    needed = "" if session is not None else _needed(path.name, known)
    if not needed and any(path.iterdir()) and not await _is_ours(deps, path):
        needed = "it is no worktree of this repository any more: look what is in it"
    since = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    return Leftover(litter=Litter.scratch if session is None else Litter.worktree, name=str(path), since=since, in_use=needed)


async def _refs(deps: Deps, known: Known) -> list[Leftover]:
    kept = await deps.git.kept("")
    onto = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    only = await deps.git.only_here(kept.values())
    landed: dict[str, bool] = {}
    for commit in sorted(only)[:COMPARED] if onto else ():
        landed[commit] = await deps.git.same_changes(commit, onto or "")
    return [
        Leftover(
            litter=Litter.ref, name=ref, commit=commit, since=_since(ref, known), in_use=_needed(ref, known),
            unique=commit in only, landed=landed.get(commit, False),
        )
        for ref, commit in kept.items()
    ]  # fmt: skip


async def _known(deps: Deps) -> Known:
    project = deps.project.id
    since: dict[str, datetime] = {}
    needed: dict[str, str] = {}
    async with deps.store.reading() as store:
        for sync in await store.syncs(project):
            since[sync.id] = sync.created_at
            if sync.state is SyncState.begun:
                needed[sync.id] = f"{sync.session_id} is being brought up with it"
        for goal in await store.goals(project):
            since[goal.id] = goal.updated_at
            if not goal.state.over:
                needed[goal.id] = f"{goal.id} is {goal.state.value}"
        for job in await store.jobs(project):
            since[job.id] = job.finished_at or job.queued_at
            if not job.state.over:
                needed[job.id] = f"{job.id} is {job.state.value}"
        for entry in await store.merge_entries(project):
            since[entry.id] = entry.updated_at
            if not entry.state.over:
                needed[entry.id] = f"{entry.id} waits to land"
        for session in await store.sessions(project):
            since[session.id] = session.updated_at
        for move in await store.events(project_id=project, kinds=[EventKind.main_moved]):
            since[str(move.data.get("old"))[:20]] = move.at
    return Known(since, needed)


def _since(ref: str, known: Known) -> datetime | None:
    """By the last part of the name that the store knows: ``backup/S12/K7-dirty`` is as old as K7."""
    for part in reversed(ref.split("/")):
        for name in (part, *_OWNER.findall(part)):
            if name in known.since:
                return known.since[name]
    return None


def _needed(name: str, known: Known) -> str:
    return next((known.needed[owner] for owner in _OWNER.findall(name) if owner in known.needed), "")
