"""A run as text: layers, what each stage needs, how far it is, what it took; in any width, with or without special characters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.nouns.flow import OnComplete, Outcome, Verdict
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState, TaskType
from orchestrator.verbs.workflow.picture import duration, picture
from orchestrator.verbs.workflow.view import RunView, later, run_view

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOAL = Goal(
    id="G3", project_id="P1", text="Add user accounts\nand payments", state=GoalState.working, agent="scripted", paused=True,
    workflow="parallel-integrate", created_at=NOW - timedelta(seconds=200), updated_at=NOW,
)  # fmt: skip


def task(id_: str, position: int, state: TaskState, *after: str, **more: Any) -> Task:
    return Task(
        id=id_, goal_id="G3", position=position, title=id_, instruction="do it", type=TaskType.implement, depends_on=after,
        state=state, **{"role": "implementer", **more},
    )  # fmt: skip


def job(number: int, task_id: str, state: JobState, began: float, ended: float | None = None, **more: Any) -> Job:
    return Job(
        id=f"J{number}", project_id="P1", session_id=f"S{number}", goal_id="G3", task_id=task_id, seq=number, instruction="do it",
        state=state, queued_at=NOW, started_at=NOW - timedelta(seconds=began),
        finished_at=None if ended is None else NOW - timedelta(seconds=ended), **more,
    )  # fmt: skip


def run() -> RunView:
    tasks = [
        task("build-1", 1, TaskState.done, session_id="S1", round=1, verdict=Verdict.approved),
        task("build-2", 2, TaskState.dispatched, session_id="S2"),
        task("build-3", 3, TaskState.asking, session_id="S3"),
        task(
            "integrate", 4, TaskState.waiting, "build-1", "build-2", "build-3", role="integrator", rework="build-1",
            on_complete=OnComplete.merge,
        ),
        task("mend", 5, TaskState.skipped, "build-1", when={"build-1": (Outcome.changes_wanted, Outcome.failed)}),
        task("tell", 6, TaskState.failed, "integrate", session_id="S4", on_complete=OnComplete.notify),
    ]  # fmt: skip
    jobs = [
        job(1, "build-1", JobState.failed, 180, 170, error="no commit", cost_usd=0.1),
        job(1, "build-1", JobState.done, 120, 79, cost_usd=0.02, verdict_reason="reads well"),
        job(2, "build-2", JobState.running, 12),
        job(3, "build-3", JobState.done, 100, 40, question="which\ncolour?", cost_usd=0.004),
        job(4, "tell", JobState.failed, 5, 1, error="the agent exited with status 3"),
    ]
    return run_view(GOAL, tasks, jobs, 0.124, NOW)


def drawn(width: int = 0, *, fine: bool = True) -> str:
    return "\n".join(line.text for line in picture(run(), width=width, fine=fine)) + "\n"


def test_a_run_as_wide_as_it_gets() -> None:
    assert (
        drawn()
        == """\
G3 parallel-integrate  working, paused · 3 min 20 s · $0.12
Add user accounts
and payments

┌ ✓ build-1    done        S1 implementer  round 1 of 2  51 s  $0.12
│     approved: reads well
├ ▸ build-2    dispatched  S2 implementer  12 s
└ ? build-3    asking      S3 implementer  1 min 0 s  $0.0040
      which colour?
      televibe session send S3 "…"
  │
┌ · integrate  waiting     new integrator  ← build-1, build-2, build-3  (lands)
│     waits for build-2, build-3
└ ↷ mend       skipped     implementer     ← build-1
      it was for: build-1 changes_wanted or failed
  │
  ✗ tell       failed      S4 implementer  4 s  ← integrate  (tells)
      the agent exited with status 3
      televibe workflow retry G3 tell
"""
    )


def test_a_narrow_terminal_gets_more_lines_and_no_longer_ones() -> None:
    assert (
        drawn(44)
        == """\
G3 parallel-integrate
  working, paused · 3 min 20 s · $0.12
Add user accounts
and payments

┌ ✓ build-1    done        S1 implementer
│     round 1 of 2  51 s  $0.12
│     approved: reads well
├ ▸ build-2    dispatched  S2 implementer
│     12 s
└ ? build-3    asking      S3 implementer
      1 min 0 s  $0.0040
      which colour?
      televibe session send S3 "…"
  │
┌ · integrate  waiting     new integrator
│     ← build-1, build-2, build-3  (lands)
│     waits for build-2, build-3
└ ↷ mend       skipped     implementer
      ← build-1
      it was for: build-1 changes_wanted or…
  │
  ✗ tell       failed      S4 implementer
      4 s  ← integrate  (tells)
      the agent exited with status 3
      televibe workflow retry G3 tell
"""
    )


@pytest.mark.parametrize(("state", "offered"), [(GoalState.blocked, True), (GoalState.stopped, False), (GoalState.landed, False)])
def test_a_retry_is_offered_where_it_is_taken(state: GoalState, *, offered: bool) -> None:
    failed = run_view(GOAL.model_copy(update={"state": state}), [task("a", 1, TaskState.failed)], [], 0, NOW)
    assert any("workflow retry" in line.text for line in picture(failed)) is offered


def test_a_stream_without_special_characters() -> None:
    text = drawn(90, fine=False)
    assert text.isascii()
    assert (
        text
        == """\
G3 parallel-integrate  working, paused - 3 min 20 s - $0.12
Add user accounts
and payments

/ + build-1    done        S1 implementer  round 1 of 2  51 s  $0.12
|     approved: reads well
| > build-2    dispatched  S2 implementer  12 s
\\ ? build-3    asking      S3 implementer  1 min 0 s  $0.0040
      which colour?
      televibe session send S3 "..."
  |
/ . integrate  waiting     new integrator  <- build-1, build-2, build-3  (lands)
|     waits for build-2, build-3
\\ ~ mend       skipped     implementer     <- build-1
      it was for: build-1 changes_wanted or failed
  |
  x tell       failed      S4 implementer  4 s  <- integrate  (tells)
      the agent exited with status 3
      televibe workflow retry G3 tell
"""
    )


@given(st.integers(30, 200))
def test_no_line_is_wider_than_the_terminal_but_a_command(width: int) -> None:
    for line in picture(run(), width=width):
        assert len(line.text) <= width or line.text.lstrip("│ ").startswith("televibe ")


def test_a_chain_of_many_is_one_column() -> None:
    tasks = [task(f"s{n}", n, TaskState.waiting, *([f"s{n - 1}"] if n > 1 else [])) for n in range(1, 201)]
    lines = picture(run_view(GOAL, tasks, [], 0.0, NOW))
    assert sum(line.state is TaskState.waiting and line.text.startswith("  ·") for line in lines) == 200


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_how_long(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_run_that_is_over_grows_no_older() -> None:
    over = GOAL.model_copy(update={"state": GoalState.landed, "updated_at": NOW - timedelta(seconds=150)})
    assert run_view(over, [task("a", 1, TaskState.done)], [], 0, NOW).seconds == 50


def test_what_works_grows_older_and_nothing_else() -> None:
    before, after = run(), later(run(), 60)
    grown = {one.id: round(now.seconds - one.seconds) for one, now in zip(before.stages, after.stages, strict=True)}
    assert {id_: seconds for id_, seconds in grown.items() if seconds} == {"build-2": 60}
    assert after.seconds == before.seconds + 60
