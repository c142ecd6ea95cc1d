"""Leases: asked for and let go in process, over MCP by 32 sessions at once, and the hook before an edit as the process that it is."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from evals.bench.figures import Figure, median, percentile
from evals.bench.mcp import Caller, _caller, _furnished, _server, _since
from evals.bench.places import make_repository
from graphs.leases import Wish, acquire, release
from graphs.state import Deps
from orchestrator.boundaries.agents.claude_hooks import command
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.projects import open_project
from orchestrator.nouns.session import Session

ROUNDS = 200
OTHERS = 30
"""Leases that are held meanwhile."""
HOOKS = 60


async def leases(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 50)
    home = Home(scratch / "home").ready()
    tokens = await _furnished(home, repository)
    store = await open_store(home.database_url)
    async with store.reading() as view:
        [project] = await view.projects()
        sessions = await view.sessions(project.id)
    deps = await open_project(home, store, project, owner=False)
    figures = await _in_process(deps, sessions)
    await deps.index.close()
    await deps.model.close()
    await store.close()
    async with _server(home, repository) as url:
        callers = [await _caller(url, session, token) for session, token in tokens.items()]
        figures += await _all_at_once(callers)
        figures += await _hook(int(url.rpartition(":")[2]), tokens["S1"], str(repository))
        for caller in callers:
            await caller.http.aclose()
    return figures


async def _in_process(deps: Deps, sessions: list[Session]) -> list[Figure]:
    """With ``OTHERS`` leases held by others."""
    held = []
    for number, session in enumerate(sessions[1 : OTHERS + 1]):
        async with deps.store.writing() as tx:
            held.append(await acquire(tx, deps, session, _wish(f"src/part_{number}/**")))
    asked, freed = [], []
    for number in range(ROUNDS):
        started = time.perf_counter()
        async with deps.store.writing() as tx:
            lease = await acquire(tx, deps, sessions[0], _wish(f"docs/file_{number}.md"))
        asked.append(_since(started))
        started = time.perf_counter()
        async with deps.store.writing() as tx:
            await release(tx, deps, [lease], "bench")
        freed.append(_since(started))
    async with deps.store.writing() as tx:
        await release(tx, deps, held, "bench")
    note = f"{ROUNDS} rounds beside {OTHERS} held leases"
    return [
        Figure("a lease in process, asked for, p50", median(asked), "ms", 5.0, note=note),
        Figure("a lease in process, let go, p50", median(freed), "ms", 5.0, note=note),
    ]


def _wish(pattern: str) -> Wish:
    return Wish((pattern,), exclusive=True, minutes=30.0, reason="", wait=False)


async def _all_at_once(callers: list[Caller]) -> list[Figure]:
    """32 sessions are there; each asks and lets go in turn with a pause, as agents do, which think for longer than that."""
    took: list[float] = []

    async def work(caller: Caller, number: int) -> None:
        await asyncio.sleep(number * 0.05)
        for turn in range(6):
            started = time.perf_counter()
            lease = await caller.call("acquire_file_lock", files=[f"src/part_{number}/file_{turn}.py"])
            took.append(_since(started))
            await caller.call("release_file_lock", lock_id=lease["lease"])
            await asyncio.sleep(1.6)

    await asyncio.gather(*(work(caller, number) for number, caller in enumerate(callers)))
    note = f"{len(took)} leases of {len(callers)} sessions, 20 a second; p50 {median(took):.0f} ms"
    return [Figure("a lease over MCP, 32 sessions, p95", percentile(took, 0.95), "ms", 40.0, note=note)]


async def _hook(port: int, token: str, worktree: str) -> list[Figure]:
    """What Claude Code waits for before an edit, beside the start of an interpreter that does nothing."""
    words = {"file_path": f"{worktree}/src/x.py", "content": "x\n"}
    question: dict[str, Any] = {"hook_event_name": "PreToolUse", "cwd": worktree, "tool_name": "Write", "tool_input": words}
    asked, bare = [], []
    for _ in range(HOOKS):
        bare.append(await _ran(f"{sys.executable} -c pass", b"", token))
        asked.append(await _ran(command(port), json.dumps(question).encode(), token))
    slow = percentile(bare, 0.95)
    return [
        Figure("the hook before an edit, p50", median(asked), "ms", 60.0, median(bare), f"{HOOKS} edits; floor: python -c pass"),
        Figure("the hook before an edit, p95", percentile(asked, 0.95), "ms", 60.0, slow),
    ]


async def _ran(words: str, said: bytes, token: str) -> float:
    pipe = asyncio.subprocess.PIPE
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", words, stdin=pipe, stdout=pipe, stderr=pipe, env={"TELEVIBE_TOKEN": token, "PATH": "/usr/bin:/bin"}
    )
    out, err = await process.communicate(said)
    took = _since(started)
    if (process.returncode, out, err) != (0, b"", b""):
        raise RuntimeError(f"the hook refused: {out[:200]!r} {err[:200]!r}")
    return took
