"""A line on standard error that says how far long work is; nothing for what takes less than a second."""

from __future__ import annotations

import asyncio
import sys
from types import TracebackType

PATIENCE_SECONDS = 1.0
STEP_SECONDS = 0.5


class Waiting:
    """``async with`` it around the work. In a terminal the line changes in place; elsewhere there is one for each kind of work."""

    def __init__(self) -> None:
        self._line = "looking at the branches"
        self._kind = ""
        self._shown = ""
        self._task: asyncio.Task[None] | None = None

    def comparing(self, done: int, of: int) -> None:
        self._kind, self._line = "compare", f"comparing {of:,} pairs of branches: {done:,} done"

    def checking(self, done: int, of: int) -> None:
        self._kind, self._line = "check", f"checking {of:,} merged trees: {done:,} done"

    async def __aenter__(self) -> Waiting:
        self._task = asyncio.create_task(self._tell())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._shown = ""

    async def _tell(self) -> None:
        await asyncio.sleep(PATIENCE_SECONDS)
        told = None
        while True:
            if sys.stderr.isatty():
                self._shown = self._line
                sys.stderr.write(f"\r\x1b[K… {self._line}")
                sys.stderr.flush()
            elif told != self._kind:
                told = self._kind
                sys.stderr.write(f"… {self._line}\n")
            await asyncio.sleep(STEP_SECONDS)
