"""Whether files are as they were, by ``stat`` alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Stamp = tuple[tuple[int, ...], ...]


def stamp(files: Sequence[str]) -> Stamp:
    """Another one when any of the files is another one."""
    return tuple(_of(file) for file in files)


def _of(file: str) -> tuple[int, ...]:
    try:
        found = Path(file).stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
