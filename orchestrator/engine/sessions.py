"""Sessions made and ended by hand: new, adopt, close. No agent is started before there is work for it."""

from __future__ import annotations

from dataclasses import dataclass

from graphs.spawning import session_created
from graphs.state import Deps
from orchestrator.engine.coordination.closing import let_go
from orchestrator.engine.coordination.identity import revoke
from orchestrator.nouns.errors import BranchTaken, Refused, Unknown
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import JobState
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.agent_kinds import check_agent_kind
from orchestrator.verbs.branches import branch_for, check_branch_name, numbered, taken_by
from orchestrator.verbs.preflight import preflight


@dataclass(frozen=True)
class Closed:
    """What closing kept: the branch, and refs that hold what the branch does not."""

    session: Session
    kept: tuple[str, ...]


async def new_session(deps: Deps, role: str, *, branch: str | None = None, agent: str | None = None) -> Session:
    """A session with a worktree on a new branch that starts at the default branch."""
    _check_role(deps, role)
    kind = check_agent_kind(agent or deps.policy.agent)
    preflight(await deps.git.state(), allow_dirty=True)
    start = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    if start is None:
        raise Unknown(f"the default branch {deps.project.default_branch} does not exist", "set default_branch in the config")
    branches = await deps.git.branches()
    name = check_branch_name(branch) if branch is not None else None
    if name is not None and (other := taken_by(name, branches)):
        raise BranchTaken(f"the branch {other} exists already", "choose another name, or `televibe session adopt --branch`")
    async with deps.store.writing() as tx:
        session_id = await tx.next_id("S")
    if name is None:
        name = numbered(branch_for(deps.policy.branch_prefix, session_id, role), branches)
    path = deps.home.worktree(deps.project.id, session_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    await deps.git.add_worktree(str(path), name, start)
    return await _store(deps, _session(deps, session_id, role, name, str(path), start, kind, adopted=False))


async def adopt_session(deps: Deps, branch: str, *, role: str = "implementer", agent: str | None = None) -> Session:
    """A session over a branch that exists already."""
    _check_role(deps, role)
    kind = check_agent_kind(agent or deps.policy.agent)
    name = check_branch_name(branch)
    if await deps.git.resolve(f"refs/heads/{name}") is None:
        raise Unknown(f"there is no branch {name}", f"`televibe session new --branch {name}` makes one")
    at = (await deps.git.checked_out()).get(name)
    if at is not None:
        raise BranchTaken(f"branch {name} is checked out at {at}", "check out another branch there first")
    async with deps.store.writing() as tx:
        session_id = await tx.next_id("S")
    path = deps.home.worktree(deps.project.id, session_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    head = await deps.git.adopt_worktree(str(path), name)
    base = await deps.git.merge_base(head, f"refs/heads/{deps.project.default_branch}") or head
    return await _store(deps, _session(deps, session_id, role, name, str(path), base, kind, adopted=True))


async def close_session(deps: Deps, session_id: str) -> Closed:
    """Remove the worktree. The branch stays; what is not committed is kept under ``refs/televibe/closed/<id>`` first."""
    async with deps.store.reading() as store:
        session = await store.session(session_id)
        open_jobs = [j for j in await store.jobs(session_id=session_id) if not j.state.over]
    if session.state is SessionState.closed:
        return Closed(session, ())
    running = [j.id for j in open_jobs if j.state is not JobState.queued]
    if running:
        raise Refused(f"{session_id} is working on {running[0]}", f"`televibe session stop {session_id}` first")
    kept = []
    there = str(session.worktree) in (await deps.git.checked_out()).values()
    if there and await deps.git.changes(session.worktree):
        kept.append(await deps.git.keep(f"closed/{session_id}", await deps.git.snapshot(session.worktree)))
    if there:
        await deps.git.remove_worktree(session.worktree)
    closed = session.model_copy(update={"state": SessionState.closed, "updated_at": deps.now()})
    async with deps.store.writing() as tx:
        for job in open_jobs:
            await tx.put(job.model_copy(update={"stop_requested": True}))
        await tx.put(closed)
        await revoke(tx, await tx.tokens(session_id), deps.now())
        text = f"{session_id} was closed; its work is on branch {session.branch}" + (f" and {kept[0]}" if kept else "")
        await tx.record(_event(deps, closed, EventKind.session_closed, text, {"kept": kept, "branch": session.branch}))
        await let_go(tx, deps, closed)
    return Closed(closed, tuple(kept))


def _session(deps: Deps, session_id: str, role: str, branch: str, path: str, base: str, agent: str, *, adopted: bool) -> Session:
    now = deps.now()
    return Session(
        id=session_id,
        project_id=deps.project.id,
        role=role,
        branch=branch,
        worktree=path,
        base_commit=base,
        agent=agent,
        adopted=adopted,
        created_at=now,
        updated_at=now,
    )


async def _store(deps: Deps, session: Session) -> Session:
    event = session_created(session)
    if session.adopted:
        text = f"{session.id} {session.role} took over {session.branch}"
        event = event.model_copy(update={"kind": EventKind.session_adopted, "text": text})
    async with deps.store.writing() as tx:
        await tx.put(session)
        await tx.record(event)
    return session


def _check_role(deps: Deps, role: str) -> None:
    if role not in deps.roles:
        raise Unknown(f"there is no role {role!r}", f"roles: {', '.join(deps.roles)}")


def _event(deps: Deps, session: Session, kind: EventKind, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, session_id=session.id, text=text, data=data)
