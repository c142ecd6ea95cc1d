"""``televibe team new|list|show|close``: several sessions for one feature, and how far their work met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.doors.opening import Opened, opened
from orchestrator.doors.output import Out, Tone, ago, one_line
from orchestrator.doors.sessions import session_tone
from orchestrator.engine.teams import close_team, new_team
from orchestrator.engine.workplace import workplace
from orchestrator.nouns.session import Session
from orchestrator.verbs.teams import Team, team_named, teams_of


async def make_team(repo: Path, name: str, roles: str, prefix: str | None, agent: str | None, out: Out, *, as_json: bool) -> int:
    """A session for each of the roles, separated by commas. No agent is started before there is work for it."""
    async with workplace(Home.find(), repo, engine=False) as place:
        team = await new_team(place.deps, name, [role.strip() for role in roles.split(",")], prefix=prefix, agent=agent)
    if as_json:
        out.document(_document(team))
        return 0
    out.line(f"team {team.name} on {team.branch}", Tone.good)
    for session in team.sessions:
        out.line(f"{session.id} {session.role} on {session.branch} in {session.worktree}")
    out.line(f'no agent runs yet; give one work: televibe session send {team.sessions[0].id} "…"')
    return 0


async def list_teams(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    """The teams of the project; those without an open session only with ``everything``."""
    async with opened(repo) as door, door.store.reading() as view:
        teams = [t for t in teams_of(await view.sessions(door.project.id)) if everything or t.live]
    if as_json:
        out.document([_document(team, state=True) for team in teams])
    elif teams:
        out.table(("team", "branch", "members", "changed"), [_row(team) for team in teams])
    else:
        out.line("no teams yet — `televibe team new NAME --roles implementer,reviewer,tester` makes one")
    return 0


def _row(team: Team) -> list[str | tuple[str, Tone]]:
    members = ", ".join(f"{s.id} {s.role} {s.state.value}" for s in team.sessions)
    return [(team.name, Tone.name), team.branch, members, ago(max(s.updated_at for s in team.sessions))]


async def show_team(repo: Path, name: str, out: Out, *, as_json: bool) -> int:
    """One team: where its branch is, and for each member whether its work is there and whether it has what is there."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            team = team_named(name, await view.sessions(door.project.id))
        head = await door.git.resolve(f"refs/heads/{team.branch}")
        met = {session.id: await _met(door, session, head) for session in team.sessions}
    if as_json:
        document = _document(team, state=True)
        out.document({**document, "head": head, "sessions": [{**s, **met[s["id"]]} for s in document["sessions"]]})
        return 0
    out.line(f"{team.name}  {team.branch} {head[:10] if head else 'is gone'}", Tone.name)
    rows: list[list[str | tuple[str, Tone]]] = [
        [
            (s.id, Tone.name),
            s.role,
            (s.state.value, session_tone(s.state)),
            s.branch,
            _said(met[s.id]["delivered"]),
            _said(met[s.id]["up_to_date"]),
            one_line(s.last_summary, 60),
        ]
        for s in team.sessions
    ]
    out.table(("id", "role", "state", "branch", "its work is there", "has what is there", "last did"), rows)
    return 0


async def _met(door: Opened, session: Session, team_head: str | None) -> dict[str, Any]:
    """``delivered``: the team's branch has all that the session committed. ``up_to_date``: the session has all of that branch."""
    head = await door.git.resolve(f"refs/heads/{session.branch}")
    if head is None or team_head is None:
        return {"head": head, "delivered": None, "up_to_date": None}
    delivered = await door.git.contains(team_head, head)
    return {"head": head, "delivered": delivered, "up_to_date": await door.git.contains(head, team_head)}


def _said(known: bool | None) -> str:
    return "?" if known is None else "yes" if known else "no"


async def end_team(repo: Path, name: str, out: Out, *, as_json: bool) -> int:
    """Close its sessions; every branch stays, and what was not committed is kept under refs."""
    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            team = team_named(name, await view.sessions(place.deps.project.id))
        closed = await close_team(place.deps, team.name)
    kept = [ref for one in closed for ref in one.kept]
    if as_json:
        out.document({"team": team.name, "branch": team.branch, "closed": [one.session.id for one in closed], "kept": kept})
        return 0
    out.line(f"team {team.name} is closed; its work is on branch {team.branch}", Tone.good)
    for ref in kept:
        out.line(f"what was not committed is kept: git show {ref}")
    return 0


def _document(team: Team, *, state: bool = False) -> dict[str, Any]:
    shown = {"id", "role", "branch", "worktree"} | ({"state"} if state else set())
    return {"team": team.name, "branch": team.branch, "sessions": [s.model_dump(mode="json", include=shown) for s in team.sessions]}
