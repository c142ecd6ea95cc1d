"""Circles of waiting: found however long they are, and never seen where there is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.interface import Dependency, DependencyState
from orchestrator.nouns.message import Request, RequestState, RequestType
from orchestrator.verbs.waiting import (
    Wait,
    WaitKind,
    circle,
    in_words,
    told,
    wait_of_assignment,
    wait_of_dependency,
    wait_of_request,
)

AT = datetime(2030, 1, 1, tzinfo=UTC)


def wait(waiter: str, awaited: str, name: str = "R1", kind: WaitKind = WaitKind.request) -> Wait:
    return Wait(waiter, awaited, kind, name)


def named(pair: str, name: str) -> Wait:
    waiter, awaited = pair.split(">")
    return wait(waiter, awaited, name)


def waits(*pairs: str) -> list[Wait]:
    """``S1>S2`` …, named R1, R2 … in their order."""
    return [named(pair, f"R{number}") for number, pair in enumerate(pairs, 1)]


@pytest.mark.parametrize(
    ("there", "new", "around"),
    [
        (["S1>S2"], "S2>S1", ["S2", "S1"]),
        (["S1>S2", "S2>S3"], "S3>S1", ["S3", "S1", "S2"]),
        ([f"S{n}>S{n + 1}" for n in range(1, 60)], "S60>S1", ["S60", *(f"S{n}" for n in range(1, 60))]),
        (["S1>S9", "S1>S2", "S2>S8", "S2>S3", "S9>S7"], "S3>S1", ["S3", "S1", "S2"]),
        (["S1>S2", "S2>S3", "S1>S3"], "S3>S1", ["S3", "S1"]),
        ([], "S1>S1", ["S1"]),
    ],
    ids=["of two", "of three", "of sixty", "among others", "the shortest", "of one"],
)
def test_the_circle_that_a_new_wait_closes(there: list[str], new: str, around: list[str]) -> None:
    found = circle(waits(*there), named(new, "R99"))
    assert [w.waiter for w in found] == around
    assert [w.awaited for w in found] == [*around[1:], around[0]], "each waits for the next"


@pytest.mark.parametrize(
    ("there", "new"),
    [
        ([], "S1>S2"),
        (["S1>S2"], "S1>S2"),
        (["S1>S2"], "S1>S3"),
        (["S1>S2"], "S3>S1"),
        (["S1>S2", "S1>S3", "S2>S4"], "S3>S4"),
        (["S2>S3", "S3>S2"], "S1>S2"),
        (["S2>S3", "S3>S2"], "S2>S1"),
        (["S1>S2", "S2>S3", "S4>S3"], "S1>S4"),
    ],
    ids=["alone", "twice", "two of one", "a chain", "a diamond", "into a circle", "out of a circle", "two ways"],
)
def test_no_alarm_where_nobody_waits_for_himself(there: list[str], new: str) -> None:
    assert circle(waits(*there), named(new, "R99")) == ()


def request(state: RequestState = RequestState.pending, *, asker: str | None = "S1", to: str | None = "S2", role: str = "") -> Request:
    return Request(
        id="R1", project_id="P1", from_session=asker, to_session=to, to_role=role, type=RequestType.review, context="c", state=state,
        created_at=AT, updated_at=AT, expires_at=AT,
    )  # fmt: skip


def test_only_an_open_request_of_a_session_to_a_session_is_waited_for() -> None:
    assert wait_of_request(request()) == wait("S1", "S2")
    assert wait_of_request(request(RequestState.accepted)) == wait("S1", "S2")
    for over in (RequestState.completed, RequestState.declined, RequestState.expired):
        assert wait_of_request(request(over)) is None
    assert wait_of_request(request(asker=None)) is None, "the user waits for nobody"
    assert wait_of_request(request(to=None)) is None, "nor does anybody in a circle wait for the user"
    assert wait_of_request(request(to=None, role="security")) is None


def test_only_what_is_expected_of_a_certain_session_is_waited_for() -> None:
    needs = Dependency(session_id="S1", project_id="P1", name="greet", on_session="S2", created_at=AT)
    assert wait_of_dependency(needs) == wait("S1", "S2", "greet", WaitKind.dependency)
    assert wait_of_dependency(needs.model_copy(update={"on_session": None})) is None
    assert wait_of_dependency(needs.model_copy(update={"state": DependencyState.met})) is None


def test_only_a_parent_that_ended_its_turn_waits() -> None:
    given_ = Assignment(id="A1", project_id="P1", parent="S1", child="S2", instruction="x", awaited=True, created_at=AT, updated_at=AT)
    assert wait_of_assignment(given_) == wait("S1", "S2", "A1", WaitKind.assignment)
    for otherwise in ({"awaited": False}, {"parent": None}, {"state": AssignmentState.done}):
        assert wait_of_assignment(given_.model_copy(update=otherwise)) is None


def test_everybody_reads_who_waits_for_whom_and_what_to_do() -> None:
    found = circle(
        [wait("S1", "S2", "R1"), wait("S2", "S3", "greet", WaitKind.dependency)], wait("S3", "S1", "A4", WaitKind.assignment)
    )
    assert in_words(found) == "S1 waits for S2 (R1); S2 waits for S3 (greet); S3 waits for S1 (A4)"
    assert "Answer R1 of S1 with what you have (complete_request)" in told(found, "S2")
    assert "Commit greet, or announce its signature" in told(found, "S3")
    assert "Go on with what you have" in told(found, "S1"), "what was not made to wait is owed to nobody"
    for session in ("S1", "S2", "S3"):
        assert "S3 is not called for A4" in told(found, session)
        assert "need_input" in told(found, session)


edges = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), max_size=25)


@given(edges)
def test_whoever_lets_no_circle_in_never_has_one(pairs: list[tuple[int, int]]) -> None:
    """Against the plainest model there is: a set of waits is free of circles if it can be taken apart from its ends."""
    kept: list[Wait] = []
    for number, (a, b) in enumerate(pairs):
        new = wait(f"S{a}", f"S{b}", f"R{number}")
        found = circle(kept, new)
        assert bool(found) != _comes_apart([*kept, new])
        if not found:
            kept.append(new)
    assert _comes_apart(kept)


def _comes_apart(found: list[Wait]) -> bool:
    left = list(found)
    while left:
        waiting = {w.waiter for w in left}
        rest = [w for w in left if w.awaited in waiting]
        if len(rest) == len(left):
            return False
        left = rest
    return True
