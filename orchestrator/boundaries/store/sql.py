"""The store on SQLAlchemy: SQLite by default, PostgreSQL by a URL. Opening it migrates it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from orchestrator.boundaries.crash import passing
from orchestrator.boundaries.store.migrate import migrate
from orchestrator.boundaries.store.reading import SqlReading
from orchestrator.boundaries.store.sqlite import connected
from orchestrator.boundaries.store.uncut import uncut
from orchestrator.boundaries.store.writing import SqlWriting
from orchestrator.nouns.errors import StoreError
from orchestrator.nouns.event import EventKind

POLL_SECONDS = 0.05
ROOM_BYTES = 200_000
"""What SQLite needs beside the file; without it, it speaks of an I/O error."""
ADVISORY_LOCK = 7_405_713
"""One number for all writers of a PostgreSQL store: it makes them serial, as SQLite's are."""


class UnexplainedChange(RuntimeError):
    """A write transaction put something and recorded no event. State and log must not part, so it was rolled back."""


class SqlStore:
    """``Store``. Make it with ``open_store``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._news = asyncio.Event()
        self._newest = 0  # event id that this process knows of
        self._own: dict[EventKind, int] = {}  # the newest of each kind that it wrote
        self._foreign = 0  # the newest that it did not write
        self._looked = float("-inf")
        self._looking = asyncio.Lock()
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlReading]:
        async with self._connected() as connection:
            begin = "BEGIN" if self._sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
            await connection.exec_driver_sql(begin)
            yield SqlReading(connection)
            await uncut(connection.rollback())

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlWriting]:
        # In turn: SQLite lets whoever happens to look at the right moment go first, and others sleep for longer and longer.
        async with self._writer, self._connected() as connection:
            begin = "BEGIN IMMEDIATE" if self._sqlite else f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"
            await connection.exec_driver_sql(begin)
            transaction = SqlWriting(connection)
            try:
                yield transaction
                if transaction.unexplained:
                    raise UnexplainedChange("state was changed and no event says so")
            except BaseException:
                await uncut(connection.rollback())
                raise
            await uncut(connection.commit())
        for event in transaction.recorded:
            passing(f"written {event.kind.value}")
        if transaction.recorded:
            self._newest = max(self._newest, transaction.recorded[-1].id)
            self._own.update((event.kind, event.id) for event in transaction.recorded)
            self._news.set()
            self._news = asyncio.Event()

    async def wait_for_news(self, after: int, timeout_seconds: float, kinds: Collection[EventKind] = ()) -> int:
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while True:
            news = self._news
            if self._is_news(after, kinds):  # without asking the database: every write of a busy engine comes by here
                return self._newest
            await self._look()
            left = deadline - asyncio.get_running_loop().time()
            if self._is_news(after, kinds) or left <= 0:
                return self._newest
            try:
                async with asyncio.timeout(min(POLL_SECONDS, left)):
                    await news.wait()
            except TimeoutError:
                continue

    def _is_news(self, after: int, kinds: Collection[EventKind]) -> bool:
        """Of what other processes wrote the kinds are not known: it is news to everybody."""
        if not kinds:
            return self._newest > after
        return self._foreign > after or any(self._own.get(kind, 0) > after for kind in kinds)

    async def _look(self) -> None:
        """Learn of events that other processes wrote: one look for everybody who waits, and none while the last one is fresh."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now - self._looked < POLL_SECONDS * 0.8:
                return
            async with self.reading() as store:
                newest = await store.last_event_id()
            if newest > self._newest:
                self._newest = self._foreign = newest
            self._looked = asyncio.get_running_loop().time()

    async def close(self) -> None:
        await uncut(self._engine.dispose())

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        connection = self._engine.connect()
        try:
            try:
                await uncut(connection.start())
                yield connection
            finally:
                if connection.sync_connection is not None:
                    await uncut(connection.close())
        except (DBAPIError, SQLAlchemyError) as error:
            raise StoreError(*said(error, _where(self._engine))) from error


async def open_store(url: str) -> SqlStore:
    """Open, and bring up to date, the database of ``url`` (``sqlite:///path`` or ``postgresql://…``)."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}", async_creator=partial(connected, path))
    elif url.startswith(("postgresql://", "postgres://")):
        rest = url.split("://", 1)[1]
        engine = create_async_engine(f"postgresql+psycopg://{rest}")
    else:
        raise StoreError(f"no such kind of database: {url.split('://', maxsplit=1)[0]}", "use sqlite:///path or postgresql://…")
    try:
        await uncut(migrate(engine, ADVISORY_LOCK))
    except (DBAPIError, SQLAlchemyError, OSError) as error:
        await engine.dispose()
        raise StoreError(*said(error, _where(engine))) from error
    except BaseException:
        await uncut(engine.dispose())
        raise
    return SqlStore(engine)


def _where(engine: AsyncEngine) -> str:
    """The database as the user knows it: the file, or the URL without its password."""
    sqlite = engine.dialect.name == "sqlite"
    return str(engine.url.database) if sqlite else engine.url.render_as_string(hide_password=True)


def _no_room(where: str) -> bool:
    directory = Path(where).parent
    return directory.is_dir() and shutil.disk_usage(directory).free < ROOM_BYTES


def said(error: BaseException, where: str) -> tuple[str, str]:
    """(one line, remedy) for a database error."""
    cause = getattr(error, "orig", None) or error
    line = " ".join(str(cause).split())[:200]
    lower = line.lower()
    if "full" in lower or "no space" in lower or ("disk i/o" in lower and _no_room(where)):
        return f"the disk is full: {where} could not be written", "free some space and run the command again; nothing was lost"
    if "not a database" in lower or "malformed" in lower:
        return f"{where} is not a usable database ({line})", "move the file away, or set TELEVIBE_HOME to another directory"
    if "unable to open" in lower or "readonly" in lower or "read-only" in lower:
        return f"{where} cannot be opened for writing ({line})", "check the directory's owner and mode, or set TELEVIBE_HOME"
    if "connection" in lower or "could not" in lower or "refused" in lower:
        return f"the database server does not answer at {where} ({line})", "start it, or correct TELEVIBE_DATABASE_URL"
    return f"the database refused: {line}", f"the database is {where}"
