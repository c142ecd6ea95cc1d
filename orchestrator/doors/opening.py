"""What a reading command needs: the project of a repository, with its store and git. No engine, no index, no model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.boundaries.config import load_policy
from orchestrator.boundaries.git.journal import Journal
from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.protocol import Reading, Store
from orchestrator.nouns.errors import NotReady, Unknown
from orchestrator.nouns.policy import Policy
from orchestrator.nouns.session import Project, Session
from orchestrator.nouns.work import Goal


@dataclass(frozen=True)
class Opened:
    """An initialised project, open for reading."""

    home: Home
    project: Project
    store: Store
    git: Repository

    def policy(self) -> Policy:
        """Read now: a command that does not need it also works while the file is being edited. ``ConfigError``."""
        return load_policy(Path(self.project.root))


@asynccontextmanager
async def opened(repo: Path) -> AsyncIterator[Opened]:
    """Open the project that ``repo`` belongs to; ``NotReady`` when it is no repository or was never initialised."""
    from orchestrator.boundaries.store.sql import open_store  # SQLAlchemy: a second

    home = Home.find()
    home.ready()
    git = await Repository.open(str(repo), Journal(home.git_log))
    store = await open_store(home.database_url)
    try:
        async with store.reading() as view:
            project = await view.project_at(git.root)
        if project is None:
            raise NotReady(f"{git.root} is not initialised", f"run `televibe init --repo {git.root}`")
        yield Opened(home, project, store, git)
    finally:
        await store.close()


async def session_of(view: Reading, project: Project, session_id: str) -> Session:
    """The session of this project; ``Unknown`` names the way to find the right one."""
    session_id, remedy = session_id.upper(), "`televibe sessions` lists them"
    try:
        session = await view.session(session_id)
    except Unknown:
        raise Unknown(f"no session {session_id}", remedy) from None
    if session.project_id != project.id:
        raise Unknown(f"session {session_id} belongs to another repository", remedy)
    return session


async def goal_of(view: Reading, project: Project, goal_id: str) -> Goal:
    """The goal of this project; ``Unknown`` names the way to find the right one."""
    goal_id, remedy = goal_id.upper(), "`televibe goals` lists them"
    try:
        goal = await view.goal(goal_id)
    except Unknown:
        raise Unknown(f"no goal {goal_id}", remedy) from None
    if goal.project_id != project.id:
        raise Unknown(f"goal {goal_id} belongs to another repository", remedy)
    return goal
