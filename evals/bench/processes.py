"""Whole processes: a cold ``televibe sessions --json``, and the memory of an idle ``televibe up``."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from evals.bench.figures import Figure, median
from evals.bench.places import initialised, make_repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store

ROUNDS = 9
TELEVIBE = str(Path(sys.executable).with_name("televibe"))


async def processes(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 50)
    home = Home(scratch / "home").ready()
    store = await open_store(home.database_url)
    deps = await initialised(home, store, repository, "agent: scripted\n")
    await deps.index.close()
    await store.close()
    environment = {**os.environ, "TELEVIBE_HOME": str(home.path)}
    cold = [await _timed([TELEVIBE, "sessions", "--json", "--repo", str(repository)], environment) for _ in range(ROUNDS)]
    bare = [await _timed([sys.executable, "-c", "pass"], environment) for _ in range(ROUNDS)]
    return [
        Figure("televibe sessions --json, cold", median(cold), "ms", 400.0, median(bare), "floor: python -c pass"),
        Figure("resident memory of an idle televibe up", await _resident(environment, repository), "MB", 250.0),
    ]


async def _timed(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError(f"{command} failed")
    return (time.perf_counter() - started) * 1000


async def _resident(environment: dict[str, str], repository: Path) -> float:
    """Megabytes resident five seconds after ``televibe up`` said that it is ready."""
    process = await asyncio.create_subprocess_exec(
        TELEVIBE, "up", "--json", "--repo", str(repository), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            if not await process.stdout.readline():
                raise RuntimeError("televibe up ended before it was ready")
        await asyncio.sleep(5)
        status = Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    finally:
        process.terminate()
        await process.wait()
