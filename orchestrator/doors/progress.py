"""Watching work: events as they come, and in a terminal below them what every session does right now."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from orchestrator.doors.events import line_of
from orchestrator.doors.frame import Stopped
from orchestrator.doors.output import Out, Tone, one_line, visible
from orchestrator.doors.plan_card import PlanCard
from orchestrator.nouns.event import Event, EventKind

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

NO_ANSWER = "no answer was given; the plan waits — `televibe goals` lists it, `televibe answer` answers it"

ENDS_JOB = frozenset({EventKind.job_done, EventKind.job_failed, EventKind.job_cancelled})


class Watch(AbstractContextManager["Watch"], Protocol):
    """Where a goal's progress is shown. A context manager."""

    def show(self, event: Event, /) -> None:
        """Tell of an event."""
        ...

    def print(self, what: str | PlanCard, /) -> None: ...
    async def ask(self, prompt: str, /) -> str:
        """One line from the user, without surrounding space. ``Stopped`` at the end of the input."""
        ...


def watch_to(out: Out, *, silent: bool = False, answers: TextIO | None = None) -> Watch:
    """The view that fits: none at all (for ``--json``), live in a terminal, lines elsewhere. ``answers``: standard input."""
    if silent:
        return Silent()
    return LiveView(out, answers) if out.terminal and out.colour else Lines(out, answers)


class Silent:
    """Shows nothing, and has nobody to ask."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def show(self, _: Event, /) -> None:
        return None

    def print(self, _: str | PlanCard, /) -> None:
        return None

    async def ask(self, _: str, /) -> str:
        raise Stopped(NO_ANSWER)


class Lines(Silent):
    """A line for each event that a reader would miss; the log has them all."""

    def __init__(self, out: Out, answers: TextIO | None = None) -> None:
        self._out = out
        self._answers = answers or sys.stdin

    def show(self, event: Event, /) -> None:
        line = line_of(event)
        if line.tone is not Tone.quiet:
            self._out.line(line.plain(icons=self._out.icons), line.tone)

    def print(self, what: str | PlanCard, /) -> None:
        self._out.line(what if isinstance(what, str) else what.plain())

    async def ask(self, prompt: str, /) -> str:
        self._out.write(prompt)
        return await _answer(self._answers)


class LiveView(Lines):
    """Lines that scroll by, and below them one row for each session that works: since when, at what."""

    def __init__(self, out: Out, answers: TextIO | None = None) -> None:
        super().__init__(out, answers)
        self._running: dict[str, tuple[datetime, str]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(get_renderable=self._now, console=self._out.console, transient=True, refresh_per_second=4)
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, event: Event, /) -> None:
        from rich.text import Text

        if event.session_id and event.kind is EventKind.job_running:
            self._running[event.session_id] = (event.at, event.text)
        elif event.session_id and event.kind is EventKind.job_progress:
            since, _ = self._running.get(event.session_id, (event.at, ""))
            self._running[event.session_id] = (since, event.text)
        elif event.session_id and event.kind in ENDS_JOB:
            self._running.pop(event.session_id, None)
        if self._live is not None:
            self._live.refresh()  # else the rows below the next line are those of a quarter of a second ago
        line = line_of(event)
        if line.tone is not Tone.quiet:
            self._out.show(Text(line.plain(icons=self._out.icons), style=line.tone.value))

    def print(self, what: str | PlanCard, /) -> None:
        from rich.text import Text

        self._out.show(Text(visible(what)) if isinstance(what, str) else what)

    async def ask(self, prompt: str, /) -> str:
        if self._live is None:
            return await super().ask(prompt)
        self._live.stop()
        try:
            return await super().ask(prompt)
        finally:
            self._live.start()

    def _now(self) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for session, (since, doing) in sorted(self._running.items(), key=lambda item: int(item[0][1:])):
            seconds = (datetime.now(UTC) - since).total_seconds()
            table.add_row(Text(session, style="cyan"), Text(f"{seconds:4.0f} s", style="dim"), Text(one_line(doing, 90)))
        return table


async def _answer(answers: TextIO) -> str:
    """The next line. Read on the loop, so that Ctrl-C does not have to wait for the Enter key."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def heard() -> None:
        if not answer.done():
            answer.set_result(answers.readline())

    loop.add_reader(answers, heard)
    try:
        line = await answer
    finally:
        loop.remove_reader(answers)
    if not line:
        raise Stopped(NO_ANSWER)
    return line.strip()
