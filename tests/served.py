"""A served home for tests: ``televibe up`` as a process, two projects with sessions that no agent works in, and their tokens."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import SqlStore, open_store
from orchestrator.doors.init import register
from orchestrator.engine.coordination.identity import issue
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.job import JobState
from orchestrator.nouns.knowledge import Todo
from orchestrator.nouns.message import Author, Message, MessageType, Request, RequestState, RequestType
from orchestrator.nouns.session import Session, SessionState
from tests.repos import make_repo

CONFIG = """\
agent: scripted
model: {policy: deterministic}
talk: {calls_per_minute: %d, messages_per_minute: 10000}
roles:
  - name: implementer
    description: Writes, and has others write
    allowed_actions: [read, write, run_tests, orchestrate]
    task_types: [implement]
    writes: ["**"]
"""
AT = datetime(2030, 1, 1, tzinfo=UTC)
STATE = re.compile(r"^(?!events$|counters$|cursors$|alembic)")
"""Tables that hold state; the others grow with every event."""


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def refusal(self) -> str:
        """The words of a refusal, as an MCP client shows them; empty if it was none."""
        if not isinstance(self.body, dict):
            return ""
        if "error" in self.body:
            return str(self.body["error"]["message"])
        result = self.body.get("result", {})
        return str(result["content"][0]["text"]) if result.get("isError") else ""


@dataclass
class Served:
    """The address, the tokens by session, and the database to look into."""

    url: str
    mcp_url: str
    pid: int
    home: Home
    tokens: dict[str, str]
    repo: Path
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request, as it is."""
        connection = self._connection or http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        self._connection = None
        connection.request(method, path, body=body or None, headers=dict(headers or {}))
        response = connection.getresponse()
        text = response.read()
        if response.will_close:
            connection.close()
        else:
            self._connection = connection
        is_json = (response.headers.get("content-type") or "").startswith("application/json")
        return Answer(response.status, dict(response.headers.items()), json.loads(text) if is_json else text.decode())

    def rpc(self, method: str, params: Mapping[str, Any], token: str | None = "S1", **headers: str) -> Answer:
        """A call of the protocol by the session whose token it is (its id, or a token as such)."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        given = {"content-type": "application/json", "accept": "application/json, text/event-stream", **headers}
        if token is not None:
            given["authorization"] = f"Bearer {self.tokens.get(token, token)}"
        return self.send("POST", "/mcp", body, given)

    def call(self, tool: str, arguments: Mapping[str, Any], token: str | None = "S1") -> Answer:
        return self.rpc("tools/call", {"name": tool, "arguments": arguments}, token)

    def state(self) -> dict[str, list[Any]]:
        """Every row of every table that holds state."""
        with closing(self._database()) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if STATE.match(name)]
            return {name: database.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in tables}

    def refusals(self, after: int = 0) -> list[tuple[int, str | None, str]]:
        """(event id, session, text) of what was refused since."""
        with closing(self._database()) as database:
            asked = "SELECT id, session_id, text FROM events WHERE kind = 'call.refused' AND id > ? ORDER BY id"
            return database.execute(asked, (after,)).fetchall()

    def last_event(self) -> int:
        with closing(self._database()) as database:
            return int(database.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.home.database_file}?mode=ro", uri=True, timeout=30)


@contextmanager
def served(directory: Path) -> Iterator[Served]:
    """A running ``televibe up``: S1 implementer, S2 reviewer, S3 implementer and child of S1 in one project, S4 implementer of
    another one, which allows 5 calls a minute. Implementers may call every tool. M1, R1 and A1 are S1's, M2, R2 and A2 S4's, O1 S1's
    and O2 S4's. All but S3 are stopped; what S3 is given fails at once, because there is no script for it."""
    home = Home(directory / "home").ready()
    repos = [make_repo(directory / name, {".televibe/config.yaml": CONFIG % limit}) for name, limit in (("a", 100_000), ("b", 5))]
    tokens = asyncio.run(_furnish(home, repos))
    environment = {**os.environ, "TELEVIBE_HOME": str(home.path), "TELEVIBE_NO_MODEL": "1"}
    command = [sys.executable, "-m", "orchestrator.doors", "up", "--port", "0", "--json", "--repo", str(repos[0])]
    with (directory / "up.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (directory / "up.log").read_text()
            ready = json.loads(line)
            yield Served(ready["url"], ready["mcp_url"], ready["pid"], home, tokens, repos[0])
        finally:
            process.terminate()
            process.wait(30)


async def _furnish(home: Home, repos: list[Path]) -> dict[str, str]:
    store = await open_store(home.database_url)
    tokens = {}
    for repo, roles in zip(repos, (("implementer", "reviewer", "implementer"), ("implementer",)), strict=True):
        git = await Repository.open(str(repo))
        project, _ = await register(store, git.root, "main")
        base = await git.head(str(repo))
        for role in roles:
            async with store.writing() as tx:
                session = await _session(tx, project.id, role, base)
                await git.add_worktree(str(home.worktree(project.id, session.id)), session.branch, base)
                await tx.put(session.model_copy(update={"worktree": str(home.worktree(project.id, session.id))}))
                tokens[session.id] = await issue(tx, session, AT)
        await _left_for(store, project.id, session.id if len(roles) == 1 else "S1")
    await store.close()
    return tokens


async def _session(tx: Any, project_id: str, role: str, base: str) -> Session:
    id_ = await tx.next_id("S")
    return Session(
        id=id_, project_id=project_id, role=role, branch=f"work/{id_}", worktree="", base_commit=base, agent="scripted",
        state=SessionState.idle if id_ == "S3" else SessionState.stopped, parent="S1" if id_ == "S3" else None,
        title=f"{role}'s work", created_at=AT, updated_at=AT,
    )  # fmt: skip


async def _left_for(store: SqlStore, project_id: str, session_id: str) -> None:
    """A message, a request and a todo for the session, and something that it offers."""
    soon = AT + timedelta(days=365)
    async with store.writing() as tx:
        message, request, todo, given = [await tx.next_id(prefix) for prefix in ("M", "R", "O", "A")]
        await tx.put(
            Message(id=message, project_id=project_id, author=Author.user, from_session=None, to_session=session_id,
                    type=MessageType.fyi, content=f"for {session_id} only", thread=message, created_at=AT, expires_at=soon),
            Request(id=request, project_id=project_id, from_session=None, to_session=session_id, type=RequestType.help,
                    context="please", created_at=AT, updated_at=AT, expires_at=soon),
            Assignment(id=given, project_id=project_id, parent=session_id, child="S3", instruction="done long ago",
                       state=AssignmentState.done, created_at=AT, updated_at=AT),
            Todo(id=todo, project_id=project_id, from_session=None, to_session=session_id, message="tidy", created_at=AT),
            Export(session_id=session_id, project_id=project_id, name=f"offer_{session_id}", kind=SymbolKind.function, file="a.py",
                   line=1, signature="def offer()", description="", status=ExportStatus.promised, commit="", job_id=""),
        )  # fmt: skip
        await tx.record(NewEvent(kind=EventKind.message_sent, project_id=project_id, session_id=session_id, text="furnished"))


async def settled(home: Home) -> None:
    """Wait until no job is open and no assignment: what the tools' examples set going is over."""
    store = await open_store(home.database_url)
    seen = 0
    while True:
        async with store.reading() as view:
            open_jobs = await view.jobs(states=[state for state in JobState if not state.over])
            given = [a for project in await view.projects() for a in await view.assignments(project.id, states=[AssignmentState.open])]
        if not open_jobs and not given:
            break
        seen = await store.wait_for_news(seen, 1.0)
    await store.close()


async def reopened(home: Home, request_id: str) -> None:
    """Make a request pending again."""
    store = await open_store(home.database_url)
    async with store.writing() as tx:
        request = await tx.request(request_id)
        await tx.put(request.model_copy(update={"state": RequestState.pending}))
        await tx.record(NewEvent(kind=EventKind.request_made, project_id=request.project_id, text=f"{request_id} again"))
    await store.close()
