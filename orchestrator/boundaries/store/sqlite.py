"""A connection to a SQLite file, for SQLAlchemy: opened and prepared before the driver's thread exists.

So a file that cannot be opened, or is no database, leaves no thread behind that answers an event loop which is closed by then.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiosqlite

BUSY_SECONDS = 30


async def connected(path: Path) -> aiosqlite.Connection:
    """The connection, ready for use. ``sqlite3.Error`` when there can be none."""
    opener = ThreadPoolExecutor(1)  # not the loop's own, which DBOS replaces by one that it shuts down
    try:
        ready = await asyncio.get_running_loop().run_in_executor(opener, _open, path)
    finally:
        opener.shutdown(wait=False)
    connection = aiosqlite.Connection(lambda: ready, iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does: a crash must not wait for it
    return await connection


def _open(path: Path) -> sqlite3.Connection:
    """WAL lets readers go on beside the writer; transactions are begun by us, not by the driver."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection
