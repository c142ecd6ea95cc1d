"""The tools over loopback HTTP, server and client as two processes: one session at a time, 32 at once, a large registry."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from evals.bench.figures import Figure, median, percentile
from evals.bench.places import initialised, make_repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.protocol import Store
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.coordination.identity import issue
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.session import Session, SessionState

SESSIONS = 32
CALLS = 100
ROUNDS = 150
EXPORTS = 10_000
CONFIG = "agent: scripted\nmodel: {policy: deterministic}\ntalk: {calls_per_minute: 100000, messages_per_minute: 100000}\n"
TOPICS = ("payment", "invoice", "login", "token", "cart", "stock", "refund", "mail", "report", "tax")
ACTS = ("parse", "store", "check", "render", "send", "load", "merge", "split", "count", "sign")


@dataclass(frozen=True)
class Caller:
    """One session's agent: a connection of its own, and its token on every call."""

    http: httpx2.AsyncClient
    session: str

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured answer; whatever is not one is an error of the benchmark."""
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        answer = (await self.http.post("/mcp", json=body)).json()
        if answer.get("result", {}).get("isError", True):
            raise RuntimeError(f"{tool}: {str(answer)[:300]}")
        found: dict[str, Any] = answer["result"]["structuredContent"]
        return found


async def mcp(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 50)
    home = Home(scratch / "home").ready()
    tokens = await _furnished(home, repository)
    async with _server(home, repository) as url:
        callers = [await _caller(url, session, token) for session, token in tokens.items()]
        figures = await _one_at_a_time(callers[0], callers[1])
        figures += await _registry(callers[0])
        figures += await _all_at_once(callers)
        for caller in callers:
            await caller.http.aclose()
    return [*figures, await _gaps(home)]


async def _one_at_a_time(sender: Caller, receiver: Caller) -> list[Figure]:
    """A message sent, then fetched and settled; beside them a request that does nothing."""
    sent, fetched, bare = [], [], []
    for number in range(ROUNDS):
        started = time.perf_counter()
        (await sender.http.get("/healthz")).raise_for_status()
        bare.append(_since(started))
        started = time.perf_counter()
        await sender.call("send_cross_session_message", to_session=receiver.session, content=f"message {number}")
        sent.append(_since(started))
        started = time.perf_counter()
        inbox = await receiver.call("get_inbox")
        fetched.append(_since(started))
        await receiver.call("acknowledge_message", message_id=inbox["messages"][0]["id"])
    floor, slow = median(bare), percentile(bare, 0.95)
    note = f"{ROUNDS} rounds; floor: GET /healthz"
    return [
        Figure("send a message, p50", median(sent), "ms", 15.0, floor, note),
        Figure("send a message, p95", percentile(sent, 0.95), "ms", 40.0, slow),
        Figure("fetch the inbox, p50", median(fetched), "ms", 15.0, floor),
        Figure("fetch the inbox, p95", percentile(fetched, 0.95), "ms", 40.0, slow),
    ]


async def _registry(caller: Caller) -> list[Figure]:
    took, bare = [], []
    for number in range(40):
        started = time.perf_counter()
        await caller.http.get("/healthz")
        bare.append(_since(started))
        instruction = f"{ACTS[number % 10]} the {TOPICS[number // 4]} before it is shown to the customer"
        started = time.perf_counter()
        found = await caller.call("get_available_interfaces", instruction=instruction)
        took.append(_since(started))
        if not found["interfaces"]:
            raise RuntimeError("no interface was found")
    note = f"{EXPORTS:,} exports, for an instruction, median of {len(took)}"
    return [Figure("get_available_interfaces", median(took), "ms", 40.0, median(bare), note)]


async def _all_at_once(callers: list[Caller]) -> list[Figure]:
    """Every session in its own loop: write to the next one, read, settle, look around."""
    took: list[float] = []

    async def work(caller: Caller, neighbour: Caller) -> None:
        async def timed(tool: str, **arguments: Any) -> dict[str, Any]:
            started = time.perf_counter()
            answer = await caller.call(tool, **arguments)
            took.append(_since(started))
            return answer

        for number in range(CALLS // 4):
            await timed("send_cross_session_message", to_session=neighbour.session, content=f"message {number} of {caller.session}")
            inbox = await timed("get_inbox")
            if inbox["messages"]:
                await timed("acknowledge_message", message_id=inbox["messages"][0]["id"])
            else:
                await timed("report_progress", text=f"round {number}")
            await timed("get_decisions")

    started = time.perf_counter()
    await asyncio.gather(*(work(caller, callers[(at + 1) % len(callers)]) for at, caller in enumerate(callers)))
    seconds = time.perf_counter() - started
    rate = len(took) / seconds
    return [
        Figure(
            "a call, all sessions together", 1000 / rate, "ms", 1000 / 80, note=f"{len(took):,} calls, {rate:.0f} a second, 0 errors"
        ),
        Figure("32 sessions at once, a call, p95", percentile(took, 0.95), "ms", 500.0, note=f"p50 {median(took):.0f} ms"),
    ]


async def _gaps(home: Home) -> Figure:
    store = await open_store(home.database_url)
    async with store.reading() as view:
        ids = [event.id for event in await view.events()]
    await store.close()
    missing = ids[-1] - len(ids)
    return Figure("gaps in the event log", float(missing), "  ", 0.0, note=f"{len(ids):,} events")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


async def _caller(url: str, session: str, token: str) -> Caller:
    headers = {
        "authorization": f"Bearer {token}",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
    }
    http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)
    caller = Caller(http, session)
    await caller.call("list_sessions")
    return caller


async def _furnished(home: Home, repository: Path) -> dict[str, str]:
    """Sessions that nobody works in, a token for each, and what one more session offers."""
    store = await open_store(home.database_url)
    deps = await initialised(home, store, repository, CONFIG)
    head = await deps.git.head(str(repository))
    tokens = {}
    for _ in range(SESSIONS):
        async with store.writing() as tx:
            session = _session(await tx.next_id("S"), deps.project.id, head, str(repository))
            await tx.put(session)
            tokens[session.id] = await issue(tx, session, datetime.now(UTC))
    await _offered(store, deps.project.id, head, str(repository))
    await deps.index.close()
    await store.close()
    return tokens


async def _offered(store: Store, project_id: str, head: str, repository: str) -> None:
    async with store.writing() as tx:
        session = _session(await tx.next_id("S"), project_id, head, repository)
        exports = [
            Export(
                session_id=session.id,
                project_id=project_id,
                name=f"{ACTS[number % 10]}_{TOPICS[number // 10 % 10]}_{number}",
                kind=SymbolKind.function,
                file=f"src/{TOPICS[number // 10 % 10]}/module_{number // 100}.py",
                line=number % 100 + 1,
                signature=f"def {ACTS[number % 10]}_{TOPICS[number // 10 % 10]}_{number}(value: int) -> int",
                description=f"{ACTS[number % 10]} a {TOPICS[number // 10 % 10]} of kind {number}",
                status=ExportStatus.found,
                commit=head,
                job_id="",
            )
            for number in range(EXPORTS)
        ]
        await tx.put(session, *exports)
        await tx.record(NewEvent(kind=EventKind.export_found, project_id=project_id, session_id=session.id, text="bench"))


def _session(id_: str, project_id: str, head: str, repository: str) -> Session:
    now = datetime.now(UTC)
    return Session(
        id=id_,
        project_id=project_id,
        role="implementer",
        branch="main",
        worktree=repository,
        base_commit=head,
        agent="scripted",
        state=SessionState.stopped,
        created_at=now,
        updated_at=now,
    )


@asynccontextmanager
async def _server(home: Home, repository: Path) -> AsyncIterator[str]:
    """``televibe up`` as a process of its own; the URL it listens at."""
    environment = {**os.environ, "TELEVIBE_HOME": str(home.path), "TELEVIBE_NO_MODEL": "1"}
    words = [sys.executable, "-m", "orchestrator.doors", "up", "--json", "--repo", str(repository)]
    process = await asyncio.create_subprocess_exec(*words, env=environment, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(180):
            line = await process.stdout.readline()
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        await process.wait()
