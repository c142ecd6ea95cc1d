"""The Claude Code process: started in a group of its own, read line by line up to a limit, and never left behind.

It is the SDK's ``Transport``, so ``ClaudeSDKClient`` speaks its control protocol over it. The SDK's own transport would leave
running commands behind when it is cancelled, and reads as much as it is given.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from claude_agent_sdk import Transport

from orchestrator.boundaries.agents import leftover
from orchestrator.nouns.errors import AgentError

CHUNK = 65_536
LAST_WORDS = 500
"""Characters kept of the last line outside of the protocol: the reason, when a process exits at once."""
EXIT_SECONDS = 5.0
"""To write its transcript and end after its input was closed."""
TERMINATE_SECONDS = 2.0
LOOK_SECONDS = 0.25


class ClaudeProcess(Transport):
    """One run of the executable. ``home`` is the session's directory; ``limit_bytes`` of output, then it is an error."""

    def __init__(self, argv: Sequence[str], *, cwd: str, env: Mapping[str, str], home: str, limit_bytes: int) -> None:
        self._argv = argv
        self._cwd = cwd
        self._env = {**env, leftover.MARK: home}
        self._home = home
        self._left = self._limit = limit_bytes
        self._process: asyncio.subprocess.Process | None = None
        self._stderr: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._failure: AgentError | None = None
        self._last_words = ""
        self._result_seen = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def connect(self) -> None:
        """Start it. ``AgentError`` when the executable or the worktree is not there."""
        if not Path(self._cwd).is_dir():
            raise AgentError(f"the worktree {self._cwd} is not there", "close the session")
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv, cwd=self._cwd, env=self._env, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
            )
        except OSError as error:
            raise AgentError(f"{self._argv[0]} cannot be started: {error.strerror}", "see `televibe doctor`") from error
        leftover.record(self._home, self._process.pid)
        self._stderr = asyncio.create_task(self._read_stderr())
        self._watch = asyncio.create_task(self._end_with_leader())

    async def write(self, data: str) -> None:
        """``AgentError`` with the reason of its end when it is not there any more."""
        stdin = self._running().stdin
        assert stdin is not None
        if self._failure is None and not stdin.is_closing():
            stdin.write(data.encode())
            try:
                return await stdin.drain()
            except ConnectionError:
                pass
        raise self._failure or await self._why_ended()

    def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        """Parsed lines; a line that is no JSON object is not part of the protocol. ``AgentError`` on flood and early exit."""
        stdout = self._running().stdout
        assert stdout is not None
        pending: list[bytes] = []
        while chunk := await stdout.read(CHUNK):
            self._spend(chunk)
            head, newline, tail = chunk.rpartition(b"\n")
            if not newline:
                pending.append(chunk)
                continue
            lines = b"".join([*pending, head]).split(b"\n")
            pending = [tail]
            for line in lines:
                message = self._parsed(line)
                if message is not None:
                    yield message
        await self._exited()

    def _spend(self, chunk: bytes) -> None:
        self._left -= len(chunk)
        if self._left < 0:
            self._failure = AgentError(f"more than {self._limit / 1e6:g} MB of output (limits.output_megabytes)")
            raise self._failure

    def _parsed(self, line: bytes) -> dict[str, Any] | None:
        try:
            message = json.loads(line) if line.startswith(b"{") else None
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self._hear(line)
            return None
        self._result_seen = self._result_seen or message.get("type") == "result"
        return message

    def _hear(self, line: bytes) -> None:
        text = line[-4 * LAST_WORDS :].decode(errors="replace").strip()
        self._last_words = text[-LAST_WORDS:] or self._last_words

    async def _read_stderr(self) -> None:
        stderr = self._running().stderr
        assert stderr is not None
        while chunk := await stderr.read(CHUNK):
            if self._left < 0:
                continue
            try:
                self._spend(chunk)
            except AgentError:
                self.kill()  # and the reader of stdout says why
            for line in chunk.splitlines():
                self._hear(line)

    async def _end_with_leader(self) -> None:
        """Kill what outlives the executable: it would hold the pipes, and nobody would hear that the run is over."""
        while self._running().returncode is None:
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(LOOK_SECONDS)
        self.kill()

    async def _exited(self) -> None:
        """After the last line: fine if there was a result."""
        failure = await self._why_ended()
        if self._left < 0 or not self._result_seen:
            self._failure = failure
            raise failure

    async def _why_ended(self) -> AgentError:
        status = await self._running().wait()
        if self._stderr is not None:
            await self._stderr
        if self._failure is not None:
            return self._failure
        how = f"was killed by signal {-status}" if status < 0 else f"exited with status {status}"
        return AgentError(f"Claude Code {how} before it was done" + (f": {self._last_words}" if self._last_words else ""))

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise AgentError("Claude Code was not started")
        return self._process

    def is_ready(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def end_input(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def close(self) -> None:
        """End it: by its own will if it had a result, else by signals. Nothing that it started is left afterwards."""
        if self._process is None:
            return
        discarding = asyncio.create_task(self._discard())  # an unread pipe would keep ``wait`` from seeing the end
        try:
            await self.end_input()
            if not (self._result_seen and await self._ended(EXIT_SECONDS)):
                leftover.terminate(self._process.pid)
                await self._ended(TERMINATE_SECONDS)
        finally:
            self.kill()
            for task in (discarding, self._stderr, self._watch):
                if task is not None:
                    task.cancel()
            self._process._transport.close()  # type: ignore[attr-defined]  # no public way to let go of the pipes
        if await self._ended(TERMINATE_SECONDS):
            leftover.forget(self._home)

    async def _discard(self) -> None:
        stdout = self._running().stdout
        while stdout is not None and await stdout.read(CHUNK):
            pass

    async def _ended(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._running().wait()
        except TimeoutError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL to it and all it started, at once and without waiting: safe where nothing may be awaited."""
        if self._process is not None:
            leftover.kill(self._home, self._process.pid if self._process.returncode is None else None)
