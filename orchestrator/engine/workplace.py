"""What a command works with: the project of a repository, and an engine if the command needs one and nobody runs it yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphs.state import Deps
from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.git.run import require_git
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.protocol import Store
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.lock import holder
from orchestrator.engine.projects import open_project
from orchestrator.nouns.errors import NotReady
from orchestrator.nouns.session import Project

if TYPE_CHECKING:
    from orchestrator.engine.engine import Engine, Host


@dataclass(frozen=True)
class Workplace:
    """``engine`` is None when another process runs it, or when the command needs none."""

    home: Home
    deps: Deps
    engine: Engine | None

    @property
    def store(self) -> Store:
        return self.deps.store


@asynccontextmanager
async def workplace(home: Home, repo: Path, *, engine: bool, host: Host | None = None) -> AsyncIterator[Workplace]:
    """Open the project of ``repo``. With ``engine``, work is done while the context is open: here, unless another does it.
    ``host`` serves the agents that work here."""
    await require_git()
    root = (await Repository.open(str(repo))).root
    home.ready()
    if engine and holder(home.engine_lock) is None:
        await check_registered(home, root)
        from orchestrator.engine.engine import Engine  # the machine costs a second, which only those pay who run it

        async with Engine(home, host=host) as running:
            project = await _project(running.store, root)
            yield Workplace(home, await running.deps(project.id), running)
        return
    store = await open_store(home.database_url)
    try:
        project = await _project(store, root)
        deps = await open_project(home, store, project, owner=False)
        try:
            yield Workplace(home, deps, None)
        finally:
            await deps.index.close()
            await deps.model.close()
    finally:
        await store.close()


async def check_registered(home: Home, root: str) -> None:
    """Refuse a repository that was not initialised before anything is started for it."""
    store = await open_store(home.database_url)
    try:
        await _project(store, root)
    finally:
        await store.close()


async def _project(store: Store, root: str) -> Project:
    async with store.reading() as view:
        project = await view.project_at(root)
    if project is None:
        raise NotReady(f"{root} is not initialised", f"run `televibe init --repo {root}`")
    return project
