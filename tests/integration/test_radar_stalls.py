"""A git that hangs: the look ends at its limit, what it started is killed, it is tried again, and the engine closes meanwhile."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from graphs.state import Deps
from orchestrator.boundaries.git.radar import open_radar
from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.radar.lookout import Limits, Lookout
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.session import Session
from tests.integration.test_live_radar import DISCOUNT, SCRIPT, TAX, seen, until
from tests.line import Line, line
from tests.repos import commit, make_repo

STALLING = """#!/bin/sh
case " $* " in
  *" merge-tree "*) if [ -e {here}/stalls ]; then echo $$ >> {here}/pids; sleep 1000; fi ;;
esac
exec {git} "$@"
"""


def stalling_git(directory: Path) -> Path:
    """A directory for the front of PATH; its git hangs while there is a file ``stalls`` in it, and notes who hung in ``pids``."""
    directory.mkdir()
    git = directory / "git"
    git.write_text(STALLING.format(here=directory, git=shutil.which("git")))
    git.chmod(git.stat().st_mode | stat.S_IXUSR)
    (directory / "stalls").touch()
    return directory


def hung(front: Path) -> list[int]:
    file = front / "pids"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def alive(group: int) -> bool:
    """Whether any process of the group is there that is more than a dead one that nobody has asked about."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of, *_ = status.read_text().rpartition(") ")[2].split()
            if int(of) == group and state != "Z":
                return True
    return False


def watching(on: Line, limits: Limits) -> Lookout:
    """A radar of the test's own; that of the engine is switched off."""
    conflicts = on.deps.policy.conflicts.model_copy(update={"radar": True})
    deps = replace(on.deps, policy=on.deps.policy.model_copy(update={"conflicts": conflicts}))

    async def of(_: str) -> Deps:
        return deps

    return Lookout(on.store, of, limits=limits)


async def test_a_git_that_hangs_is_given_up_killed_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front = stalling_git(tmp_path / "front")
    monkeypatch.setenv("PATH", str(front), prepend=os.pathsep)

    async def hung_often() -> bool:
        return len(hung(front)) >= 2

    async with line(tmp_path, SCRIPT, "conflicts: {radar: false}\n", queue=MemoryQueue()) as on:
        await two_that_collide(on)
        watch = asyncio.create_task(watching(on, Limits(survey=1.5, again=0.2)).watch())
        await until(hung_often)
        assert not alive(hung(front)[0]), "the look that was given up left its git"
        (front / "stalls").unlink()
        await until(seen(on))
        watch.cancel()
        await asyncio.wait([watch], timeout=5)
        assert watch.cancelled()
    assert not any(alive(pid) for pid in hung(front))


async def test_an_engine_closes_while_a_git_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front = stalling_git(tmp_path / "front")
    monkeypatch.setenv("PATH", str(front), prepend=os.pathsep)

    async def is_hung() -> bool:
        return bool(hung(front))

    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one, other = await two_that_collide(on)
        await until(is_hung)
        heads = await on.deps.git.heads()
        waits = asyncio.create_task(on.deps.watch.between(heads[one.branch], heads[other.branch]))
        assert not await on.events(EventKind.conflict_seen)
        began = time.monotonic()
    assert time.monotonic() - began < 8, "it waited for the look's limit"
    assert not any(alive(pid) for pid in hung(front)), "it left a git"
    assert await asyncio.wait_for(waits, 5) == (), "who waited for the radar is told that it saw nothing"


async def two_that_collide(on: Line) -> tuple[Session, Session]:
    one, other = await new_session(on.deps, "implementer"), await new_session(on.deps, "implementer")
    commit(Path(one.worktree), {"shop/cart.py": TAX}, "tax")
    commit(Path(other.worktree), {"shop/cart.py": DISCOUNT}, "discount")
    return one, other


async def test_a_git_that_left_much_unread_and_a_child_elsewhere_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = make_repo(tmp_path / "repo", {"README.md": "x\n"})
    front = stalling_git(tmp_path / "front")
    talking = f"""#!/bin/sh
case " $* " in *" cat-file --batch-command"*)
  (setsid sh -c 'echo $$ > {front}/elsewhere; exec sleep 20') &
  while [ ! -s {front}/elsewhere ]; do sleep 0.02; done; yes | head -c 9000000; sleep 1000 ;;
esac
exec {shutil.which("git")} "$@"
"""
    monkeypatch.setenv("PATH", str(front), prepend=os.pathsep)
    async with open_radar(str(repo)) as radar:
        (front / "git").write_text(talking)
        assert await radar.blobs(["a" * 40]) == {}
        began = time.monotonic()
    assert time.monotonic() - began < 5, "closing waited for a pipe"
    os.kill(int((front / "elsewhere").read_text()), signal.SIGKILL)
