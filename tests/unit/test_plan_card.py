"""The plan card: who would do what in which order, what it may cost, and how it would land."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from orchestrator.doors.plan_card import estimate, order, plan_card
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.policy import Landing, Policy
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState, TaskType

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GOAL = Goal(
    id="G1",
    project_id="P1",
    text="Add login\x1b[2J; test it",
    state=GoalState.proposed,
    agent="claude",
    plan_revision=2,
    plan_confidence=0.8,
    created_at=NOW,
    updated_at=NOW,
)
SESSION = Session(
    id="S4",
    project_id="P1",
    role="tester",
    branch="televibe/tests",
    worktree="/w",
    base_commit="0" * 40,
    agent="claude",
    created_at=NOW,
    updated_at=NOW,
)


def task(number: int, *after: int, session: str | None = None, state: TaskState = TaskState.waiting) -> Task:
    return Task(
        id=f"T{number}",
        goal_id="G1",
        position=number,
        title=f"Piece {number}",
        instruction="do it",
        type=TaskType.implement,
        role="implementer",
        depends_on=tuple(f"T{n}" for n in after),
        files=("a.py", "b.py", "c.py", "d.py"),
        state=state,
        session_id=session,
        route_reason=f"reason {number}",
        route_confidence=0.5,
    )


def job(cost: float, state: JobState = JobState.done) -> Job:
    return Job(id="J1", project_id="P1", session_id="S1", seq=1, instruction="x", state=state, cost_usd=cost, queued_at=NOW)


def test_a_card_says_who_does_what_why_and_after_what() -> None:
    tasks = [task(1), task(2, 1, session="S4"), task(3, 1, state=TaskState.dropped)]
    card = plan_card(GOAL, tasks, Policy(checks=("make test",), default_branch="main"), sessions=[SESSION])
    assert card.rows == (
        ("T1", "implement", "Piece 1", "new implementer", "-", "a.py, b.py, c.py +1"),
        ("T2", "implement", "Piece 2", "S4 implementer on televibe/tests", "T1", "a.py, b.py, c.py +1"),
    )
    plain = card.plain()
    assert "Plan for G1, revision 2 (decided by deterministic, confidence 0.80)" in plain
    assert "T2: reason 2 (0.50)" in plain
    assert "reason 3" not in plain, "a dropped task is no part of the plan"
    assert "make test" in plain
    assert "on main, once every check passes" in plain
    assert "\x1b" not in plain


def test_a_terminal_gets_the_same_words() -> None:
    card = plan_card(GOAL, [task(1), task(2, 1)], Policy())
    drawn = io.StringIO()
    Console(file=drawn, width=200).print(card)
    for words in ("T1", "Piece 2", "reason 1", "T1 → T2", "\\x1b[2J", *dict(card.facts)):
        assert words in drawn.getvalue()


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([task(1), task(2, 1), task(3, 1), task(4, 2, 3)], "T1 → T2, T3 → T4"),
        ([task(1), task(2)], "T1, T2"),
        ([task(2, 1)], "T2"),  # what it waited for was dropped
        ([task(1, 2), task(2, 1)], "T1, T2"),  # a circle is shown, not hung on
        ([], ""),
    ],
)
def test_the_order_shows_what_can_go_side_by_side(tasks: list[Task], words: str) -> None:
    assert order(tasks) == words


def test_the_cost_is_estimated_from_earlier_jobs_only() -> None:
    assert estimate(3, [], 10.0) == "unknown, there are no earlier jobs to go by; stops at $10.00 (budget.goal_usd)"
    card = plan_card(GOAL, [task(1), task(2)], Policy(), past=[job(0.1), job(0.3), job(5.0), job(9.0, JobState.running)])
    assert dict(card.facts)["cost"].startswith("about $0.60: 2 × $0.30, the median of 3 earlier jobs; stops at $10.00")


def test_the_card_warns_when_nothing_would_be_checked_and_says_where_work_stays() -> None:
    assert dict(plan_card(GOAL, [], Policy()).facts)["landing"] == "on the default branch, without a check"
    facts = dict(plan_card(GOAL, [], Policy(landing=Landing.never)).facts)
    assert facts["landing"] == "never; the result stays on branch televibe/G1"
    assert facts["checks"].startswith("none")


def test_a_review_says_who_gets_its_changes() -> None:
    review = task(2, 1).model_copy(update={"rework": "T1"})
    rows = plan_card(GOAL, [task(1), review], Policy()).rows
    assert [row[4] for row in rows] == ["-", "T1, changes go back to T1"]
