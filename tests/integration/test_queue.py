"""One spec for the queue, on DBOS and in memory: named once, serial where it must be, under a limit, droppable."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.boundaries.queue.durable import DurableQueue
from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.boundaries.queue.protocol import Queue, Work


class Bench:
    """Work that can be watched and held up: every piece waits at its gate, if it has one, and is written down."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    def hold(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def react(self, event_id: int) -> None:
        await self._do(f"event-{event_id}")

    async def run_job(self, job_id: str) -> None:
        await self._do(job_id)

    async def _do(self, name: str) -> None:
        self.begun.append(name)
        if name in self.gates:
            await self.gates[name].wait()
        if name.endswith("broken"):
            raise RuntimeError(name)
        self.ended.append(name)


@pytest.fixture(params=["durable", "memory"])
async def queue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Queue]:
    opened: Queue = DurableQueue(f"sqlite:///{tmp_path / 'queue.db'}") if request.param == "durable" else MemoryQueue()
    yield opened
    await opened.close()


@pytest.fixture
async def bench(queue: Queue) -> Bench:
    made = Bench()
    await queue.start(Work(made.react, made.run_job), parallel_jobs=2)
    return made


async def until(fact: Callable[[], bool]) -> None:
    """Wait for a fact; the time limit is only there for a test that fails."""
    async with asyncio.timeout(20):
        while not fact():
            await asyncio.sleep(0.01)


async def twice(call: Callable[[], Awaitable[None]]) -> None:
    await call()
    await call()


async def test_what_is_submitted_twice_is_done_once(queue: Queue, bench: Bench) -> None:
    await twice(lambda: queue.submit_reaction(7, "G1"))
    await twice(lambda: queue.submit_job("J1", "S1", 1))
    await queue.submit_job("J2", "S1", 2)
    await until(lambda: "J2" in bench.ended and "event-7" in bench.ended)
    await twice(lambda: queue.submit_reaction(7, "G1"))  # and when it is over
    await queue.submit_job("J1", "S1", 1)
    await queue.submit_job("J3", "S1", 3)
    await until(lambda: "J3" in bench.ended)
    assert sorted(bench.ended) == ["J1", "J2", "J3", "event-7"]


async def test_reactions_of_a_key_are_serial_and_in_order_and_others_go_beside(queue: Queue, bench: Bench) -> None:
    gate = bench.hold("event-1")
    for event_id in (1, 2, 3):
        await queue.submit_reaction(event_id, "G1")
    await queue.submit_reaction(4, "G2")
    await until(lambda: "event-4" in bench.ended)
    assert bench.begun.count("event-2") == 0, "its turn comes when the first is done"
    assert queue.busy > 0
    gate.set()
    await until(lambda: "event-3" in bench.ended)
    assert [e for e in bench.ended if e != "event-4"] == ["event-1", "event-2", "event-3"]


async def test_jobs_of_a_session_are_serial_in_their_order_and_all_jobs_keep_within_the_limit(queue: Queue, bench: Bench) -> None:
    gates = [bench.hold(name) for name in ("A1", "B1")]
    for name, session, seq in (("A1", "A", 1), ("A2", "A", 2), ("A3", "A", 3), ("B1", "B", 4), ("C1", "C", 5)):
        await queue.submit_job(name, session, seq)
    await until(lambda: len(bench.begun) == 2)
    await asyncio.sleep(0.3)  # time in which a third could wrongly begin
    assert set(bench.begun) <= {"A1", "B1", "C1"}
    assert len(set(bench.begun) - set(bench.ended)) <= 2
    for gate in gates:
        gate.set()
    await until(lambda: len(bench.ended) == 5)
    assert [name for name in bench.begun if name.startswith("A")] == ["A1", "A2", "A3"]


async def test_a_job_that_has_not_begun_can_be_dropped(queue: Queue, bench: Bench) -> None:
    gate = bench.hold("J1")
    await queue.submit_job("J1", "S1", 1)
    await queue.submit_job("J2", "S1", 2)
    await queue.submit_job("J3", "S1", 3)
    await until(lambda: bench.begun == ["J1"])
    await queue.drop_job("J2")
    gate.set()
    await until(lambda: "J3" in bench.ended)
    assert bench.ended == ["J1", "J3"]


async def test_work_that_raises_does_not_stop_what_comes_after_it(queue: Queue, bench: Bench) -> None:
    await queue.submit_job("J1-broken", "S1", 1)
    await queue.submit_job("J2", "S1", 2)
    await until(lambda: "J2" in bench.ended)
    await until(lambda: queue.busy == 0)
    assert bench.ended == ["J2"]


async def test_what_was_in_the_middle_is_begun_again_by_the_next_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    first, before = DurableQueue(url), Bench()
    before.hold("J1")
    before.hold("event-1")
    await first.start(Work(before.react, before.run_job), parallel_jobs=2)
    await first.submit_job("J0", "S1", 1)
    await until(lambda: before.ended == ["J0"])
    await first.submit_job("J1", "S1", 2)
    await first.submit_reaction(1, "G1")
    await until(lambda: {"J1", "event-1"} <= set(before.begun))
    await first.close()

    second, after = DurableQueue(url), Bench()
    await second.start(Work(after.react, after.run_job), parallel_jobs=2)
    await until(lambda: {"J1", "event-1"} <= set(after.ended))
    await until(lambda: second.busy == 0)
    await second.close()
    assert sorted(after.begun) == ["J1", "event-1"], "and what had ended is not"


async def test_the_next_process_keeps_the_order_of_a_session(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    first, before = DurableQueue(url), Bench()
    before.hold("J1")
    await first.start(Work(before.react, before.run_job), parallel_jobs=4)
    for number in range(1, 6):
        await first.submit_job(f"J{number}", "S1", number)
    await until(lambda: before.begun == ["J1"])
    await first.drop_job("J4")
    await first.close()

    second, after = DurableQueue(url), Bench()
    await second.start(Work(after.react, after.run_job), parallel_jobs=4)
    await until(lambda: "J5" in after.ended)
    await second.close()
    assert [name for name in after.begun if name != "J4"] == ["J1", "J2", "J3", "J5"]


async def test_what_ended_and_was_not_recorded_as_a_whole_holds_nothing_up(tmp_path: Path) -> None:
    """As ``kill -9`` leaves it between the record of the step and that of its workflow."""
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    first, before = DurableQueue(url), Bench()
    await first.start(Work(before.react, before.run_job), parallel_jobs=2)
    await first.submit_reaction(1, "G1")
    await first.submit_job("J1", "S1", 1)
    await until(lambda: len(before.ended) == 2 and first.busy == 0)
    await first.close()
    with closing(sqlite3.connect(tmp_path / "queue.db")) as database, database:
        database.execute("UPDATE workflow_status SET status = 'PENDING', output = NULL")

    second, after = DurableQueue(url), Bench()
    await second.start(Work(after.react, after.run_job), parallel_jobs=2)
    await second.submit_reaction(2, "G1")
    await second.submit_job("J2", "S1", 2)
    await until(lambda: len(after.ended) == 2 and second.busy == 0)
    await second.close()
    assert sorted(after.begun) == ["J2", "event-2"]
