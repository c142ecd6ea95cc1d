"""Things that were worked out once, on disk for the next process, by a key that says all they depend on. To lose them costs time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

ENTRIES = 40_000
"""Of the newest; the facts of a file take about 10 kB."""

AT_ONCE = 500
PATIENCE_SECONDS = 1.0
"""For another process that writes; longer than that, and working it out again is no slower."""

TABLE = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, body BLOB NOT NULL)"


class Kept:
    """One file of them, made when it is first written. What is damaged, locked or not allowed is as if it were not there."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What is there of these."""
        asked, found = list(keys), dict[str, bytes]()
        if not asked or not self._file.is_file():
            return found
        try:
            with closing(self._open()) as opened:
                for at in range(0, len(asked), AT_ONCE):
                    some = asked[at : at + AT_ONCE]
                    marks = ",".join("?" * len(some))
                    found.update(opened.execute(f"SELECT key, body FROM kept WHERE key IN ({marks})", some))
        except sqlite3.DatabaseError as error:
            self._drop_damaged(error)
        return {key: body for key, body in found.items() if isinstance(body, bytes)}

    def write(self, bodies: Mapping[str, bytes]) -> None:
        """Remember them, in one transaction; the oldest make room."""
        if not bodies:
            return
        try:
            for directory in (self._file.parent.parent, self._file.parent):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(self._open()) as opened, opened:
                opened.execute(TABLE)
                opened.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", bodies.items())
                opened.execute("DELETE FROM kept WHERE rowid <= (SELECT max(rowid) FROM kept) - ?", (ENTRIES,))
        except sqlite3.DatabaseError as error:
            self._drop_damaged(error)
        except OSError:
            return

    def _open(self) -> sqlite3.Connection:
        opened = sqlite3.connect(self._file, timeout=PATIENCE_SECONDS)
        opened.execute("PRAGMA synchronous = OFF")  # a file that a power cut damages is thrown away
        return opened

    def _drop_damaged(self, error: sqlite3.DatabaseError) -> None:
        if isinstance(error, sqlite3.OperationalError):
            return  # locked, full, read-only: another time
        self._file.unlink(missing_ok=True)
