"""The engine's lock: one engine per home, held by the operating system, so that a killed process never leaves it behind."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from orchestrator.nouns.errors import NotReady


class EngineLock:
    """``flock`` on a file that names the holder's process id. ``take`` raises ``NotReady`` when another process has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise NotReady(f"an engine runs already (process {holder(self._path)})", "it takes this work too") from None
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def holder(path: Path) -> int | None:
    """The process that runs the engine of this home, or None."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(file, 20) or b"0")
    finally:
        os.close(file)
    return None
