"""Playing a script: each step once, watched for silence, flood and interruption, with the journal before and after it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from orchestrator.boundaries.agents.protocol import AgentEvent, AgentOrder, Asked, Broke, Did, Finished, Said, Started
from orchestrator.boundaries.agents.script import (
    MARK,
    Append,
    Ask,
    Commit,
    Cost,
    Delete,
    Edit,
    Ending,
    Exit,
    Fail,
    FileStep,
    Finish,
    Flood,
    Hang,
    Pause,
    Replace,
    Run,
    Say,
    Script,
    Step,
    Tool,
)
from orchestrator.boundaries.agents.script_edits import Rewrite, carry_out, rewrite_of
from orchestrator.boundaries.agents.script_journal import Journal, spent_in
from orchestrator.boundaries.agents.script_run import run_command
from orchestrator.nouns.errors import AgentError, TeleVibeError
from orchestrator.nouns.policy import Limits
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.rights import may_write

CommitAll = Callable[[str, str, dict[str, str]], Awaitable[str | None]]
"""(worktree, message, trailers) → the commit of everything there, or None when there is nothing to commit."""

LastMessage = Callable[[str], Awaitable[str]]
"""worktree → the message of its head commit, trailers included."""

MEGABYTE = 1_000_000
DETAIL_CHARS = 200

Facts = dict[str, Any]
Outcome = tuple[Sequence[AgentEvent], Facts]
"""What the world hears of a step, and what the journal keeps of it."""


@dataclass
class Play:
    """One attempt at one job."""

    order: AgentOrder
    script: Script
    journal: Journal
    conversation: str
    limits: Limits
    stop: asyncio.Event
    commit: CommitAll
    last_message: LastMessage | None
    written: int = 0  # bytes of output so far
    heard_at: float = 0.0  # event loop time of the last event

    async def events(self) -> AsyncGenerator[AgentEvent, None]:
        """Started, what the steps that are not done yet give, and one ending."""
        yield Started(conversation=self.conversation)
        self._heard()
        for number, step in enumerate(self.script.steps, start=1):
            if number in self.journal.done:
                continue
            for event in await self._watched(number, step):
                if self._floods(event):
                    yield self._broke(f"it wrote more than {self.limits.output_megabytes:g} MB (limits.output_megabytes)")
                    return
                yield event
                self._heard()
                if isinstance(event, Asked | Finished | Broke):
                    return
                if self.stop.is_set():
                    break
            if self.stop.is_set():
                yield self._broke("it was interrupted", interrupted=True)
                return
        yield self._finished(self.journal.said)

    def _heard(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    def _floods(self, event: AgentEvent) -> bool:
        match event:
            case Said(text=text) | Did(detail=text):
                self.written += len(text.encode())
                return self.written > self.limits.output_megabytes * MEGABYTE
            case _:
                return False

    async def _watched(self, number: int, step: Step) -> Sequence[AgentEvent]:
        """The step's events, or how it was cut short. An interruption waits for steps that change something."""
        doing = asyncio.ensure_future(self._once(number, step))
        stopped = asyncio.ensure_future(self.stop.wait())
        watched = {doing, stopped} if isinstance(step, Run | Pause | Hang) else {doing}
        left = self.heard_at + self.limits.silence_seconds - asyncio.get_running_loop().time()
        try:
            await asyncio.wait(watched, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            if self.stop.is_set():
                return [self._broke("it was interrupted", interrupted=True)]
            return [self._broke(f"no sign of life for {self.limits.silence_seconds:g} s (limits.silence_seconds)")]
        except TeleVibeError as error:
            return [self._broke(error.line())]
        finally:
            doing.cancel()
            stopped.cancel()
            await asyncio.gather(doing, stopped, return_exceptions=True)

    async def _once(self, number: int, step: Step) -> Sequence[AgentEvent]:
        """Do the step between its two lines in the journal. An ending has none: it is the same in every attempt."""
        match step:
            case Ask() | Fail() | Exit() | Finish():
                return [self._ending(step)]
            case Edit() | Replace() | Append() | Delete():
                events, facts = await self._change(number, step)
            case _:
                cut = self.journal.cut == number
                self.journal.began(number, None)
                events, facts = await self._do(number, step, cut)
        self.journal.ended(number, **facts)
        return events

    async def _change(self, number: int, step: FileStep) -> Outcome:
        if not step.force and (refusal := await self._refusal(step.path)):
            text = f"I may not write {step.path}: {refusal}"
            return [Said(text=text)], {"said": text}
        worktree = Path(self.order.worktree)
        redo = self.journal.redo if self.journal.cut == number and self.journal.redo else rewrite_of(worktree, step)
        self.journal.began(number, redo)
        carry_out(worktree, redo)
        return [Did(tool=type(step).__name__.lower(), detail=_described(redo))], {}

    async def _refusal(self, path: str) -> str:
        if not may_write(self.order.role, path):
            return f"the role {self.order.role.name} does not allow it"
        return await self.order.may_edit(path) if self.order.may_edit is not None else ""

    async def _do(self, number: int, step: Say | Commit | Tool | Run | Pause | Cost | Flood | Hang, cut: bool) -> Outcome:
        match step:
            case Say(text=text):
                said = self._filled(text)
                return [Said(text=said)], {"said": said}
            case Commit(message=message):
                return [Did(tool="commit", detail=await self._committed(number, message, cut))], {}
            case Tool(name=name, arguments=arguments):
                answer = await self._called(name, arguments)
                return [Did(tool=name, detail=_line(answer))], {"last": answer}
            case Run(command=command):
                return await self._ran(command)
            case Pause(seconds=seconds):
                await asyncio.sleep(seconds)
                return [], {}
            case Cost():
                self._afford(step)
                return [], step.model_dump()
            case Flood(megabytes=megabytes):
                return _flood(megabytes), {}
            case Hang():
                await asyncio.Event().wait()
                return [], {}
            case never:
                assert_never(never)

    async def _committed(self, number: int, message: str, cut: bool) -> str:
        """Commit, unless the earlier attempt that was cut off here had come so far."""
        step = f"TeleVibe-Step: {self.order.job_id}/{number}"
        if cut and self.last_message is not None and step in (await self.last_message(self.order.worktree)).splitlines():
            return f"{_line(message)} (was there already)"
        key, _, value = step.partition(": ")
        made = await self.commit(self.order.worktree, message, {"TeleVibe-Job": self.order.job_id, key: value})
        return f"{_line(message)} ({made[:10] if made else 'nothing to commit'})"

    async def _called(self, name: str, arguments: dict[str, Any]) -> str:
        if self.order.call_tool is None:
            raise AgentError(f"the tool {name} cannot be called: this run has no coordination tools")
        return json.dumps(await self.order.call_tool(name, dict(arguments)), ensure_ascii=False)

    async def _ran(self, command: str | list[str]) -> Outcome:
        most = int(self.limits.output_megabytes * MEGABYTE) - self.written
        said = await run_command(command, self.order.worktree, env=self.order.env, output_bytes=most)
        shown = command if isinstance(command, str) else " ".join(command)
        last_line = said.splitlines()[-1] if said else "no output"
        return [Did(tool="run", detail=f"{_line(shown)} → {_line(last_line)}")], {"last": said}

    def _afford(self, cost: Cost) -> None:
        budget = self.order.budget_usd
        if budget is not None and self.journal.spent.usd + cost.usd > budget:
            raise AgentError(f"it would cost more than the budget of ${budget:.2f}")

    def _ending(self, step: Ending) -> AgentEvent:
        match step:
            case Ask(question=question):
                return Asked(question=self._filled(question))
            case Fail(reason=reason):
                return self._broke(reason)
            case Exit():
                return self._broke("the agent exited without a result")
            case Finish(summary=summary):
                return self._finished(self._filled(summary))
            case never:
                assert_never(never)

    def _filled(self, text: str) -> str:
        return MARK.sub(lambda _: self.journal.last, text)

    def _finished(self, summary: str) -> Finished:
        spent = self.journal.spent
        return Finished(
            summary=summary,
            cumulative_cost_usd=self._cumulative(),
            tokens_in=spent.tokens_in,
            tokens_out=spent.tokens_out,
        )

    def _broke(self, reason: str, *, interrupted: bool = False) -> Broke:
        return Broke(reason=reason, interrupted=interrupted, cumulative_cost_usd=self._cumulative())

    def _cumulative(self) -> float:
        return spent_in(Path(self.order.home), self.conversation)


def _described(rewrite: Rewrite) -> str:
    if rewrite.text is None:
        return f"{rewrite.path} is gone"
    return f"{rewrite.path}, {counted(len(rewrite.text.splitlines()), 'line')}"


def _line(text: str) -> str:
    return " ".join(text.split())[:DETAIL_CHARS]


def _flood(megabytes: float) -> list[AgentEvent]:
    """Output in pieces of a megabyte, or less."""
    whole, rest = divmod(int(megabytes * MEGABYTE), MEGABYTE)
    piece: AgentEvent = Said(text="~" * MEGABYTE)
    return [piece] * whole + ([Said(text="~" * rest)] if rest else [])
