"""Leases: who may have what, in which order, until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.verbs.leases import Denied, Granted, Known, Waits, answer_to, grantable, granted, renewed, run_out, standing

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def lease(id_: str, session: str, *patterns: str, state: LeaseState = LeaseState.held, exclusive: bool = True) -> Lease:
    asked = Lease(
        id=id_,
        project_id="P1",
        session_id=session,
        patterns=patterns,
        exclusive=exclusive,
        state=LeaseState.queued,
        minutes=30.0,
        asked_at=NOON,
    )
    return granted(asked, 1, NOON) if state is LeaseState.held else asked


def wish(session: str, *patterns: str, exclusive: bool = True) -> Lease:
    return lease("", session, *patterns, state=LeaseState.queued, exclusive=exclusive)


def waiting(id_: str, session: str, *patterns: str, exclusive: bool = True) -> Lease:
    return lease(id_, session, *patterns, state=LeaseState.queued, exclusive=exclusive)


def test_what_is_free_is_granted_and_what_is_held_is_waited_for() -> None:
    held = lease("L1", "S1", "src/*.py")
    assert answer_to(wish("S2", "docs/a.md"), [held], wait=True) == Granted()
    assert answer_to(wish("S2", "docs/a.md", "src/cart.py"), [held], wait=True) == Waits((held,)), "all or nothing"
    refused = answer_to(wish("S2", "src/cart.py"), [held], wait=False)
    assert isinstance(refused, Denied)
    assert "S1 holds src/*.py until 12:30 UTC (L1)" in refused.why


def test_shared_leases_go_together_and_an_exclusive_one_that_waits_is_not_overtaken_by_more_of_them() -> None:
    reader = lease("L1", "S1", "src/a.py", exclusive=False)
    writer = waiting("L2", "S2", "src/a.py")
    assert answer_to(wish("S3", "src/a.py", exclusive=False), [reader], wait=True) == Granted()
    assert answer_to(wish("S3", "src/a.py", exclusive=False), [reader, writer], wait=True) == Waits((writer,))


def test_who_holds_something_does_not_wait_and_who_waits_asks_for_nothing_else() -> None:
    mine, theirs = lease("L1", "S1", "a"), lease("L2", "S2", "b")
    holding = answer_to(wish("S1", "b"), [mine, theirs], wait=True)
    assert isinstance(holding, Denied)
    assert "release_file_lock L1" in holding.remedy
    waits = answer_to(wish("S3", "c"), [mine, theirs, waiting("L3", "S3", "a")], wait=True)
    assert isinstance(waits, Denied)
    assert "L3" in waits.why


def test_asking_again_for_the_same_is_the_same() -> None:
    held, queued = lease("L1", "S1", "src/**"), waiting("L2", "S2", "src/a.py")
    assert answer_to(wish("S1", "src/a.py"), [held, queued], wait=True) == Known(held)
    assert answer_to(wish("S2", "src/a.py"), [held, queued], wait=True) == Known(queued)
    assert isinstance(answer_to(wish("S1", "src/a.py"), [lease("L3", "S1", "src/a.py", exclusive=False)], wait=True), Granted)


def test_what_is_freed_goes_to_the_first_in_line_and_to_all_whom_nobody_is_before() -> None:
    line = [waiting("L2", "S2", "a", "b"), waiting("L3", "S3", "b"), waiting("L10", "S4", "c"), waiting("L4", "S5", "b")]
    assert [one.id for one in grantable(line)] == ["L2", "L10"]
    assert [one.id for one in grantable([lease("L1", "S1", "a"), *line])] == ["L10"], "L3 does not overtake L2"


def test_place_and_estimate_follow_from_what_those_ahead_asked_for() -> None:
    line = [lease("L1", "S1", "a"), waiting("L2", "S2", "a"), waiting("L3", "S3", "a")]
    found = standing(line[2], line, NOON)
    assert (found.place, found.by) == (2, NOON + timedelta(minutes=60))
    assert standing(line[1], line, NOON).by == NOON + timedelta(minutes=30)


def test_a_lease_that_others_wait_for_cannot_be_renewed_for_ever() -> None:
    held = lease("L1", "S1", "a")
    late = NOON + timedelta(minutes=29)
    longer = renewed(held, [held], 30, late)
    assert isinstance(longer, Lease)
    assert longer.expires_at == late + timedelta(minutes=30)
    at, last = late, held
    for _ in range(10):
        again = renewed(last, [last, waiting("L2", "S2", "a")], 30, at)
        if isinstance(again, Denied):
            break
        last, at = again, at + timedelta(minutes=29)
    assert last.expires_at == NOON + timedelta(minutes=120)


def test_a_lease_whose_time_is_over_is_not_brought_back() -> None:
    held, after = lease("L1", "S1", "a"), NOON + timedelta(minutes=30)
    assert run_out([held], after) == [held]
    assert isinstance(renewed(held, [held], 30, after), Denied)
    assert granted(held, 7, after).fence == 7
