"""A whole line for tests: a real repository, a home, an engine with scripted agents, and ways to wait for facts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graphs.state import Deps
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.queue.protocol import Queue
from orchestrator.boundaries.store.protocol import Store
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.engine import Agents, Engine, Host
from orchestrator.engine.intents import answer_plan, give_goal
from orchestrator.engine.projects import agent_of
from orchestrator.nouns.event import ENGINE_CURSOR, Event, EventKind, NewEvent
from orchestrator.nouns.session import Project
from orchestrator.nouns.work import Goal, GoalState, Task
from tests.repos import make_repo

FILES = {
    "README.md": "# shop\n",
    "shop/__init__.py": "",
    "shop/cart.py": 'def total(prices: list[int]) -> int:\n    """Sum of prices in cents."""\n    return sum(prices)\n',
    "tests/__init__.py": "",
    "tests/test_cart.py": (
        "import unittest\n\nfrom shop.cart import total\n\n\nclass CartTest(unittest.TestCase):\n"
        "    def test_total(self) -> None:\n        self.assertEqual(total([1, 2]), 3)\n"
    ),
}
CHECKS = "python3 -m unittest discover -q -s tests -t ."


@dataclass
class Line:
    """One project in one home, with an engine running."""

    engine: Engine
    deps: Deps
    repo: Path

    @property
    def store(self) -> Store:
        return self.engine.store

    async def give(self, text: str, *, approve: bool = True) -> Goal:
        return await give_goal(self.deps, text, auto_approve=approve)

    async def answer(self, goal: Goal, text: str) -> None:
        await answer_plan(self.deps, goal.id, text)

    async def settled(self, goal: Goal) -> Goal:
        """The goal once there is nothing left to do without a user."""
        await self.engine.until_idle()
        return await self.goal(goal)

    async def goal(self, goal: Goal) -> Goal:
        async with self.store.reading() as store:
            return await store.goal(goal.id)

    async def tasks(self, goal: Goal) -> list[Task]:
        async with self.store.reading() as store:
            return await store.tasks(goal.id)

    async def forget_progress(self) -> None:
        """As after a crash in which every hand-over was lost: the next engine is given every event of the log again."""
        async with self.store.writing() as tx:
            await tx.set_cursor(ENGINE_CURSOR, 0)

    async def events(self, *kinds: EventKind) -> list[Event]:
        async with self.store.reading() as store:
            return await store.events(kinds=kinds)

    async def until(self, goal: Goal, state: GoalState) -> Goal:
        """The goal once it is in ``state``; the test's own time limit is the only one."""
        seen = 0
        while (current := await self.goal(goal)).state is not state:
            seen = await self.store.wait_for_news(seen, 1.0)
        return current


def write_project(directory: Path, script: str, config: str = "") -> Path:
    """A repository with a scripted agent configured; the script lies beside it."""
    (directory / "script.yaml").write_text(script)
    files = dict(FILES)
    files[".televibe/config.yaml"] = (
        f'agent: scripted\nscripted: {{script: "{directory / "script.yaml"}"}}\nchecks: ["{CHECKS}"]\n'
        "model: {policy: deterministic}\n" + config
    )
    return make_repo(directory / "repo", files)


async def register(home: Home, repo: Path) -> Project:
    """What ``televibe init`` stores."""
    store = await open_store(home.database_url)
    async with store.writing() as tx:
        known = await tx.project_at(str(repo))
        if known is None:
            known = Project(id=await tx.next_id("P"), root=str(repo), default_branch="main", created_at=datetime.now(UTC))
            await tx.put(known)
            await tx.record(NewEvent(kind=EventKind.project_registered, project_id=known.id, text=f"{repo}"))
    await store.close()
    return known


@asynccontextmanager
async def line(
    directory: Path,
    script: str,
    config: str = "",
    *,
    queue: Queue | None = None,
    host: Host | None = None,
    agents: Agents = agent_of,
) -> AsyncIterator[Line]:
    """A running line in ``directory``; a second call with the same directory goes on with the same home."""
    repo = directory / "repo" if (directory / "repo").exists() else write_project(directory, script, config)
    home = Home(directory / "home").ready()
    project = await register(home, repo)
    async with Engine(home, queue=queue, host=host, agents=agents) as engine:
        yield Line(engine, await engine.deps(project.id), repo)
