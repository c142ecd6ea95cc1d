"""The radar while sessions work: both sides learn of a collision before either has landed, and that it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import instruct
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.conflict import Conflict, ConflictKind, ConflictState
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.message import Message, MessageState, MessageType
from orchestrator.nouns.session import Session
from tests.line import Line, line
from tests.repos import commit, git

SCRIPT = """
scripts:
  - when: {words: [tax]}
    steps:
      - edit: {path: shop/cart.py, content: "def total(prices: list[int], tax: int) -> int:\\n    return sum(prices) + tax\\n"}
      - run: "touch edited; while [ ! -e go ]; do sleep 0.02; done; rm -f edited go"
      - commit: tax on totals
      - finish: totals have tax
  - when: {words: [discount]}
    steps:
      - edit: {path: shop/cart.py, content: "def total(prices: list[int]) -> int:\\n    return sum(prices) * 9 // 10\\n"}
      - commit: discount
      - finish: totals have a discount
  - when: {words: [adapt]}
    steps:
      - run: git checkout -q main -- shop/cart.py
      - edit: {path: shop/discount.py, content: "DISCOUNT = 9\\n"}
      - commit: the discount beside the cart
      - finish: adapted
  - steps:
      - finish: nothing to do
"""
T = TypeVar("T")
TAX = "def total(prices: list[int], tax: int) -> int:\n    return sum(prices) + tax\n"
DISCOUNT = "def total(prices: list[int]) -> int:\n    return sum(prices) * 9 // 10\n"


async def until(found: Callable[[], Awaitable[T]]) -> T:
    """What is found, as soon as it is; the test's own time limit is the only one."""
    while not (what := await found()):
        await asyncio.sleep(0.02)
    return what


def seen(on: Line, kind: EventKind = EventKind.conflict_seen, count: int = 1) -> Callable[[], Awaitable[list[Event]]]:
    async def look() -> list[Event]:
        events = [event for event in await on.events(kind) if not event.data.get("again")]
        return events if len(events) >= count else []

    return look


async def conflicts(on: Line) -> list[Conflict]:
    async with on.store.reading() as store:
        return await store.conflicts(on.deps.project.id)


async def notices(on: Line, to: Session) -> list[Message]:
    async with on.store.reading() as store:
        found = await store.messages(on.deps.project.id, to_session=to.id)
    return [m for m in found if m.type is MessageType.notice and "collide" in m.content]


async def test_both_are_told_while_one_of_them_edits_and_when_it_is_over(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one, other = await new_session(on.deps, "implementer"), await new_session(on.deps, "implementer")
        commit(Path(other.worktree), {"shop/cart.py": DISCOUNT}, "discount")
        await instruct(on.deps, one.id, "tax please")
        await until(lambda: _there(Path(one.worktree) / "edited"))
        began = time.monotonic()
        [event] = await until(seen(on))
        assert time.monotonic() - began < 10, "two looks at uncommitted work, on a machine that does other things too"
        [conflict] = await conflicts(on)
        assert (conflict.a, conflict.b, conflict.kind, conflict.files) == (one.id, other.id, ConflictKind.textual, ("shop/cart.py",))
        assert event.data["id"] == conflict.id == "X1"
        assert conflict.adapts == one.id, "it is still at work, the other one is done"
        for me, them in ((one, other), (other, one)):
            [message] = await notices(on, me)
            assert f"that of {them.id}" in message.content
            assert conflict.proposal in message.content

        job = Caller(one, on.deps.roles[one.role])
        answer = (await call_tool(on.deps, job, "check_conflicts", {"files": ["shop/*.py"]})).model_dump(mode="json")
        assert answer["looked"] is True
        assert [c["id"] for c in answer["conflicts"]] == ["X1"]
        assert answer["editing"] == [{"session": other.id, "state": "idle", "files": ["shop/cart.py"]}]

        (Path(one.worktree) / "go").touch()
        await on.engine.until_idle()
        await instruct(on.deps, other.id, "adapt to it")
        await until(seen(on, EventKind.conflict_closed))
        await on.engine.until_idle()
        [conflict] = await conflicts(on)
        assert conflict.state is ConflictState.closed
        async with on.store.reading() as store:
            [done] = await store.jobs(session_id=other.id)
        assert "Your branch collides with others" in done.brief
        assert conflict.proposal in done.brief
        [message] = await notices(on, one)
        assert message.state is MessageState.acknowledged, "nobody has read it, and it is over"
        assert len(await seen(on)()) == 1


async def _there(path: Path) -> bool:
    return path.exists()


async def test_nothing_is_told_twice_and_what_comes_back_is_the_same_conflict(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one, other = await new_session(on.deps, "implementer"), await new_session(on.deps, "implementer")
        commit(Path(one.worktree), {"shop/cart.py": TAX}, "tax")
        commit(Path(other.worktree), {"shop/cart.py": DISCOUNT}, "discount")
        await until(seen(on))
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        commit(Path(other.worktree), {"shop/cart.py": DISCOUNT + "\n\nMORE = 1\n"}, "more of it")
        await call_tool(on.deps, Caller(other, on.deps.roles[other.role]), "check_conflicts", {})
        assert [c.id for c in await conflicts(on)] == ["X1"]
        assert len(await seen(on)()) == 1
        commit(
            Path(other.worktree),
            {"shop/cart.py": "def total(prices: list[int]) -> int:\n" + '    """Sum of prices in cents."""\n    return sum(prices)\n'},
            "taken back",
        )
        await until(seen(on, EventKind.conflict_closed))
        commit(Path(other.worktree), {"shop/cart.py": DISCOUNT}, "discount again")
        await until(seen(on, count=2))
        [conflict] = await conflicts(on)
        assert (conflict.id, conflict.state) == ("X1", ConflictState.open)
        assert len(await notices(on, one)) == 1


async def test_what_lands_and_does_not_fit_becomes_the_next_instruction_of_the_other(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one, other = await new_session(on.deps, "implementer"), await new_session(on.deps, "implementer")
        commit(Path(one.worktree), {"shop/cart.py": TAX, "tests/test_cart.py": ""}, "tax")
        commit(
            Path(other.worktree),
            {"shop/bill.py": "from shop.cart import total\n\n\ndef bill() -> int:\n    return total([1, 2])\n"},
            "bill",
        )
        [event] = await until(seen(on))
        assert (event.data["kind"], event.data["cause"], event.data["adapts"]) == ("semantic", "signature", other.id)
        assert "shop/bill.py:5 (yours)" in (await notices(on, other))[0].content
        git(on.repo, "merge", "-q", "--no-edit", one.branch)
        await on.engine.until_idle()
        [told] = await on.events(EventKind.sync_conflict)
        assert "does not fit it" in told.text
        async with on.store.reading() as store:
            [job] = await store.jobs(session_id=other.id)
        assert job.instruction.startswith(f"Your branch {other.branch} has main")
        assert "| shop/bill.py:5 (yours)" in job.instruction
        over = await until(seen(on, EventKind.conflict_closed))  # that with the default branch too, if it was seen in between
        why = {event.data["id"]: event.data["closed_why"] for event in over}
        assert why["X1"] == f"the default branch has all of {one.id}"
        assert len(await notices(on, other)) == 1


async def test_a_radar_that_is_switched_off_looks_at_nothing(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, "conflicts: {radar: false}\n", queue=MemoryQueue()) as on:
        one, other = await new_session(on.deps, "implementer"), await new_session(on.deps, "implementer")
        commit(Path(one.worktree), {"shop/cart.py": TAX}, "tax")
        commit(Path(other.worktree), {"shop/cart.py": DISCOUNT}, "discount")
        answer = (await call_tool(on.deps, Caller(one, on.deps.roles[one.role]), "check_conflicts", {})).model_dump(mode="json")
        assert (answer["looked"], answer["conflicts"]) == (False, [])
        assert not await on.events(EventKind.conflict_seen)
