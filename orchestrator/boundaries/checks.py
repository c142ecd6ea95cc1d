"""Checks: the project's own commands, run in a worktree before anything lands. The only caller of the user's test suite.

Whatever a command does, it is over when ``run_check`` returns: one that hangs is stopped, what it left running is killed (in its
process group or not), and of what it prints only the beginning and the end are kept.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from orchestrator.boundaries.agents import leftover
from orchestrator.nouns.base import Noun
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.telling_lines import headline, telling_lines

TAIL_CHARS = 4000
"""How much of the end of a check's output is stored."""

HEAD_BYTES, END_BYTES = 64_000, 256_000
"""How much of the output is looked through for what tells why it failed."""

DRAIN_SECONDS = 5.0
"""How long the output of a command that has ended is waited for; then somebody else holds it open."""


class CheckResult(Noun):
    """How one check command ended. ``status`` is its exit status; None when it was stopped for taking too long."""

    command: str
    status: int | None
    seconds: float
    tail: str
    telling: str = ""  # of a failed one: the lines that say why
    why: str = ""  # the one line of them that says most
    left: int = 0  # processes that it left behind; they were killed
    edited: tuple[str, ...] = ()  # tracked files that it changed in its worktree; they were put back

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def line(self) -> str:
        """One line for the log."""
        how = "passed" if self.ok else "was stopped: it took too long" if self.status is None else f"failed ({self.status})"
        return f"check {self.command!r} {how} in {self.seconds:.1f} s{self.aside}"

    @property
    def aside(self) -> str:
        """What it should not have done, in words that follow how it ended."""
        left = f"; it left {counted(self.left, 'process', 'processes')} behind, killed now" if self.left else ""
        more = f" and {len(self.edited) - 3} more" if len(self.edited) > 3 else ""
        return f"{left}; it edits {', '.join(self.edited[:3])}{more}, which does not land" if self.edited else left

    @property
    def as_data(self) -> dict[str, Any]:
        return {**self.model_dump(mode="json"), "ok": self.ok}


async def run_check(command: str, directory: Path, *, timeout_seconds: float) -> CheckResult:
    """Run ``command`` with the shell in ``directory``, in a process group of its own that dies with it, a timeout or cancellation.

    The command is the user's own, from their committed configuration.
    """
    started = time.monotonic()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") and k != "ANTHROPIC_API_KEY"}
    output, writes = await _Output.open()
    try:
        process = await asyncio.create_subprocess_shell(
            command,
            cwd=directory,
            env={**environment, leftover.MARK: str(directory)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=writes,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    finally:
        os.close(writes)
    status: int | None = None
    left: list[int] = []
    try:
        async with asyncio.timeout(timeout_seconds):
            status = await process.wait()
        left = leftover.marked(str(directory))
    except TimeoutError:
        status = None
    finally:
        leftover.kill(str(directory), process.pid)  # at once, without waiting: also when this call is cancelled
        await asyncio.shield(asyncio.gather(process.wait(), output.ended()))
    said = output.text + ("\n(stopped)" if status is None else "")
    told = {} if status == 0 else {"telling": "\n".join(telling_lines(said)), "why": headline(said)}
    seconds = round(time.monotonic() - started, 3)
    return CheckResult(command=command, status=status, seconds=seconds, tail=said[-TAIL_CHARS:].strip(), left=len(left), **told)


def kill_left_by(directory: Path) -> None:
    """Kill what a check in this worktree still has running: the process that ran it died."""
    leftover.kill(str(directory), None)


class _Output:
    """The beginning and the end of what a command printed, however much there is.

    Over a pipe of its own: asyncio takes a process that has ended for running as long as anybody holds the pipe that it made.
    """

    def __init__(self, stream: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self._head, self._end, self._cut = b"", b"", 0
        self._transport = transport
        self._reading = asyncio.ensure_future(self._read(stream))

    @classmethod
    async def open(cls) -> tuple[_Output, int]:
        """It, and the descriptor to write to, which the caller closes."""
        reads, writes = os.pipe()
        stream = asyncio.StreamReader()
        file = os.fdopen(reads, "rb", buffering=0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), file)
        return cls(stream, transport), writes

    async def ended(self) -> None:
        await asyncio.wait([self._reading], timeout=DRAIN_SECONDS)
        self._reading.cancel()
        self._transport.close()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(1 << 18):
            room = max(HEAD_BYTES - len(self._head), 0)
            self._head += chunk[:room]
            rest = self._end + chunk[room:]
            self._end = rest[-END_BYTES:]
            self._cut += len(rest) - len(self._end)

    @property
    def text(self) -> str:
        between = f"\n… {self._cut:,} bytes …\n".encode() if self._cut else b""
        return (self._head + between + self._end).decode(errors="replace")
