"""Where benchmarks work: a repository of a given size, a home, and an initialised project, all in a temporary directory."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from graphs.state import Deps
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.protocol import Store
from orchestrator.engine.projects import open_project
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Project

ISOLATED = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@localhost",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@localhost",
}


async def git(directory: Path, *arguments: str) -> None:
    """Run git; its failure is an error of the benchmark."""
    process = await asyncio.create_subprocess_exec("git", *arguments, cwd=directory, env=ISOLATED, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError(f"git {' '.join(arguments)} failed")


async def make_repository(directory: Path, files: int) -> Path:
    """A repository with ``files`` small Python files in folders of fifty, one commit on main."""
    directory.mkdir(parents=True)
    await git(directory, "init", "-q", "-b", "main")
    for number in range(files):
        folder = directory / f"package_{number // 50}"
        folder.mkdir(exist_ok=True)
        body = f'"""Module {number}."""\n\n\ndef function_{number}(value: int) -> int:\n    return value + {number}\n'
        (folder / f"module_{number}.py").write_text(body * 5)
    await git(directory, "add", "-A")
    await git(directory, "commit", "-q", "-m", "start")
    return directory


async def initialised(home: Home, store: Store, repository: Path, config: str) -> Deps:
    """Write the configuration, register the project, and open it as the engine would."""
    (repository / ".televibe").mkdir(exist_ok=True)
    (repository / ".televibe" / "config.yaml").write_text(config)
    await git(repository, "add", "-A")
    await git(repository, "commit", "-q", "-m", "televibe")
    async with store.writing() as tx:
        from datetime import UTC, datetime

        project = Project(id=await tx.next_id("P"), root=str(repository), default_branch="main", created_at=datetime.now(UTC))
        await tx.put(project)
        await tx.record(NewEvent(kind=EventKind.project_registered, project_id=project.id, text="bench"))
    return await open_project(home, store, project, owner=True, environ={})
