"""A server that forks a child for each run, as an async client: a run ends by itself, or at the crash point that was asked for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

SECONDS = 150


class Forks:
    """One server process; runs go one after the other."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def run(self, directory: Path, *, at: str = "", trace: bool = False) -> int:
        """The exit status; -9 when it died at the point ``at`` (``point#2``: at its second passing)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = json.dumps({"directory": str(directory), "at": at, "trace": trace})
        async with self._turn, asyncio.timeout(SECONDS):
            self._process.stdin.write(order.encode() + b"\n")
            return int(await self._process.stdout.readline())


@asynccontextmanager
async def forks(scenario: str) -> AsyncIterator[Forks]:
    """``scenario``: a module with ``async def scenario(directory)``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash_server", scenario, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Forks(process)
    finally:
        process.kill()
        await process.wait()
