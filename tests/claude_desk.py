"""A session's desk for the real Claude Code: a worktree, a home, and an API on loopback that says what the model "wants"."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.boundaries.agents import leftover
from orchestrator.boundaries.agents.claude import ClaudeAgent
from orchestrator.boundaries.agents.protocol import AgentEvent, AgentOrder, Started
from orchestrator.nouns.policy import ClaudePolicy, Limits
from orchestrator.verbs.roles import BUILTIN_ROLES
from tests.fake_anthropic import FakeAnthropic, Use
from tests.repos import WHO, git, make_repo

ROLES = {role.name: role for role in BUILTIN_ROLES}
SLOW = "./slow.sh"
"""A "test command" that notes its process id in ``slow.pid`` and does not end."""
FILES = {
    "src/shop.py": "PRICE = 1\n",
    "tests/test_shop.py": "def test_price():\n    assert True\n",
    ".gitignore": "slow.pid\n",
}
KEY = "sk-of-the-tests"
SECONDS = 60.0


@dataclass
class Desk:
    """One session at work."""

    worktree: Path
    home: Path
    url: str
    policy: ClaudePolicy = field(default_factory=lambda: ClaudePolicy(test_commands=(f"{SLOW}*",)))
    limits: Limits = field(default_factory=lambda: Limits(silence_seconds=30))
    env: dict[str, str] = field(default_factory=lambda: {"ANTHROPIC_API_KEY": KEY})

    @property
    def agent(self) -> ClaudeAgent:
        return ClaudeAgent(self.policy, self.limits, {**WHO, "ANTHROPIC_BASE_URL": self.url, **self.env})

    def order(self, instruction: str, role: str = "implementer", **more: Any) -> AgentOrder:
        given: dict[str, Any] = {"job_id": "J1", "session_id": "S1", "branch": "work", "home": str(self.home), **more}
        return AgentOrder(role=ROLES[role], worktree=str(self.worktree), instruction=instruction, **given)

    async def run(self, instruction: str, role: str = "implementer", **more: Any) -> list[AgentEvent]:
        """Everything the run had to say."""
        async with asyncio.timeout(SECONDS):
            return [event async for event in self.agent.run(self.order(instruction, role, **more))]

    def path(self, name: str) -> str:
        return str(self.worktree / name)

    def write(self, name: str, text: str) -> Use:
        return Use("Write", {"file_path": self.path(name), "content": text})

    def log(self) -> list[str]:
        """Subjects of the branch's commits, newest first."""
        return git(self.worktree, "log", "--format=%s").splitlines()

    def dirty(self) -> str:
        return git(self.worktree, "status", "--porcelain")

    async def slow_command(self) -> int:
        """Wait until the slow command runs; its process id."""
        await until((self.worktree / "slow.pid").exists, "the slow command did not start")
        return int((self.worktree / "slow.pid").read_text())

    def claude_pid(self) -> int:
        pid = leftover.recorded(str(self.home))
        assert pid is not None, "no Claude Code is running"
        return pid


def bash(command: str) -> Use:
    return Use("Bash", {"command": command, "timeout": 600_000})


def alive(pid: int) -> bool:
    return leftover.start_time(pid) is not None


async def until(fact: Callable[[], bool], otherwise: str) -> None:
    """Wait for a fact; ``otherwise`` says what it means that it does not come."""
    try:
        async with asyncio.timeout(SECONDS):
            while not fact():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(otherwise) from None


def make_desk(directory: Path, api: FakeAnthropic) -> Desk:
    """A repository with a worktree on branch ``work``, as a session has it."""
    repo = make_repo(directory / "repo", FILES)
    script = repo / "slow.sh"
    script.write_text("#!/bin/sh\necho $$ > slow.tmp && mv slow.tmp slow.pid\nexec sleep 600\n")
    script.chmod(0o755)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "slow")
    git(repo, "worktree", "add", "--no-track", "-q", "-b", "work", str(directory / "work"))
    home = directory / "home"
    home.mkdir(mode=0o700)
    return Desk(directory / "work", home, api.url)


async def first_event(stream: AsyncGenerator[AgentEvent, None]) -> Started:
    event = await anext(stream)
    assert isinstance(event, Started), event
    return event


def pretend_cli(directory: Path, text: str) -> str:
    """A ``claude`` that is a shell script."""
    path = directory / "claude"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def _work_alone(worktree: str, home: str, url: str, instruction: str) -> None:
    await Desk(Path(worktree), Path(home), url).run(instruction)


if __name__ == "__main__":  # a process of ours that a test can kill
    os.environ["PYTHONUNBUFFERED"] = "1"
    asyncio.run(_work_alone(*sys.argv[1:5]))
