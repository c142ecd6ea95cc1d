"""The ``claude`` agent kind: Claude Code, one process for each job, one conversation and one configuration for each session."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.boundaries.agents import leftover
from orchestrator.boundaries.agents.claude_command import INSTALL, arguments, config_dir, environment, find_cli
from orchestrator.boundaries.agents.claude_roles import permissions
from orchestrator.boundaries.agents.claude_walls import all_but
from orchestrator.boundaries.agents.claude_words import instruction
from orchestrator.boundaries.agents.protocol import AgentEvent, AgentOrder, Availability, Broke
from orchestrator.nouns.errors import AgentError
from orchestrator.nouns.policy import ClaudePolicy, Limits

if TYPE_CHECKING:  # the SDK is an optional extra, and takes more than a second to import
    from claude_agent_sdk import ClaudeSDKClient, Message

    from orchestrator.boundaries.agents.claude_process import ClaudeProcess
    from orchestrator.boundaries.agents.claude_stream import Reading

log = logging.getLogger("televibe.claude")

INTERRUPT_SECONDS = 10.0
"""To end a turn after it was asked to; then the process is killed."""
VERSION_SECONDS = 20.0


@dataclass
class _Run:
    """One job at work. ``client`` is there once it can be talked to; ``timer`` while we wait for its next message."""

    stop_asked: bool = False
    stop_by: float = 0.0  # in the loop's time
    process: ClaudeProcess | None = None
    client: ClaudeSDKClient | None = None
    reading: Reading | None = None
    timer: asyncio.Timeout | None = field(default=None, repr=False)


class ClaudeAgent:
    """Claude Code as an ``Agent``. ``env`` is added to the environment of its processes."""

    def __init__(self, policy: ClaudePolicy, limits: Limits, env: Mapping[str, str] | None = None) -> None:
        self._policy = policy
        self._limits = limits
        self._env = dict(env or {})
        self._runs: dict[str, _Run] = {}

    @property
    def kind(self) -> str:
        return "claude"

    async def available(self) -> Availability:
        """Whether SDK and executable are there, and which. Starts the executable once, with ``--version``."""
        try:
            sdk = importlib.metadata.version("claude-agent-sdk")
            cli = find_cli(self._policy)
            version = await _version(cli)
        except importlib.metadata.PackageNotFoundError:
            return Availability(kind=self.kind, installed=False, detail="claude-agent-sdk is not installed", remedy=INSTALL)
        except AgentError as error:
            return Availability(kind=self.kind, installed=False, detail=str(error), remedy=error.remedy)
        return Availability(kind=self.kind, installed=True, version=version, detail=f"{cli} (claude-agent-sdk {sdk})")

    async def interrupt(self, job_id: str) -> bool:
        """Ask the run to stop; it ends with ``Broke(interrupted=True)``. One that does not listen is killed."""
        run = self._runs.get(job_id)
        if run is None:
            return False
        run.stop_asked = True
        run.stop_by = asyncio.get_running_loop().time() + INTERRUPT_SECONDS
        if run.reading is not None:
            run.reading.stop_asked = True
        if run.client is None:
            if run.process is not None:
                run.process.kill()
            return True
        if run.timer is not None:
            run.timer.reschedule(run.stop_by)
        try:
            async with asyncio.timeout(INTERRUPT_SECONDS):
                await run.client.interrupt()
        except Exception as error:  # the SDK raises bare ones; whatever it is, the run must end
            log.warning("action=interrupt_failed job=%s error=%s", job_id, error)
            if run.process is not None:
                run.process.kill()
        return True

    async def run(self, order: AgentOrder) -> AsyncGenerator[AgentEvent, None]:
        """See ``Agent.run``. Never raises for what the agent does: that is a ``Broke``."""
        run = self._runs[order.job_id] = _Run()
        try:
            async with aclosing(self._events(order, run)) as events:
                async for event in events:
                    yield event
        finally:
            del self._runs[order.job_id]

    async def _events(self, order: AgentOrder, run: _Run) -> AsyncGenerator[AgentEvent, None]:
        if order.budget_usd is not None and order.budget_usd <= 0:
            yield Broke(reason="nothing is left of the budget — raise budget.goal_usd or budget.day_usd")
            return
        try:
            async with self._started(order, run) as (client, reading), aclosing(self._messages(client, run)) as messages:
                async for message in messages:
                    for event in reading.events(message):
                        yield event
                    if reading.over:
                        return
            reason = "Claude Code ended without a result"
        except TimeoutError:
            reason = f"no sign of life for {self._limits.silence_seconds:g} s (limits.silence_seconds)"
        except AgentError as error:
            reason = error.line()
        except Exception as error:  # the SDK raises bare ones when a control request fails
            log.warning("action=claude_broke job=%s", order.job_id, exc_info=True)
            reason = f"Claude Code broke: {error}"
        if run.reading is not None and run.reading.over:
            return  # it had ended well, and only its process gave trouble afterwards
        yield Broke(reason="it was stopped" if run.stop_asked else reason, interrupted=run.stop_asked)

    @asynccontextmanager
    async def _started(self, order: AgentOrder, run: _Run) -> AsyncIterator[tuple[ClaudeSDKClient, Reading]]:
        """A process with the instruction given; at the end nothing of it is left."""
        await _load_sdk()
        from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient

        from orchestrator.boundaries.agents.claude_news import hooks
        from orchestrator.boundaries.agents.claude_stream import Reading

        run.reading = Reading(order, self._policy)
        run.process = await self._prepared(order)
        options = ClaudeAgentOptions(hooks=hooks(order.news), verbatim_prompts=True)
        client = ClaudeSDKClient(options, run.process)
        try:
            async with asyncio.timeout(self._limits.silence_seconds):
                await client.connect()
                run.client = client
                if run.stop_asked:
                    raise AgentError("it was stopped")
                await client.query(instruction(order))
            yield client, run.reading
        finally:
            run.client = None
            try:
                await client.disconnect()
            finally:
                run.process.kill()

    async def _prepared(self, order: AgentOrder) -> ClaudeProcess:
        from orchestrator.boundaries.agents.claude_process import ClaudeProcess

        cli = find_cli(self._policy)
        config_dir(order).mkdir(mode=0o700, parents=True, exist_ok=True)
        if killed := await leftover.stop_leftover(order.home):
            log.warning("action=leftover_killed session=%s pids=%s", order.session_id, killed)
        worktree = str(Path(order.worktree).resolve())
        rights = permissions(order.role, worktree, self._policy.test_commands, _of_others(order, worktree))
        return ClaudeProcess(
            arguments(cli, order, self._policy, rights),
            cwd=order.worktree,
            env=environment(order, self._policy, self._env),
            home=order.home,
            limit_bytes=int(self._limits.output_megabytes * 1_000_000),
        )

    async def _messages(self, client: ClaudeSDKClient, run: _Run) -> AsyncGenerator[Message, None]:
        """The messages; ``TimeoutError`` when the next one takes too long."""
        async with aclosing(client.receive_messages()) as messages:  # type: ignore[type-var]  # an async generator indeed
            while True:
                silent_by = asyncio.get_running_loop().time() + self._limits.silence_seconds
                run.timer = asyncio.timeout_at(run.stop_by if run.stop_asked else silent_by)
                try:
                    async with run.timer:
                        message = await anext(messages)
                except StopAsyncIteration:
                    return
                finally:
                    run.timer = None
                yield message


def _of_others(order: AgentOrder, worktree: str) -> list[str]:
    """Globs of what other sessions have in the TeleVibe home, and of its database."""
    if not order.televibe_home:
        return []
    return all_but(str(Path(order.televibe_home).resolve()), [worktree, str(Path(order.home).resolve())])


async def _load_sdk() -> None:
    """Import it off the event loop, once. ``AgentError`` when it is not installed."""
    try:
        await asyncio.to_thread(importlib.import_module, "claude_agent_sdk")
    except ImportError as error:
        raise AgentError("Claude Code's SDK is not installed", INSTALL) from error


async def _version(cli: str) -> str:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            cli, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=asyncio.subprocess.STDOUT
        )
    except OSError as error:
        raise AgentError(f"{cli} cannot be started: {error.strerror}", INSTALL) from error
    try:
        async with asyncio.timeout(VERSION_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise AgentError(f"{cli} --version does not answer", INSTALL) from error
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise AgentError(f"{cli} --version fails: {said.decode(errors='replace').strip()[:200]}", INSTALL)
    return said.decode(errors="replace").split()[0] if said.split() else ""
