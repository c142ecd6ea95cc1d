"""A connection to a SQLite file, for SQLAlchemy: opened and prepared before the driver's thread exists.

So a file that cannot be opened, or is no database, leaves no thread behind that answers an event loop which is closed by then.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiosqlite

BUSY_SECONDS = 30


class OneStep(aiosqlite.Connection):
    """Asks its thread once for each statement. The driver asks four times (for a cursor, its execution, its rows, its end), and
    every time two threads wait for each other: most of what a small statement costs."""

    def cursor(self) -> Statement:  # type: ignore[override]  # SQLAlchemy enters it, and does not await it
        return Statement(self)

    to_begin = False  # a plain BEGIN takes no lock: it is done together with the first statement

    async def commit(self) -> None:
        self.to_begin = False
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        self.to_begin = False
        if self.in_transaction:
            await super().rollback()


class Statement(aiosqlite.Cursor):
    """A cursor that has all its rows when it was executed."""

    def __init__(self, connection: OneStep) -> None:
        super().__init__(connection, connection._conn.cursor())
        self._on = connection
        self._rows: list[Any] = []

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Statement:
        if sql == "BEGIN":
            self._on.to_begin = True
            return self
        self._rows = await self._execute(self._whole, sql, () if parameters is None else parameters)  # type: ignore[no-untyped-call]
        return self

    def _whole(self, sql: str, parameters: Any) -> list[Any]:
        if self._on.to_begin:
            self._cursor.execute("BEGIN")
            self._on.to_begin = False
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall() if self._cursor.description else []

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._cursor.close()  # nothing is left to be read, so that this asks the database for nothing


async def connected(path: Path) -> aiosqlite.Connection:
    """The connection, ready for use. ``sqlite3.Error`` when there can be none."""
    opener = ThreadPoolExecutor(1)  # not the loop's own, which DBOS replaces by one that it shuts down
    try:
        ready = await asyncio.get_running_loop().run_in_executor(opener, _open, path)
    finally:
        opener.shutdown(wait=False)
    connection = OneStep(lambda: ready, iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does: a crash must not wait for it
    return await connection


def _open(path: Path) -> sqlite3.Connection:
    """WAL lets readers go on beside the writer; transactions are begun by us, not by the driver."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """The first of many who open a new file at once changes its mode; SQLite does not make the others wait for that, whatever
    their timeout is."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
