"""The ``televibe`` command for tests, warm or cold, and a project with something in it to read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.boundaries.transcript import Transcript
from orchestrator.doors.init import register
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState, TaskType
from tests.repos import make_repo
from tests.warm import warm

COMMAND = Path(sys.executable).with_name("televibe")
STARTED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOSTILE = "Ship it\x1b[2J\x1b]0;owned\x07 \u202egnp.exe"
"""What an agent may write: clears the screen, renames the window, reads backwards."""


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


def televibe(*words: str | Path, home: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Said:
    """Run the command to its end, in a process of its own that has its imports already."""
    environment = {**os.environ, "TELEVIBE_HOME": str(home), **(env or {})}
    return Said(*warm([str(word) for word in words], cwd=cwd, env=environment))


def televibe_cold(*words: str | Path, home: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Said:
    """Run the console script to its end."""
    ran = subprocess.run(
        [COMMAND, *map(str, words)],
        cwd=cwd,
        env={**os.environ, "TELEVIBE_HOME": str(home), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Said(ran.returncode, ran.stdout, ran.stderr)


def televibe_to(target: str, *words: str | Path, home: Path) -> Said:
    """Run the console script with its standard output going to a file."""
    env = {**os.environ, "TELEVIBE_HOME": str(home)}
    with Path(target).open("w") as out:
        command = [str(COMMAND), *map(str, words)]
        ran = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, env=env, timeout=60, check=False)
    return Said(ran.returncode, "", ran.stderr)


@dataclass(frozen=True)
class Shop:
    """A repository and its home: G1 with two tasks; S1 at work with uncommitted changes, S2 closed."""

    repo: Path
    home: Home
    base: str


async def furnished_shop(directory: Path) -> Shop:
    """A shop with sessions, jobs, events and a transcript, stored as the engine stores them."""
    repo = make_repo(directory / "shop", {"cart.py": "def total(prices):\n    return sum(prices)\n"})
    home = Home(directory / "home").ready()
    git = await Repository.open(str(repo))
    base = await git.head(str(repo))
    store = await open_store(home.database_url)
    project, _ = await register(store, git.root, "main")
    worktree = home.worktree(project.id, "S1")
    worktree.parent.mkdir(parents=True)
    await git.add_worktree(str(worktree), "televibe/g1-total", base)
    (worktree / "cart.py").write_text("def total(prices, tax=0):\n    return sum(prices) + tax\n")
    (worktree / "tax.py").write_text("RATE = 19\n")
    goal = Goal(
        id="G1", project_id=project.id, text="Add tax; test it", state=GoalState.working, agent="scripted",
        created_at=STARTED, updated_at=STARTED,
    )  # fmt: skip
    tasks = [
        Task(id="T1", goal_id="G1", position=1, title="Add tax", instruction="Add tax", type=TaskType.implement, role="implementer",
             state=TaskState.dispatched, session_id="S1"),
        Task(id="T2", goal_id="G1", position=2, title="Test it", instruction="Test it", type=TaskType.test, role="tester",
             depends_on=("T1",)),
    ]  # fmt: skip
    session = Session(
        id="S1", project_id=project.id, role="implementer", branch="televibe/g1-total", worktree=str(worktree),
        base_commit=base, agent="scripted", state=SessionState.working, title=HOSTILE, goal_id="G1", cost_usd=0.25,
        created_at=STARTED, updated_at=STARTED + timedelta(microseconds=120_000),
    )  # fmt: skip
    closed = session.model_copy(
        update={"id": "S2", "branch": "main", "state": SessionState.closed, "worktree": str(directory / "gone")}
    )
    job = Job(id="J1", project_id=project.id, session_id="S1", goal_id="G1", task_id="T1", seq=1, instruction="Add tax",
              state=JobState.running, queued_at=STARTED)  # fmt: skip
    export = Export(
        session_id="S1", project_id=project.id, name="total", kind=SymbolKind.function, file="cart.py", line=1,
        signature="def total(prices, tax=0)", description="", status=ExportStatus.changed, commit=base, job_id="J1",
    )  # fmt: skip
    ids = {"project_id": project.id, "goal_id": "G1", "session_id": "S1"}
    async with store.writing() as tx:
        await tx.put(goal, *tasks, session, closed, job, export)
        await tx.record(NewEvent(kind=EventKind.goal_given, project_id=project.id, goal_id="G1", text="G1: Add tax; test it"))
        await tx.record(NewEvent(kind=EventKind.session_created, text="S1 implementer on televibe/g1-total", **ids))
        await tx.record(NewEvent(kind=EventKind.job_progress, job_id="J1", text=HOSTILE, data={"said": True}, **ids))
    await store.close()
    with Transcript(home.transcript("S1", "J1")) as transcript:
        transcript.write("brief", {"text": "Add tax\nto the cart", "attempt": 1}, STARTED)
        transcript.write("said", {"text": HOSTILE}, STARTED + timedelta(seconds=1))
        transcript.write("did", {"tool": "Edit", "detail": "cart.py"}, STARTED + timedelta(seconds=2))
    return Shop(repo, home, base)
