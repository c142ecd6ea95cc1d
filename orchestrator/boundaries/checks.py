"""Checks: the project's own commands, run in a worktree before anything lands. The only caller of the user's test suite."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

from orchestrator.nouns.base import Noun

TAIL_BYTES = 4000
"""How much of the end of a check's output is kept."""


class CheckResult(Noun):
    """How one check command ended. ``status`` is its exit status; None when it was stopped for taking too long."""

    command: str
    status: int | None
    seconds: float
    tail: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def line(self) -> str:
        """One line for the log."""
        how = "passed" if self.ok else "was stopped: it took too long" if self.status is None else f"failed ({self.status})"
        return f"check {self.command!r} {how} in {self.seconds:.1f} s"

    @property
    def as_data(self) -> dict[str, Any]:
        return {**self.model_dump(), "ok": self.ok}


async def run_check(command: str, directory: Path, *, timeout_seconds: float) -> CheckResult:
    """Run ``command`` with the shell in ``directory``, in a process group of its own that dies with a timeout or cancellation.

    The command is the user's own, from their committed configuration.
    """
    started = time.monotonic()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") and k != "ANTHROPIC_API_KEY"}
    process = await asyncio.create_subprocess_shell(
        command,
        cwd=directory,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    status: int | None = None
    tail = b""
    try:
        async with asyncio.timeout(timeout_seconds):
            tail = await _tail(process)
            status = await process.wait()
    except TimeoutError:
        tail += b"\n(stopped)"
    finally:
        if process.returncode is None:
            _kill_group(process.pid)
            await process.wait()
    seconds = round(time.monotonic() - started, 3)
    return CheckResult(command=command, status=status, seconds=seconds, tail=tail.decode(errors="replace").strip())


async def _tail(process: asyncio.subprocess.Process) -> bytes:
    """The last ``TAIL_BYTES`` of the output, however much there is."""
    assert process.stdout is not None
    kept = b""
    while chunk := await process.stdout.read(65536):
        kept = (kept + chunk)[-TAIL_BYTES:]
    return kept


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
