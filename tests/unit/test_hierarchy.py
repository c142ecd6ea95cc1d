"""Hierarchy: who is below whom, which cap keeps a parent from more, and what it is called with."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.policy import HierarchyPolicy
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.hierarchy import (
    MESSAGE_CHARS,
    Spent,
    ancestors,
    budget_left,
    descendants,
    may_have_child,
    over_budget,
    results_in_words,
)

AT = datetime(2030, 1, 1, tzinfo=UTC)


def session(id_: str, parent: str | None = None, state: SessionState = SessionState.idle) -> Session:
    return Session(
        id=id_, project_id="P1", role="implementer", branch=id_, worktree="/w", base_commit="0", agent="scripted", parent=parent,
        state=state, created_at=AT, updated_at=AT,
    )  # fmt: skip


FAMILY = [session("S1"), session("S2", "S1"), session("S3", "S1", SessionState.closed), session("S4", "S2"), session("S9")]


def test_who_is_below_whom() -> None:
    assert {s.id for s in descendants(FAMILY, "S1")} == {"S2", "S3", "S4"}
    assert [s.id for s in descendants(FAMILY, "S4")] == []
    assert ancestors(FAMILY, "S4") == ["S2", "S1"]
    assert ancestors(FAMILY, "S9") == []
    ring = [session("S1", "S2"), session("S2", "S1")]
    assert ancestors(ring, "S1") == ["S2", "S1"], "stored wrongly, it ends all the same"
    assert [s.id for s in descendants(ring, "S1")] == ["S2"]


def test_each_cap_is_named() -> None:
    assert may_have_child(HierarchyPolicy(), FAMILY, "S1") == ""
    assert "(hierarchy.children)" in may_have_child(HierarchyPolicy(children=1), FAMILY, "S1")
    assert may_have_child(HierarchyPolicy(children=2), FAMILY, "S1") == "", "a closed child leaves its place"
    assert "S4 is 2 below the first; children may be at most 2 below it (hierarchy.depth)" in may_have_child(
        HierarchyPolicy(), FAMILY, "S4"
    )
    assert "(hierarchy.depth)" in may_have_child(HierarchyPolicy(depth=0), FAMILY, "S9")
    assert "900 of 900 tokens (hierarchy.tokens)" in over_budget(HierarchyPolicy(tokens=900), "S1", Spent(900, 0.0))
    assert "$2.50 of $2.00 (hierarchy.usd)" in over_budget(HierarchyPolicy(usd=2), "S1", Spent(0, 2.5))
    assert over_budget(HierarchyPolicy(usd=2, tokens=900), "S1", Spent(899, 1.99)) == ""
    assert budget_left(HierarchyPolicy(usd=2, tokens=900), Spent(1000, 0.5)) == Spent(0, 1.5)


def test_all_results_fit_into_what_a_parent_is_called_with() -> None:
    def ended(number: int, result: str) -> Assignment:
        done = AssignmentState.done
        return Assignment(
            id=f"A{number}", project_id="P1", parent="S1", child=f"S{number}", instruction="x", state=done, result=result,
            created_at=AT, updated_at=AT,
        )  # fmt: skip

    two = results_in_words([ended(1, "form added"), ended(2, "tests added")])
    assert two == "All that you waited for is over (2).\nA1 (S1) is done: form added\nA2 (S2) is done: tests added"
    long = results_in_words([ended(n, "x" * 5000) for n in range(1, 9)])
    assert len(long) < MESSAGE_CHARS + 400
    assert all(f"A{n} (S{n}) is done: xxx" in long for n in range(1, 9))
    assert "wait_for has the whole" in long
