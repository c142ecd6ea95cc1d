"""Where merges leave their objects: in memory where that is possible, since a merge is half writing; swept when there are many."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEMORY = Path("/dev/shm")
FREE_BYTES = 512_000_000
"""Less than that is left to others."""

PREFIX = "televibe-merged-"
LEFT_SECONDS = 600.0
"""Age at which a directory of a process that is gone is taken away."""


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A directory for objects, gone afterwards: in memory, else in ``beside``."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=_place(beside), ignore_cleanup_errors=True) as made:
        yield Path(made)


def sweep(directory: Path) -> None:
    """Empty it."""
    for inner in directory.iterdir():
        shutil.rmtree(inner, ignore_errors=True)


def _place(beside: Path) -> Path:
    """Leftovers of processes that were killed are taken away on the way."""
    try:
        if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < FREE_BYTES:
            return beside
        for left in MEMORY.glob(f"{PREFIX}*"):
            _take_away(left)
    except OSError:
        return beside
    return MEMORY


def _take_away(left: Path) -> None:
    owner = left.name.removeprefix(PREFIX).partition("-")[0]
    with suppress(OSError):
        found = left.lstat()
        if found.st_uid == os.getuid() and time.time() - found.st_mtime > LEFT_SECONDS and owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
