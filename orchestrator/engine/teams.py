"""Teams made and ended by hand: one branch for the feature, a session with a worktree for each role."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from graphs.spawning import session_created
from graphs.state import Deps
from orchestrator.engine.sessions import Closed, close_session
from orchestrator.nouns.errors import NotReady, Refused, Unknown
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.agent_kinds import check_agent_kind
from orchestrator.verbs.preflight import preflight
from orchestrator.verbs.teams import Team, TeamPlan, plan_team, team_named, teams_of


async def new_team(deps: Deps, name: str, roles: list[str], *, prefix: str | None = None, agent: str | None = None) -> Team:
    """A team on branches that start at the default branch. All of it, or nothing: what was made is removed when a part fails."""
    kind = check_agent_kind(agent or deps.policy.agent)
    preflight(await deps.git.state(), allow_dirty=True)
    start = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    if start is None:
        raise Unknown(f"the default branch {deps.project.default_branch} does not exist", "set default_branch in the config")
    async with deps.store.reading() as store:
        known = [team.name for team in teams_of(await store.sessions(deps.project.id))]
    plan = plan_team(
        name,
        roles,
        deps.policy.team_prefix if prefix is None else prefix,
        table=deps.roles,
        branches=await deps.git.branches(),
        teams=known,
    )
    async with deps.store.writing() as tx:
        ids = [await tx.next_id("S") for _ in plan.members]
    sessions = [_session(deps, plan, id_, role, branch, start, kind) for id_, (role, branch) in zip(ids, plan.members, strict=True)]
    async with AsyncExitStack() as undo:
        await deps.git.create_branch(plan.branch, start)
        undo.push_async_callback(deps.git.drop_branch, plan.branch, start)
        for session in sessions:
            await _make_worktree(deps, session, undo)
        await _store(deps, plan, sessions, start)
        undo.pop_all()
    return Team(plan.name, plan.branch, tuple(sessions))


async def close_team(deps: Deps, name: str) -> list[Closed]:
    """Close its sessions. The branches stay. Refused as a whole while one of them works."""
    async with deps.store.reading() as store:
        team = team_named(name, await store.sessions(deps.project.id))
        members = [session for session in team.sessions if session.live]
        for session in members:
            if any(not job.state.over for job in await store.jobs(session_id=session.id)):
                raise Refused(f"{session.id} ({session.role}) has work", f"wait, or `televibe session stop {session.id}` first")
    closed = [await close_session(deps, session.id) for session in members]
    if closed:
        async with deps.store.writing() as tx:
            text = f"team {name} was closed; its work is on {team.branch}"
            await tx.record(_event(deps, EventKind.team_closed, text, {"team": name, "branch": team.branch}))
    return closed


async def _make_worktree(deps: Deps, session: Session, undo: AsyncExitStack) -> None:
    path = deps.home.worktree(deps.project.id, session.id)
    if path.exists():
        raise NotReady(f"{path} is in the way of the worktree of {session.id}", "move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    undo.push_async_callback(_forget_worktree, deps, session)
    await deps.git.add_worktree(session.worktree, session.branch, session.base_commit)


async def _forget_worktree(deps: Deps, session: Session) -> None:
    """Also when the worktree was made in part only. A branch that is not where it began is somebody else's."""
    await deps.git.remove_worktree(session.worktree)
    if await deps.git.resolve(f"refs/heads/{session.branch}") == session.base_commit:
        await deps.git.drop_branch(session.branch, session.base_commit)


def _session(deps: Deps, plan: TeamPlan, session_id: str, role: str, branch: str, start: str, agent: str) -> Session:
    now = deps.now()
    return Session(
        id=session_id,
        project_id=deps.project.id,
        role=role,
        branch=branch,
        worktree=str(deps.home.worktree(deps.project.id, session_id)),
        base_commit=start,
        agent=agent,
        state=SessionState.idle,
        title=plan.name,
        team=plan.name,
        created_at=now,
        updated_at=now,
    )


async def _store(deps: Deps, plan: TeamPlan, sessions: list[Session], start: str) -> None:
    text = f"team {plan.name} on {plan.branch}: {', '.join(f'{s.id} {s.role}' for s in sessions)}"
    data = {"team": plan.name, "branch": plan.branch, "head": start, "sessions": [s.id for s in sessions]}
    async with deps.store.writing() as tx:
        if any(team.name == plan.name for team in teams_of(await tx.sessions(deps.project.id))):
            raise Refused(f"there is a team {plan.name} already", "another command made it just now")
        await tx.put(*sessions)
        for session in sessions:
            await tx.record(session_created(session))
        await tx.record(_event(deps, EventKind.team_created, text, data))


def _event(deps: Deps, kind: EventKind, text: str, data: dict[str, Any]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, text=text, data=data)
