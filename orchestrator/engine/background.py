"""Whose engine does the work: this process if nobody has the lock, the one that has it otherwise, or a new one in the background."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orchestrator.boundaries.home import Home
from orchestrator.engine.lock import holder


@asynccontextmanager
async def some_engine(home: Home) -> AsyncIterator[bool]:
    """An engine works while the context is open. Yields True when it is this process that runs it."""
    if holder(home.engine_lock) is not None:
        yield False
        return
    from orchestrator.engine.engine import Engine  # costs a second of imports, so only when it is needed

    async with Engine(home):
        yield True


def start_in_background(home: Home) -> int:
    """Start ``televibe up --until-idle`` as a process of its own; returns its process id, or that of the engine that runs."""
    running = holder(home.engine_lock)
    if running is not None:
        return running
    home.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home.logs / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.doors", "up", "--until-idle"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            close_fds=True,
        )
    return process.pid


async def wait_for_engine(home: Home, seconds: float) -> bool:
    """True once some process has the engine's lock."""
    async with asyncio.timeout(seconds):
        while holder(home.engine_lock) is None:
            await asyncio.sleep(0.05)
    return True
