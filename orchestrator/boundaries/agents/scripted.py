"""The scripted agent: does exactly what a script says, for real: edits, commits, processes, tool calls, failures, questions.

A deterministic coding agent for the demo, the tests and the benchmarks. In the same order it always does the same; killed at any
moment, the next attempt of the same job leaves the same files and the same commits as a run that nobody disturbed:

* a journal in ``order.home`` is written before and after each step, and a later attempt leaves out what is done there;
* a file step that was cut in half is finished from the journal, which holds the text the file is to have;
* a commit that was cut in half is there already when the head carries its ``TeleVibe-Step`` trailer, or nothing is left to commit;
* a ``run`` and a ``tool`` that were cut in half are done again: their effects are the author's to make repeatable.

An edit that the role does not allow is denied and the run goes on, as with an agent whose permissions hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from orchestrator.boundaries.agents.protocol import AgentEvent, AgentOrder, Availability, Broke
from orchestrator.boundaries.agents.script import Script, choose
from orchestrator.boundaries.agents.script_file import load_scripts
from orchestrator.boundaries.agents.script_journal import Journal
from orchestrator.boundaries.agents.script_play import CommitAll, LastMessage, Play
from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.policy import Limits
from orchestrator.verbs.grammar import counted


class ScriptedAgent:
    """Plays ``script``, which is read anew when it changed.

    ``commit(worktree, message, trailers)`` commits everything there and returns the commit, or None when there is nothing;
    ``last_message(worktree)`` is the message of the head commit. Both are git's, and given from above.
    """

    kind = "scripted"

    def __init__(self, script: Path, limits: Limits, commit: CommitAll, last_message: LastMessage | None = None) -> None:
        self._file = script
        self._limits = limits
        self._commit = commit
        self._last_message = last_message
        self._loaded: tuple[tuple[int, int], tuple[Script, ...]] | None = None
        self._running: dict[str, asyncio.Event] = {}

    async def available(self) -> Availability:
        """Whether the script can be read; it needs nothing else."""
        try:
            scripts = await self._scripts()
        except ConfigError as error:
            return Availability(kind=self.kind, installed=False, detail=str(error), remedy=error.remedy or "correct the script")
        return Availability(kind=self.kind, installed=True, version="1", detail=f"{self._file}: {counted(len(scripts), 'script')}")

    async def run(self, order: AgentOrder) -> AsyncGenerator[AgentEvent, None]:
        """Play the first script that fits the order. ``ConfigError`` when the script file is not right."""
        scripts = await self._scripts()
        script = choose(scripts, order.role.name, order.instruction, order.attempt)
        if script is None:
            yield Broke(reason=f"no script in {self._file} is for the role {order.role.name} and this instruction")
            return
        stop = self._running.setdefault(order.job_id, asyncio.Event())
        try:
            play = self._play(order, script, stop)
            async with aclosing(play.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._running.pop(order.job_id, None)

    async def interrupt(self, job_id: str) -> bool:
        stop = self._running.get(job_id)
        if stop is not None:
            stop.set()
        return stop is not None

    def _play(self, order: AgentOrder, script: Script, stop: asyncio.Event) -> Play:
        home = Path(order.home)
        conversation = order.conversation or f"scripted-{order.session_id}-{order.job_id}"
        journal = Journal.open(home, order.job_id, script=script.hash, conversation=conversation, attempt=order.attempt)
        return Play(
            order=order,
            script=script,
            journal=journal,
            conversation=conversation,
            limits=self._limits,
            stop=stop,
            commit=self._commit,
            last_message=self._last_message,
        )

    async def _scripts(self) -> tuple[Script, ...]:
        try:
            found = self._file.stat()
        except OSError as error:
            raise ConfigError(
                f"{self._file}: the script cannot be read: {error.strerror}", "set scripted.script in .televibe/config.yaml"
            ) from error
        stamp = (found.st_mtime_ns, found.st_size)
        if self._loaded is None or self._loaded[0] != stamp:
            self._loaded = (stamp, await asyncio.to_thread(load_scripts, self._file))
        return self._loaded[1]
