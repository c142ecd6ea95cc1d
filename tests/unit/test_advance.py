"""Whose turn it is, what lands, what a verdict is and what a job's end means: decided from values alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.nouns.flow import OnComplete, OnFailure, Outcome, Verdict
from orchestrator.nouns.work import Task, TaskState, TaskType
from orchestrator.verbs.advance import Progress, near_turn, to_land, turn
from orchestrator.verbs.rework import again, givers
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.settle import consequence
from orchestrator.verbs.verdict import verdict_of

WAITING, DISPATCHED, DONE, FAILED, SKIPPED = (
    TaskState.waiting, TaskState.dispatched, TaskState.done, TaskState.failed, TaskState.skipped,
)  # fmt: skip


def task(id_: str, state: TaskState = WAITING, *needs: str, **more: Any) -> Task:
    given = {"type": TaskType.implement, "role": "implementer", "position": 1, **more}
    return Task(id=id_, goal_id="G1", title=id_, instruction=id_, depends_on=needs, state=state, **given)


@st.composite
def dags(draw: st.DrawFn) -> list[Task]:
    """Tasks in states that can be, the last of whose turns has just ended well."""
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 7))):
        needs = draw(st.sets(st.sampled_from([t.id for t in tasks]))) if tasks else set()
        before = [t for t in tasks if t.id in needs]
        begun = all(t.state.over for t in before)
        state = draw(st.sampled_from([WAITING, DISPATCHED, DONE, FAILED, SKIPPED])) if begun else WAITING
        when = {t.id: (draw(st.sampled_from(Outcome)),) for t in before if draw(st.booleans())}
        tasks.append(
            task(
                f"t{number}", state, *sorted(needs), position=number + 1, when=when,
                on_failure=draw(st.sampled_from(OnFailure)), on_complete=draw(st.sampled_from(OnComplete)),
                verdict=draw(st.sampled_from([None, Verdict.approved, Verdict.changes_wanted])) if state is DONE else None,
            )
        )  # fmt: skip
    return tasks


@given(dags())
def test_the_neighbours_of_what_ended_say_what_the_whole_says(tasks: list[Task]) -> None:
    """A step that looks at a few tasks of hundreds may give up, but never gives another answer about those behind what ended."""
    whole, out = turn(tasks), any(t.state is DISPATCHED for t in tasks)
    for ended in (t for t in tasks if t.state is DONE):
        behind = [t for t in tasks if ended.id in t.depends_on or ended.id in t.when]
        ids = {ended.id, *(t.id for t in behind), *(b for t in behind for b in (*t.depends_on, *t.when))}
        near = near_turn([t for t in tasks if t.id in ids], ended.id, others_out=out)
        if near is not None:
            assert {t.id for t in near.ready} == {t.id for t in whole.ready} & {t.id for t in behind}
            assert not {t.id for t, _ in whole.skipped} & {t.id for t in behind}, "nobody behind it is skipped unseen"


@given(dags())
def test_a_turn_gives_only_what_has_all_it_needs_and_nothing_twice(tasks: list[Task]) -> None:
    known = {t.id: t for t in tasks}
    now = turn(tasks)
    skipped = {t.id for t, _ in now.skipped}
    for ready in now.ready:
        assert ready.state is WAITING
        assert all(known[b].state.over or b in skipped for b in ready.depends_on)
        assert ready.id not in skipped
    assert (now.progress is Progress.working) == bool(now.ready or now.landing or any(t.state is DISPATCHED for t in tasks))


def test_who_is_skipped_lets_those_behind_it_go_on() -> None:
    mend = task("mend", WAITING, "review", when={"review": (Outcome.changes_wanted,)})
    now = turn([task("review", DONE, verdict=Verdict.approved), mend, task("last", WAITING, "mend")])
    assert [(t.id, why) for t, why in now.skipped] == [("mend", "review approved, not changes wanted")]
    assert [t.id for t in now.ready] == ["last"]


@pytest.mark.parametrize(
    ("policy", "progress", "ready"),
    [(OnFailure.wait, Progress.stuck, []), (OnFailure.proceed, Progress.working, ["join"]), (OnFailure.cancel, Progress.stuck, [])],
)
def test_what_a_failure_means(policy: OnFailure, progress: Progress, ready: list[str]) -> None:
    tasks = [task("a", FAILED), task("b", DONE), task("join", WAITING, "a", "b", on_failure=policy)]
    now = turn(tasks)
    assert (now.progress, [t.id for t in now.ready]) == (progress, ready)
    assert ("a failed" in now.cancelled) is (policy is OnFailure.cancel)
    assert consequence(tasks, tasks[0]).startswith(" — join ")


def test_what_lands_is_what_says_so_and_what_nobody_took_over() -> None:
    merge = OnComplete.merge
    assert [t.id for t in to_land([task("a", DONE), task("b", DONE, "a")])] == ["a", "b"], "a plan lands as a whole"
    assert [t.id for t in to_land([task("a", DONE), task("b", DONE, "a", on_complete=merge)])] == ["b"]
    assert to_land([task("a", DONE, on_complete=merge, landed_commit="c0ffee")]) == []
    assert [t.id for t in to_land([task("a", DONE), task("b", SKIPPED, "a", on_complete=merge)])] == ["a"], "its work is not lost"
    assert to_land([task("a", DONE, on_complete=OnComplete.notify), task("b", SKIPPED, on_complete=merge)]) == []


def test_what_goes_back_and_to_whom() -> None:
    tasks = [task("build", DONE), task("check", DONE, "build", role="reviewer"), task("test", DISPATCHED, "check", role="tester"),
             task("docs", DONE, "build")]  # fmt: skip
    assert givers(tasks, tasks[2], role_table()) == ["build"], "a reviewer made nothing that it could mend"
    back = {t.id: (t.state, t.feedback) for t in again(tasks, ["build"], "test", "does not build")}
    assert back == {"build": (WAITING, "does not build"), "check": (WAITING, ""), "test": (WAITING, "")}, "not what lies elsewhere"


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("All fine.\nVerdict: approved", (Verdict.approved, "All fine.")),
        ("**Verdict: changes wanted** — shop/cart.py:3 rounds down", (Verdict.changes_wanted, "shop/cart.py:3 rounds down")),
        ("verdict: Refused - no tests ran", (Verdict.refused, "no tests ran")),
        ("Verdict: approved\nno, wait\nVerdict: changes_wanted: one more", (Verdict.changes_wanted, "one more")),
        ("Verdict: changes wanted\n- a\n- b", (Verdict.changes_wanted, "- a\n- b")),
        ("The verdict of the court was approved of.", None),
        ("approved, no changes wanted", None),
        ("", None),
    ],
)
def test_a_verdict_in_words(words: str, verdict: tuple[Verdict, str] | None) -> None:
    assert verdict_of(words) == verdict
