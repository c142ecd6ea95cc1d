"""One spec for the store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from orchestrator.boundaries.store.glance import sessions_at_a_glance
from orchestrator.boundaries.store.sql import SqlStore, UnexplainedChange, open_store
from orchestrator.boundaries.store.tables import metadata
from orchestrator.boundaries.store.uncut import uncut
from orchestrator.nouns.deciding import ModelCall
from orchestrator.nouns.errors import StoreError, Unknown
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Outcome, Verdict
from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus, SymbolKind
from orchestrator.nouns.job import Handoff, Job, JobState
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.message import Message, MessageState, MessageType, Request, RequestState, RequestType
from orchestrator.nouns.session import Project, Session, Token
from orchestrator.nouns.work import Goal, GoalState, Task, TaskType
from tests.integration.postgres import server

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
PROJECT = Project(id="P1", root="/repo", default_branch="main", created_at=NOW)
GIVEN = NewEvent(kind=EventKind.goal_given, project_id="P1", goal_id="G1", text="a goal", data={"list": [1, {"a": None}]})


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'televibe.db'}"
    base = str(request.getfixturevalue("postgres"))
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{base}postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{base}{name}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    opened = await open_store(url)
    yield opened
    await opened.close()


def session(number: int) -> Session:
    return Session(
        id=f"S{number}", project_id="P1", role="tester", branch=f"b{number}", worktree="/w", base_commit="0", agent="scripted",
        adopted=number % 2 == 0, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


async def test_what_sessions_tell_each_other_comes_back_as_it_was(store: SqlStore) -> None:
    dependency = Dependency(session_id="S1", project_id="P1", name="login", on_session="S2", created_at=NOW)
    met = dependency.model_copy(update={"name": "logout", "state": DependencyState.met})
    todo = Todo(id="O1", project_id="P1", from_session="S1", to_session=None, message="later", created_at=NOW)
    done = todo.model_copy(update={"id": "O10", "done": True})
    question = Message(
        id="M2", project_id="P1", from_session="S1", to_session="S2", type=MessageType.need_input, content="?", thread="M2",
        created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    answer = question.model_copy(update={"id": "M10", "in_reply_to": "M2", "state": MessageState.expired, "to_session": None})
    asked = Request(
        id="R1", project_id="P1", from_session="S1", to_session="S2", type=RequestType.review, context="look",
        created_at=NOW, updated_at=NOW, expires_at=NOW,
    )  # fmt: skip
    token = Token(hash="ab", session_id="S1", project_id="P1", created_at=NOW)
    exports = [
        Export(
            session_id="S1", project_id="P1", name=name, kind=SymbolKind.other, file="a:b.py", line=0, signature="", description="",
            status=ExportStatus.promised, commit="", job_id="", topic="auth",
        )
        for name in ("f", "g")
    ]  # fmt: skip
    async with store.writing() as tx:
        await tx.put(dependency, met, todo, done, question, answer, asked, token, *exports)
        await tx.record(GIVEN)
    async with store.reading() as view:
        assert await view.dependencies("P1") == [dependency, met]
        assert await view.dependencies("P1", session_id="S1", states=[DependencyState.met]) == [met]
        assert (await view.todos("P1"), await view.todos("P1", open_only=True)) == ([todo, done], [todo])
        assert await view.messages("P1", thread="M2") == [question, answer]
        assert await view.messages("P1", from_session="S1", states=[MessageState.queued]) == [question]
        assert (await view.message("M10"), await view.request("R1")) == (answer, asked)
        assert await view.requests("P1", to_session="S2", states=[RequestState.pending]) == [asked]
        assert await view.requests("P1", states=[RequestState.declined]) == []
        assert (await view.token("ab"), await view.token("AB"), await view.tokens("S1")) == (token, None, [token])
        assert await view.exports("P1", keys=[exports[1].key, "S9:x:y"]) == [exports[1]]


async def test_every_noun_comes_back_as_it_was(store: SqlStore) -> None:
    goal = Goal(
        id="G1", project_id="P1", text="ä\n✓", state=GoalState.working, agent="claude", checks=("a", "b"),
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    task = Task(
        id="T1", goal_id="G1", position=1, title="t", instruction="i", type=TaskType.test, role="tester", depends_on=("T2",),
        when={"T2": (Outcome.approved, Outcome.skipped)}, verdict=Verdict.refused,
    )  # fmt: skip
    job = Job(id="J1", project_id="P1", session_id="S1", seq=3, instruction="i", commits=("x", "y"), queued_at=NOW, cost_usd=0.25)
    handoff = Handoff(
        id="H1", project_id="P1", goal_id="G1", from_session="S1", to_session="S2", from_task="T1", to_task="T2", from_branch="b",
        base_commit="0", head_commit="1", summary="s", files_changed=("a",), created_at=NOW,
    )  # fmt: skip
    export = Export(
        session_id="S1", project_id="P1", name="f", kind=SymbolKind.function, file="a.py", line=3, signature="def f()", description="",
        status=ExportStatus.found, commit="1", job_id="J1",
    )  # fmt: skip
    decision = Decision(id="D1", project_id="P1", session_id=None, decision="d", created_at=NOW)
    message = Message(
        id="M1", project_id="P1", from_session=None, to_session="S1", type=MessageType.fyi, content="c", created_at=NOW
    )  # fmt: skip
    call = ModelCall(
        id="C1", project_id="P1", goal_id=None, session_id=None, decision="route", at=NOW, model="m", prompt="p@1", cost_usd=0.5
    )  # fmt: skip
    async with store.writing() as tx:
        await tx.put(PROJECT, session(1), goal, task, job, handoff, export, decision, message, call)
        recorded = await tx.record(GIVEN)
    async with store.reading() as view:
        assert await view.project("P1") == await view.project_at("/repo") == PROJECT
        assert await view.sessions("P1") == [session(1)]
        assert (await view.goal("G1"), await view.tasks("G1"), await view.job("J1")) == (goal, [task], job)
        assert (await view.handoffs("G1"), await view.exports("P1")) == ([handoff], [export])
        assert (await view.decisions("P1"), await view.messages("P1", to_session="S1")) == ([decision], [message])
        assert await view.spent_usd(since="2026-01-01T00:00:00+00:00") == 0.75
        assert await view.spent_usd(since="2027-01-01T00:00:00+00:00") == 0
        assert await view.events() == [recorded]
        assert recorded.data == {"list": [1, {"a": None}]}


async def test_put_replaces_what_has_the_same_identity(store: SqlStore) -> None:
    async with store.writing() as tx:
        await tx.put(session(10), session(2))
        await tx.put(session(2).model_copy(update={"role": "reviewer"}))
        await tx.record(GIVEN)
    async with store.reading() as view:
        assert [(s.id, s.role) for s in await view.sessions("P1")] == [("S2", "reviewer"), ("S10", "tester")]
        with pytest.raises(Unknown, match="no session S3"):
            await view.session("S3")


async def test_a_change_that_no_event_explains_is_rolled_back(store: SqlStore) -> None:
    with pytest.raises(UnexplainedChange):
        async with store.writing() as tx:
            await tx.put(PROJECT)
    async with store.reading() as view:
        assert await view.projects() == []


async def test_a_failed_or_cancelled_transaction_leaves_nothing_and_no_gap(store: SqlStore) -> None:
    async def cut_off() -> None:
        async with store.writing() as tx:
            await tx.put(PROJECT)
            await tx.record(GIVEN)
            await asyncio.Event().wait()

    task = asyncio.create_task(cut_off())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.writing() as tx:
        assert (await tx.record(GIVEN)).id == 1
        assert await tx.projects() == []


def test_readers_that_are_cut_leave_no_thread_behind(tmp_path: Path) -> None:
    """A thread that answers a loop which is closed by then fails the test: pyproject.toml turns its complaint into an error."""

    async def read_on(store: SqlStore) -> None:
        while True:
            async with store.reading() as view:
                await view.last_event_id()

    async def cut_off(turns: int) -> None:
        store = await open_store(f"sqlite:///{tmp_path / 'televibe.db'}")
        await store.close()  # so that the readers must connect anew
        readers = [asyncio.create_task(read_on(store)) for _ in range(4)]
        for _ in range(turns % 12):
            await asyncio.sleep(0)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await store.close()

    for turns in range(40):
        asyncio.run(cut_off(turns))


async def test_what_was_asked_of_the_database_ends_before_the_cancellation_does() -> None:
    done: list[str] = []

    async def commit() -> None:
        await asyncio.sleep(0.05)
        done.append("committed")

    task = asyncio.create_task(uncut(commit()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # Ctrl-C, twice
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["committed"]


async def test_writers_at_once_get_consecutive_ids(store: SqlStore) -> None:
    async def write() -> None:
        for _ in range(5):
            async with store.writing() as tx:
                await tx.next_id("S")
                await tx.record(GIVEN)

    await asyncio.gather(*(write() for _ in range(4)))
    async with store.reading() as view:
        assert [e.id for e in await view.events()] == list(range(1, 21))
    async with store.writing() as tx:
        assert await tx.next_id("S") == "S21"


async def test_news_wake_waiters_of_this_and_of_other_processes(store: SqlStore, url: str) -> None:
    other = await open_store(url)
    for writer in (store, other):
        async with store.reading() as view:
            before = await view.last_event_id()
        waiting = asyncio.create_task(store.wait_for_news(before, 30))
        async with writer.writing() as tx:
            await tx.record(GIVEN)
        assert await waiting == before + 1
    assert await store.wait_for_news(2, 0.01) == 2
    await other.close()


async def test_events_are_found_by_what_they_are_about(store: SqlStore) -> None:
    async with store.writing() as tx:
        await tx.record(GIVEN)
        await tx.record(GIVEN.model_copy(update={"goal_id": "G2", "kind": EventKind.goal_landed}))
        await tx.set_cursor("reader", 2)
    async with store.reading() as view:
        assert [e.id for e in await view.events(goal_id="G2")] == [2]
        assert [e.id for e in await view.events(kinds=[EventKind.goal_given])] == [1]
        assert [e.id for e in await view.events(newest_first=True, limit=1)] == [2]
        assert [e.id for e in await view.events(after=1)] == [2]
        assert (await view.cursor("reader"), await view.cursor("nobody")) == (2, 0)


async def test_jobs_by_state(store: SqlStore) -> None:
    job = Job(id="J1", project_id="P1", session_id="S1", seq=2, instruction="i", queued_at=NOW)
    async with store.writing() as tx:
        await tx.put(job, job.model_copy(update={"id": "J2", "seq": 1, "state": JobState.done}))
        await tx.record(GIVEN)
    async with store.reading() as view:
        assert [j.id for j in await view.jobs()] == ["J2", "J1"]
        assert [j.id for j in await view.jobs(states=[JobState.queued])] == ["J1"]


async def test_opened_by_many_at_once_it_is_migrated_once(url: str) -> None:
    stores = await asyncio.gather(*(open_store(url) for _ in range(6)))
    async with stores[5].reading() as view:
        assert await view.last_event_id() == 0
    for opened in stores:
        await opened.close()


async def test_a_newer_database_is_refused(url: str) -> None:
    await (await open_store(url)).close()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreError, match="schema 9999"):
        await open_store(url)


async def test_the_migrations_build_the_tables_that_the_code_uses(url: str) -> None:
    await (await open_store(url)).close()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    found = inspect(engine)
    for table in metadata.sorted_tables:
        columns = {c["name"]: bool(c["nullable"]) for c in found.get_columns(table.name)}
        assert columns == {c.name: bool(c.nullable) for c in table.columns}, table.name
        assert {i["name"] for i in found.get_indexes(table.name)} == {i.name for i in table.indexes}, table.name
    engine.dispose()


async def test_how_much_a_session_said_lately_is_counted_without_reading_the_rest(tmp_path: Path) -> None:
    """It is asked before each message that is sent, of a table that only grows."""
    file = tmp_path / "televibe.db"
    await (await open_store(f"sqlite:///{file}")).close()
    count = "SELECT count(*) FROM messages WHERE project_id = 'P1' AND from_session = 'S1' AND created_at >= '2026'"
    with closing(sqlite3.connect(file)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {count}")]
    assert ["ix_messages_from_session_created_at (from_session=? AND created_at>?)" in step for step in plan] == [True], plan


async def test_the_glance_sees_what_the_store_sees(tmp_path: Path) -> None:
    file = tmp_path / "televibe.db"
    store = await open_store(f"sqlite:///{file}")
    async with store.writing() as tx:
        await tx.put(PROJECT, *(session(n) for n in range(1, 12)))
        await tx.record(GIVEN)
    async with store.reading() as view:
        assert sessions_at_a_glance(file, "/repo") == await view.sessions("P1")
    assert sessions_at_a_glance(file, "/elsewhere") is None
    assert sessions_at_a_glance(tmp_path / "missing.db", "/repo") is None
    await store.close()


WRITE = """
import asyncio, sys
from orchestrator.boundaries.store.sql import open_store
from orchestrator.nouns.event import EventKind, NewEvent

async def main():
    store = await open_store(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        async with store.writing() as tx:
            await tx.last_event_id()
            await tx.record(NewEvent(kind=EventKind.goal_given, project_id="P1", text="x"))
            if sys.argv[2] == "1":
                print("in the middle", flush=True)
                await asyncio.sleep(60)
    await store.close()

asyncio.run(main())
"""


async def test_eight_processes_write_without_a_failure(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'televibe.db'}"
    running = [await asyncio.create_subprocess_exec(sys.executable, "-c", WRITE, url, "20") for _ in range(8)]
    assert [await process.wait() for process in running] == [0] * 8
    store = await open_store(url)
    async with store.reading() as view:
        assert [e.id for e in await view.events()] == list(range(1, 161))
    await store.close()


async def test_killed_in_the_middle_of_a_transaction(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'televibe.db'}"
    process = subprocess.Popen([sys.executable, "-c", WRITE, url, "1"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    store = await open_store(url)
    async with store.writing() as tx:
        assert (await tx.record(GIVEN)).id == 1
    await store.close()


async def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is a text file, and long enough to be looked at as a database header")
    with pytest.raises(StoreError, match=r"x\.db is not a usable database"):
        await open_store(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(StoreError, match="cannot be opened"):
        await open_store(f"sqlite:///{tmp_path / 'no' / 'such' / 'x.db'}")
    with pytest.raises(StoreError, match="does not answer"):
        await open_store("postgresql://nobody@127.0.0.1:1/x")
    assert sqlite3.sqlite_version_info >= (3, 35), "RETURNING"


async def test_who_waits_for_some_kinds_sleeps_through_the_others(store: SqlStore, url: str) -> None:
    waiting = asyncio.create_task(store.wait_for_news(0, 20.0, {EventKind.goal_landed}))
    for kind in (EventKind.job_progress, EventKind.goal_given):
        async with store.writing() as tx:
            await tx.record(GIVEN.model_copy(update={"kind": kind}))
        await asyncio.sleep(0.15)
        assert not waiting.done()
    async with store.writing() as tx:
        await tx.record(GIVEN.model_copy(update={"kind": EventKind.goal_landed}))
    assert await waiting == 3
    elsewhere = await open_store(url)
    waiting = asyncio.create_task(store.wait_for_news(3, 20.0, {EventKind.goal_landed}))
    async with elsewhere.writing() as tx:
        await tx.record(GIVEN)
    assert await waiting == 4, "what others write may be anything"
    await elsewhere.close()
