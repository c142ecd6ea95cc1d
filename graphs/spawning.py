"""One session more, made on demand: for a request to a role, or for a parent. Its id is reserved first, so that a second run of
whoever needs it finds what the first one made."""

from __future__ import annotations

from dataclasses import dataclass

from graphs.state import Deps
from graphs.work_nodes import session_created, worktree_on_branch
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.session import Session
from orchestrator.verbs.branches import branch_for


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
    path = deps.home.worktree(deps.project.id, id_)
    branch = await worktree_on_branch(deps, path, branch_for(deps.policy.branch_prefix, id_, wanted.title), wanted.start)
    now = deps.now()
    session = Session(
        id=id_,
        project_id=deps.project.id,
        role=wanted.role,
        branch=branch,
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
