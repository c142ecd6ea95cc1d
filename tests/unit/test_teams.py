"""Teams on paper: names, branches, and what stands against them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.session import Session
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.take_over import conflict_note
from orchestrator.verbs.teams import TeamPlan, plan_team, team_branch, team_named, teams_of

ROLES = role_table()
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def planned(name: str, roles: Sequence[str] = ("implementer", "tester"), branches: Sequence[str] = ("main",)) -> TeamPlan:
    return plan_team(name, roles, "feature/", table=ROLES, branches=branches, teams=["old"])


def member(id_: str, team: str | None, branch: str) -> Session:
    return Session(
        id=id_, project_id="P1", role="tester", branch=branch, worktree="/w", base_commit="0", agent="scripted", team=team,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_a_member_has_a_branch_beside_the_teams() -> None:
    plan = planned("pay/cards--two", ["implementer", "tester", "implementer"])
    assert plan.branch == "feature/pay/cards--two"
    assert plan.members == (
        ("implementer", "feature/pay/cards--two--implementer"),
        ("tester", "feature/pay/cards--two--tester"),
        ("implementer", "feature/pay/cards--two--implementer-2"),
    )
    assert all(team_branch(member("S1", plan.name, branch)) == plan.branch for _, branch in plan.members)


def test_a_session_without_a_team_has_no_teams_branch_whatever_its_own_is_called() -> None:
    assert team_branch(member("S1", None, "feature/x--tester")) is None


@pytest.mark.parametrize(
    ("name", "roles", "branches", "said"),
    [
        ("", ["tester"], [], "is not a usable team name: it is empty"),
        ("-x", ["tester"], [], "is not a usable team name"),
        ("a..b", ["tester"], [], "it contains '..'"),
        ("a b", ["tester"], [], "is not a usable team name"),
        ("🚀", ["tester"], [], "is not a usable team name"),
        ("x\x1b[2J", ["tester"], [], "is not a usable team name"),
        ("x" * 200, ["tester"], [], "characters; at most"),
        ("a", [], [], "a team needs roles"),
        ("a", ["tester", ""], [], "a team needs roles"),
        ("a", ["tester", "wizard"], [], "there is no role 'wizard'"),
        ("a", ["tester"] * 17, [], "17 roles are too many"),
        ("old", ["tester"], [], "there is a team old already"),
        ("a", ["tester"], ["feature/a"], "the branch feature/a exists already"),
        ("a", ["tester"], ["feature/a--tester"], "the branch feature/a--tester exists already"),
        ("a", ["tester"], ["feature"], "in the way"),
        ("a", ["tester"], ["feature/a/b"], "in the way"),
    ],
)
def test_what_stands_against_a_team_is_said_in_one_line(name: str, roles: list[str], branches: list[str], said: str) -> None:
    with pytest.raises(TeleVibeError) as caught:
        planned(name, roles, branches)
    assert said in caught.value.line()
    assert caught.value.remedy
    assert "\x1b" not in caught.value.line()


def test_sixteen_are_a_team() -> None:
    assert len({branch for _, branch in planned("a", ["tester"] * 16).members}) == 16


def test_teams_are_what_their_sessions_say() -> None:
    sessions = [
        member("S1", "a", "feature/a--tester"),
        member("S2", None, "x"),
        member("S3", "b", "work/b--tester"),
        member("S4", "a", "feature/a--x"),
    ]
    assert [(t.name, t.branch, [s.id for s in t.sessions]) for t in teams_of(sessions)] == [
        ("a", "feature/a", ["S1", "S4"]),
        ("b", "work/b", ["S3"]),
    ]
    with pytest.raises(TeleVibeError, match="there is no team 'c'"):
        team_named("c", sessions)


def test_who_may_not_merge_is_not_told_to() -> None:
    assert "First merge these branches" in conflict_note(ROLES["implementer"], ["b"], ["f"])
    assert "First merge" not in conflict_note(ROLES["reviewer"], ["b"], ["f"])
