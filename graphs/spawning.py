"""One session more: for a task, for a request to a role, or for a parent. Its id is reserved first, so that a second run of
whoever needs it finds what the first one made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Session
from orchestrator.verbs.branches import branch_for, numbered


@dataclass(frozen=True)
class Wanted:
    """What the new session is to be. ``start``: the commit its branch begins at."""

    role: str
    title: str
    agent: str
    start: str
    parent: str | None = None
    goal_id: str | None = None


async def reserved(store: Reading, deps: Deps, marker: str) -> tuple[str, Session | None]:
    """(the id that ``marker`` reserved, or an empty text; the session, if it is there already)."""
    number = await store.cursor(marker)
    id_ = f"S{number}" if number else ""
    return id_, next((s for s in await store.sessions(deps.project.id) if s.id == id_), None)


async def spawned(deps: Deps, marker: str, wanted: Wanted) -> Session:
    """The session that ``marker`` stands for: found, or made with a worktree and a branch. Callers hold ``deps.spawn_lock``."""
    async with deps.store.writing() as tx:
        id_, known = await reserved(tx, deps, marker)
        if known is not None:
            return known
        if not id_:
            id_ = await tx.next_id("S")
            await tx.set_cursor(marker, int(id_[1:]))
    return await make_session(deps, id_, wanted, branch_for(deps.policy.branch_prefix, id_, wanted.title))


async def make_session(deps: Deps, id_: str, wanted: Wanted, branch: str) -> Session:
    """A session with a worktree on a new branch of about that name; a worktree that a run which was cut off made is taken up."""
    path = deps.home.worktree(deps.project.id, id_)
    now = deps.now()
    session = Session(
        id=id_,
        project_id=deps.project.id,
        role=wanted.role,
        branch=await worktree_on_branch(deps, path, branch, wanted.start),
        worktree=str(path),
        base_commit=wanted.start,
        agent=wanted.agent,
        title=wanted.title,
        goal_id=wanted.goal_id,
        parent=wanted.parent,
        created_at=now,
        updated_at=now,
    )
    async with deps.store.writing() as tx:
        await tx.put(session)
        await tx.record(session_created(session))
    return session


async def worktree_on_branch(deps: Deps, path: Path, wanted: str, start: str) -> str:
    """Add the worktree, or find the one that an earlier run of this step made; returns its branch."""
    at = {worktree: branch for branch, worktree in (await deps.git.checked_out()).items()}
    if str(path) in at:
        return at[str(path)]
    branch = numbered(wanted, await deps.git.branches())
    path.parent.mkdir(parents=True, exist_ok=True)
    await deps.git.add_worktree(str(path), branch, start)
    return branch


def session_created(session: Session) -> NewEvent:
    """The event of a session whose worktree exists."""
    return NewEvent(
        kind=EventKind.session_created,
        project_id=session.project_id,
        goal_id=session.goal_id,
        session_id=session.id,
        text=f"{session.id} {session.role} on {session.branch}",
        data={"role": session.role, "branch": session.branch, "worktree": session.worktree, "agent": session.agent},
    )
