"""Teams: several sessions for one feature, a worktree each (git gives no branch to two), one branch where their work meets. Pure.

``feature/login`` is the branch of team ``login``; no worktree has it checked out. Its tester works on ``feature/login--tester``: beside
it, not below, for in git a branch cannot also be a folder. A team is what its sessions say it is (``Session.team``), so there is no
other record of it that could be wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.nouns.errors import BranchTaken, Refused, Unknown, UsageError
from orchestrator.nouns.session import Role, Session
from orchestrator.verbs.branches import broken_rule, check_branch_name, numbered, taken_by

MOST = 16
"""Members of a team: more than a person can follow, and as many worktrees as were made at once without a failure."""

PARTS = "--"
EXAMPLE = "e.g. televibe team new login --roles implementer,reviewer,tester"


@dataclass(frozen=True)
class Team:
    """A team as it is: its branch, and its sessions in the order of their ids, closed ones too."""

    name: str
    branch: str
    sessions: tuple[Session, ...]

    @property
    def live(self) -> bool:
        return any(session.live for session in self.sessions)


@dataclass(frozen=True)
class TeamPlan:
    """A team that can be made: (role, branch) of each member."""

    name: str
    branch: str
    members: tuple[tuple[str, str], ...]


def plan_team(
    name: str, roles: Sequence[str], prefix: str, *, table: Mapping[str, Role], branches: Collection[str], teams: Iterable[str]
) -> TeamPlan:
    """Branches for a team and its members; says in one line what stands against it."""
    broken = broken_rule(name)
    if broken:
        raise UsageError(f"{name[:80]!a} is not a usable team name: {broken}", EXAMPLE)
    if not roles or not all(roles):
        raise UsageError("a team needs roles, separated by commas", EXAMPLE)
    if len(roles) > MOST:
        raise UsageError(f"{len(roles)} roles are too many for a team", f"at most {MOST}")
    if unknown := next((role for role in roles if role not in table), None):
        raise Unknown(f"there is no role {unknown!r}", f"roles: {', '.join(table)}")
    if name in set(teams):
        raise Refused(f"there is a team {name} already", f"`televibe team show {name}` shows it; choose another name")
    branch = check_branch_name(prefix + name)
    members: list[tuple[str, str]] = []
    for role in roles:
        taken = [own for _, own in members]
        members.append((role, numbered(check_branch_name(f"{branch}{PARTS}{role}"), taken)))
    if there := next((one for one in (branch, *(own for _, own in members)) if taken_by(one, branches)), None):
        raise BranchTaken(f"the branch {there} exists already, or is in the way of one", "choose another name or --branch-prefix")
    return TeamPlan(name, branch, tuple(members))


def team_branch(session: Session) -> str | None:
    """The branch where the work of the session's team meets; None for a session without a team."""
    return session.branch.rpartition(PARTS)[0] or None if session.team else None


def teams_of(sessions: Iterable[Session]) -> list[Team]:
    """The teams among the sessions, the oldest first."""
    found: dict[str, list[Session]] = {}
    for session in sessions:
        if session.team:
            found.setdefault(session.team, []).append(session)
    return [Team(name, team_branch(members[0]) or "", tuple(members)) for name, members in found.items()]


def team_named(name: str, sessions: Iterable[Session]) -> Team:
    """The team of that name."""
    teams = teams_of(sessions)
    found = next((team for team in teams if team.name == name), None)
    if found is None:
        known = ", ".join(team.name for team in teams)
        raise Unknown(f"there is no team {name[:80]!a}", f"teams: {known}" if known else "`televibe team new` makes one")
    return found
