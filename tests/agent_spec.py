"""What every kind of coding agent must do; each kind's tests inherit these stories and say how to make the agent do a deed."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from orchestrator.boundaries.agents.protocol import Agent, AgentEvent, AgentOrder, Asked, Broke, Finished, Started
from orchestrator.nouns.session import Role
from orchestrator.verbs.roles import role_table
from tests.repos import git, make_repo


class Deed(StrEnum):
    """What the agent under test is to do."""

    commit = "commit"  # write work.txt, commit it, finish
    ask = "ask"  # end on a question
    wait = "wait"  # commit work.txt, then start a process that writes its id to ../pid and does not end for a long time


def order_for(tmp_path: Path, deed: Deed, *, role: str | Role = "implementer", attempt: int = 1) -> AgentOrder:
    """An order in a fresh repository (the same one for the next attempt)."""
    worktree = tmp_path / "worktree"
    if not worktree.exists():
        make_repo(worktree, {"README.md": "# work\n"})
    return AgentOrder(
        job_id="J5",
        session_id="S1",
        role=role if isinstance(role, Role) else role_table()[role],
        worktree=str(worktree),
        branch="main",
        instruction=f"please {deed.value}",
        home=str(tmp_path / "home"),
        attempt=attempt,
    )


async def heard(agent: Agent, order: AgentOrder) -> list[AgentEvent]:
    """Every event of a run."""
    return [event async for event in agent.run(order)]


async def until(file: Path) -> str:
    """The content of a file, once it is there and whole."""
    while not file.exists() or not file.read_text().endswith("\n"):
        await asyncio.sleep(0.01)
    return file.read_text().strip()


async def gone(pid: str) -> None:
    """Return once no process of this id runs."""
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        await asyncio.sleep(0.01)


class AgentSpec:
    """Inherited by ``Test…`` classes."""

    def agent(self, deed: Deed, tmp_path: Path) -> AbstractAsyncContextManager[Agent]:
        """An agent that does the deed when it gets ``order_for(tmp_path, deed)``."""
        raise AssertionError(f"each kind of agent says how it is made to {deed} in {tmp_path}")

    async def test_it_says_that_it_is_alive_first_and_how_it_ended_last(self, tmp_path: Path) -> None:
        async with self.agent(Deed.commit, tmp_path) as agent:
            events = await heard(agent, order_for(tmp_path, Deed.commit))
        endings = [e for e in events if isinstance(e, Finished | Asked | Broke)]
        assert isinstance(events[0], Started)
        assert events[0].conversation
        assert sum(isinstance(e, Started) for e in events) == 1
        assert endings == events[-1:]
        assert isinstance(events[-1], Finished)

    async def test_its_work_is_in_git(self, tmp_path: Path) -> None:
        order = order_for(tmp_path, Deed.commit)
        async with self.agent(Deed.commit, tmp_path) as agent:
            await heard(agent, order)
        assert git(Path(order.worktree), "ls-tree", "--name-only", "HEAD").split() == ["README.md", "work.txt"]

    async def test_a_question_ends_the_run(self, tmp_path: Path) -> None:
        async with self.agent(Deed.ask, tmp_path) as agent:
            events = await heard(agent, order_for(tmp_path, Deed.ask))
        assert isinstance(events[-1], Asked)
        assert events[-1].question

    async def test_interrupting_ends_the_run_and_what_it_started(self, tmp_path: Path) -> None:
        async with self.agent(Deed.wait, tmp_path) as agent:
            assert not await agent.interrupt("J5"), "nobody runs it yet"
            running = asyncio.ensure_future(heard(agent, order_for(tmp_path, Deed.wait)))
            pid = await until(tmp_path / "pid")
            assert await agent.interrupt("J5")
            assert not await agent.interrupt("J6")
            events = await running
            assert isinstance(events[-1], Broke)
            assert events[-1].interrupted
            assert not await agent.interrupt("J5"), "it is over"
            await gone(pid)

    async def test_closing_the_stream_stops_all_it_started(self, tmp_path: Path) -> None:
        async with self.agent(Deed.wait, tmp_path) as agent:
            running = asyncio.ensure_future(heard(agent, order_for(tmp_path, Deed.wait)))
            pid = await until(tmp_path / "pid")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await gone(pid)
            assert not await agent.interrupt("J5")

    async def test_a_second_attempt_does_nothing_twice(self, tmp_path: Path) -> None:
        order = order_for(tmp_path, Deed.wait)
        async with self.agent(Deed.wait, tmp_path) as agent:
            running = asyncio.ensure_future(heard(agent, order))
            await until(tmp_path / "pid")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        (tmp_path / "pid").unlink()
        async with self.agent(Deed.wait, tmp_path) as agent, aclosing(agent.run(replace(order, attempt=2))) as stream:
            again = asyncio.ensure_future(_all(stream))
            await until(tmp_path / "pid")
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)
        assert git(Path(order.worktree), "rev-list", "--count", "HEAD") == "2", "the start, and one commit of its own"


async def _all(stream: object) -> None:
    async for _ in stream:  # type: ignore[attr-defined]
        pass
