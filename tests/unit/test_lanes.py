"""Lanes: the order of the numbers holds however late the earlier ones come, and nothing that is over holds anybody up."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.boundaries.queue.lanes import Lanes


async def take(lanes: Lanes, name: str, lane: str, done: list[str]) -> None:
    async with lanes.turn(name, lane) as come:
        if come:
            await asyncio.sleep(0)
            done.append(name)


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_turns_come_in_the_order_of_the_numbers_whoever_asks_first(asking: list[int], dropped: set[int]) -> None:
    async def run() -> list[str]:
        lanes, done = Lanes(2), list[str]()
        for number in range(6):
            lanes.expect(f"J{number}", "S1", number)
        for number in dropped:
            lanes.drop(f"J{number}")
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            for number in asking:
                tasks.create_task(take(lanes, f"J{number}", "S1", done))
                await asyncio.sleep(0)
        assert lanes.expected == 0
        return done

    assert asyncio.run(run()) == [f"J{number}" for number in range(6) if number not in dropped]


async def test_what_is_announced_again_when_it_is_over_holds_nobody_up() -> None:
    lanes, done = Lanes(), list[str]()
    lanes.expect("event-1", "G1", 1)
    await take(lanes, "event-1", "G1", done)
    lanes.expect("event-1", "G1", 1)  # submitted twice, and its end is still being recorded
    lanes.expect("event-2", "G1", 2)
    async with asyncio.timeout(5):
        await take(lanes, "event-2", "G1", done)
    assert done == ["event-1", "event-2"]


async def test_other_lanes_go_beside_and_all_keep_within_the_room() -> None:
    lanes, done, hold = Lanes(1), list[str](), asyncio.Event()

    async def long() -> None:
        async with lanes.turn("A1", "A"):
            await hold.wait()
            done.append("A1")

    lanes.expect("A1", "A", 1)
    lanes.expect("B1", "B", 2)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(long())
        tasks.create_task(take(lanes, "B1", "B", done))
        await asyncio.sleep(0.01)
        assert done == [], "there is room for one"
        hold.set()
    assert done == ["A1", "B1"]
