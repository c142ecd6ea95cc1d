"""A real process that a script runs in its worktree: its output is captured, and it dies with everything it started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from orchestrator.nouns.errors import AgentError

CHUNK = 65_536
KEPT = 4_000
"""Bytes of the end of an output that are kept."""

LEFTOVER_SECONDS = 5.0
"""How long a killed process's pipe may stay open: only somebody who left its process group can still hold it."""

WITHHELD = ("GIT_", "ANTHROPIC_")
"""Beginnings of the names of variables that a script's process does not get."""


async def run_command(command: str | Sequence[str], worktree: str, *, env: Mapping[str, str], output_bytes: int) -> str:
    """The end of what ``command`` wrote. ``AgentError`` unless it exits with 0, or when it writes more than ``output_bytes``.

    A command that leaves a child behind which still holds its output is waited for. ``python3`` is the Python that we run on.
    """
    arguments = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    shown = command if isinstance(command, str) else " ".join(command)
    try:
        process = await _started(arguments, worktree, env)
    except OSError as error:
        raise AgentError(f"{shown!r} cannot be started: {error.strerror}") from error
    try:
        tail = await _tail(process, output_bytes, shown)
        status = await process.wait()
    finally:
        await _ended(process)
    said = tail.decode(errors="replace").strip()
    if status != 0:
        raise AgentError(f"{shown!r} ended with status {status}: {' '.join(said.splitlines()[-3:]) or 'it said nothing'}")
    return said


async def _tail(process: asyncio.subprocess.Process, most: int, shown: str) -> bytes:
    assert process.stdout is not None
    kept, seen = b"", 0
    while chunk := await process.stdout.read(CHUNK):
        kept = (kept + chunk)[-KEPT:]
        seen += len(chunk)
        if seen > most:
            raise AgentError(f"{shown!r} wrote more output than limits.output_megabytes allows")
    return kept


async def _started(arguments: Sequence[str], worktree: str, env: Mapping[str, str]) -> asyncio.subprocess.Process:
    """The process. Cancelled while it starts, it is killed as a group: asyncio itself would kill the first process only."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            cwd=worktree,
            env={**env, **_environment()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(OSError):
            await _ended(await starting)
        raise


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Kill the group, and read what is left: ``wait`` waits for the pipe too, which is paused while its buffer is full."""
    with suppress(ProcessLookupError):  # it ended, and nobody of its group is left
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(LEFTOVER_SECONDS):
            await process.communicate()


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(WITHHELD)}
    ours = str(Path(sys.executable).parent)
    return {**kept, "PATH": f"{ours}{os.pathsep}{kept.get('PATH', os.defpath)}"}
