"""Whose a file is, which strategy holds for it, who may edit it, and whose work of it may land."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.nouns.conflict import Ownership, Strategy, StrategyRule
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.policy import ConflictPolicy
from orchestrator.nouns.session import Session
from orchestrator.verbs.brief_files import Ground, lines_about
from orchestrator.verbs.editing import Denial, Permit, Wall, may_edit, may_land
from orchestrator.verbs.lease_gate import Found, gate, look
from orchestrator.verbs.leases import ended, granted
from orchestrator.verbs.ownership import Owned, Territory
from orchestrator.verbs.resolver import named_for, resolver
from orchestrator.verbs.rights import CONTEXT

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LOCKS = Territory(policy=ConflictPolicy(strategy=Strategy.locks))


def session(id_: str, **fields: Any) -> Session:
    told = {"project_id": "P1", "role": "implementer", "branch": f"b/{id_}", "worktree": "/w", "base_commit": "c", "agent": "scripted"}
    return Session(**{"id": id_, "created_at": NOON, "updated_at": NOON, **told, **fields})


def lease(id_: str, by: str, *patterns: str, fence: int = 1, exclusive: bool = True) -> Lease:
    asked = Lease(id=id_, project_id="P1", session_id=by, patterns=patterns, exclusive=exclusive, state=LeaseState.queued, minutes=30.0,
                  asked_at=NOON)  # fmt: skip
    return granted(asked, fence, NOON)


def policy(**fields: Any) -> Territory:
    return Territory(policy=ConflictPolicy(**fields))


def denied(verdict: Permit | Denial) -> Denial:
    assert isinstance(verdict, Denial)
    return verdict


def test_the_most_exact_owner_counts_and_what_was_said_at_run_time_before_the_configuration() -> None:
    land = policy(owners={"src/**": "S1", "src/auth/**": "security", "src/auth/x.py": None})
    assert land.owner_of("src/a.py") == Owned("src/**", "S1")
    assert land.owner_of("src/auth/y.py") == Owned("src/auth/**", "security")
    assert land.owner_of("SRC/Auth/X.py") == Owned("src/auth/x.py", None)
    assert land.owner_of("docs/a.md") is None
    said = Ownership(project_id="P1", glob="src/**", owner="S9", set_at=NOON)
    assert land.model_copy(update={"ownerships": (said,)}).owner_of("src/auth/y.py") == Owned("src/**", "S9")


def test_strategies_at_run_time_by_exactness_in_the_configuration_by_order() -> None:
    land = policy(paths=[{"glob": "src/**", "strategy": "locks"}, {"glob": "src/a.py", "strategy": "ownership"}])
    assert land.strategy_of("src/a.py").strategy is Strategy.locks
    assert land.strategy_of("docs/a").strategy is Strategy.first_come
    rules = [StrategyRule(project_id="P1", glob=g, strategy=s, integrator=i, set_at=NOON) for g, s, i in (
        ("**", Strategy.ownership, ""), ("src/a.py", Strategy.integrator, "S9"))]  # fmt: skip
    land = land.model_copy(update={"strategies": tuple(rules)})
    assert (land.strategy_of("src/a.py").strategy, land.strategy_of("src/a.py").integrator) == (Strategy.integrator, "S9")
    assert land.strategy_of("src/b.py").strategy is Strategy.ownership


@pytest.mark.parametrize("strategy", Strategy)
def test_what_another_session_holds_is_left_alone_under_every_strategy(strategy: Strategy) -> None:
    land, held = policy(strategy=strategy), [lease("L3", "S7", "src/*.py")]
    verdict = denied(may_edit("src/cart.py", session("S1"), land, held, NOON))
    assert verdict.line.startswith("LOCKED: src/cart.py is held by S7 until 12:30 UTC (L3). ")
    assert "acquire_file_lock" in verdict.line
    assert may_edit("src/cart.py", session("S7"), land, held, NOON) == Permit()
    later = may_edit("src/cart.py", session("S1"), land, held, NOON + timedelta(minutes=30))
    assert isinstance(later, Denial) is (strategy is Strategy.locks), "a lease whose time is over is in nobody's way"
    assert may_edit(CONTEXT, session("S1"), land, [lease("L1", "S7", "**")], NOON) == Permit()


def test_owners_edit_their_own_and_the_shared_needs_a_lease() -> None:
    land = policy(strategy="ownership", owners={"src/**": "login", "docs/**": "writer", "Makefile": None})
    member, writer = session("S1", team="login"), session("S2", role="writer")
    assert may_edit("src/a.py", member, land, [], NOON) == Permit()
    assert may_edit("free.py", member, land, [], NOON) == Permit()
    outside = denied(may_edit("docs/a.md", member, land, [], NOON))
    assert (outside.wall, outside.owner) == (Wall.owner, "writer")
    assert outside.line.startswith("NOT YOURS: docs/a.md belongs to writer (docs/**)")
    assert 'create_request(to_role="writer"' in outside.remedy
    assert denied(may_edit("Makefile", writer, land, [], NOON)).wall is Wall.no_lease
    assert may_edit("Makefile", writer, land, [lease("L1", "S2", "Makefile")], NOON) == Permit()
    assert denied(may_edit("Makefile", writer, land, [lease("L1", "S2", "Makefile", exclusive=False)], NOON)).wall is Wall.no_lease


def test_only_the_integrator_and_the_owner_land() -> None:
    land = policy(strategy="integrator", integrator="S9", paths=[{"glob": "src/**", "strategy": "ownership"}], owners={"src/**": "S2"})
    assert denied(may_land(["README.md"], session("S1"), land)).owner == "S9"
    assert may_land(["README.md"], session("S9"), land) == Permit()
    assert may_land(["src/a.py", CONTEXT], session("S2"), land) == Permit()
    assert denied(may_land(["src/a.py"], session("S9"), land)).wall is Wall.owner
    assert may_land(["README.md", "src/a.py"], None, land) == Permit(), "the user's word is above strategies"


def test_the_gate_lets_work_pass_that_was_made_under_a_lease() -> None:
    done = ended(lease("L1", "S1", "src/a.py"), LeaseState.released, NOON)
    next_one = lease("L2", "S2", "src/a.py", fence=2)
    assert gate("S1", ["src/a.py"], [done, next_one], []) == [], "released in order: the next one changes nothing"
    [line] = gate("S1", ["src/b.py"], [done], [])
    assert "without a lease" in line


def test_the_gate_holds_back_what_was_made_under_a_lease_that_was_lost_to_somebody_else() -> None:
    lost = ended(lease("L1", "S1", "src/**"), LeaseState.expired, NOON)
    assert gate("S1", ["src/a.py"], [lost], []) == [], "nobody had it since"
    since = ended(lease("L2", "S2", "src/a.py", fence=2), LeaseState.released, NOON)
    [line] = gate("S1", ["src/a.py", "src/b.py"], [lost, since], [])
    assert line.startswith("src/a.py: S1 lost L1, and S2 was granted L2 before the work was done")
    again = ended(lease("L3", "S1", "src/a.py", fence=3), LeaseState.released, NOON)
    assert gate("S1", ["src/a.py"], [lost, since, again], []) == [], "it looked at what the other one made of it"


def test_the_check_after_a_job_and_the_gate_agree() -> None:
    mine, theirs = ended(lease("L1", "S1", "a"), LeaseState.released, NOON), lease("L2", "S2", "a", fence=2)
    assert look("S1", "a", [mine]) is None
    assert look("S1", "b", [mine]) == Found("S1", "b", 0)
    found = look("S1", "a", [mine, theirs])
    assert found == Found("S1", "a", 1, "S2", 2)
    assert "while S2 had its lease" in gate("S1", ["a"], [mine, theirs], [found])[0]
    assert gate("S1", ["a"], [mine, theirs, lease("L3", "S1", "a", fence=3)], [found]) == []


def test_a_brief_says_what_concerns_its_session() -> None:
    held, queued = lease("L1", "S1", "src/a.py"), lease("L2", "S2", "docs/**")
    assert list(lines_about(Ground(territory=policy()), session("S1"), ("src/a.py",))) == []
    said = dict(lines_about(Ground(territory=LOCKS, leases=(held, queued)), session("S2"), ("src/a.py",)))
    assert said["L1"].startswith("S1 holds L1 until 12:30 UTC: src/a.py")
    assert said["L2"].startswith("you hold L2 until 12:30 UTC: docs/**")
    assert said["strategy:**"].startswith("every file is edited by whoever holds its lease")
    owned = policy(strategy="ownership", owners={"src/**": "S1", "docs/**": "S2", "x": None})
    lines = dict(lines_about(Ground(territory=owned), session("S2"), ()))
    assert lines["owners:mine"] == "yours: docs/**"
    assert lines["owners:src/**"].startswith("src/** belongs to S1")


def test_who_brings_two_sides_together() -> None:
    """The integrator before an owner, an owner before the later side; nobody else when whoever is named cannot."""
    one, two = session("S4"), session("S2", role="integrator")
    paths = [{"glob": g, "strategy": s} for g, s in (("src/**", "integrator"), ("lib/**", "ownership"), ("docs/**", "ownership"))]
    land = policy(owners={"lib/**": "S3", "docs/**": "S5"}, integrator="integrator", paths=paths)
    assert named_for(["lib/a.py", "src/a.py"], one, land) == "integrator"
    assert named_for(["lib/a.py", "x.py"], one, land) == "S3"
    assert named_for(["lib/a.py", "docs/a.md"], one, land) == "S4", "two owners: the one who comes later adapts"
    assert named_for(["x.py"], one, land) == "S4"
    assert resolver("integrator", one, [one, two]) == two
    assert resolver("implementer", one, [session("S1"), one]) == one, "it knows one side already"
    assert resolver("S3", one, [one, two]) is None
