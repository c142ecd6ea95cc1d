"""Making sessions: our whole way against a bare ``git worktree add`` of the same repository, in turns."""

from __future__ import annotations

import time
from pathlib import Path

from evals.bench.figures import Figure, median
from evals.bench.places import git, initialised, make_repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.sessions import new_session

ROUNDS = 15


async def session_creation(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 1000)
    home = Home(scratch / "home").ready()
    store = await open_store(home.database_url)
    deps = await initialised(home, store, repository, "agent: scripted\n")
    ours, bare = [], []
    for round_ in range(ROUNDS):
        started = time.perf_counter()
        await git(repository, "worktree", "add", "-q", "--no-track", "-b", f"bare-{round_}", str(scratch / f"bare-{round_}"))
        bare.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        await new_session(deps, "implementer", branch=f"ours-{round_}")
        ours.append((time.perf_counter() - started) * 1000)
    await deps.index.close()
    await store.close()
    floor = median(bare)
    note = f"1,000 files, median of {ROUNDS}"
    return [Figure("session creation", median(ours), "ms", 1.5 * floor + 50, floor, note)]
