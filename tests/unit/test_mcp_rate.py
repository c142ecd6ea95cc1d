"""A window of a minute that slides."""

from __future__ import annotations

from orchestrator.doors.mcp.rate import Rate


def test_as_many_as_allowed_then_wait_until_the_first_is_a_minute_old() -> None:
    now = 1000.0
    rate = Rate(lambda: now)
    assert [rate.wait("S1", 2) for _ in range(2)] == [0.0, 0.0]
    now = 1010.0
    assert rate.wait("S1", 2) == 50.0
    assert rate.wait("S2", 2) == 0.0
    now = 1060.0
    assert rate.wait("S1", 2) == 0.0


def test_who_was_quiet_for_a_minute_is_forgotten() -> None:
    now = 0.0
    rate = Rate(lambda: now)
    for number in range(100):
        rate.wait(f"S{number}", 1)
    now = 61.0
    assert rate.wait("S1", 1) == 0.0
    assert len(rate._times) == 1
