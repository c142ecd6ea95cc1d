"""Following a run: ``televibe workflow show --follow``, and what ``run --follow`` prints. No engine: the work is done elsewhere."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.boundaries.store.protocol import Store
from orchestrator.doors.events import print_line
from orchestrator.doors.follow import OVER, ends, exit_status, follow
from orchestrator.doors.opening import goal_of, opened
from orchestrator.doors.output import Out, visible
from orchestrator.doors.workflow_view import drawn_for, print_run, run_document, tone_of, view_of
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.work import Goal, GoalState
from orchestrator.verbs.workflow.view import RunView, later

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

QUIET = frozenset({EventKind.job_progress, EventKind.brief_written, EventKind.model_called, EventKind.goal_checked})
"""Kinds that change nothing in the picture."""


async def follow_run(repo: Path, goal_id: str, out: Out, *, as_json: bool) -> int:
    """Show a run, and go on until it ends. The work is done elsewhere."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            goal = await goal_of(view, door.project, goal_id)
            after = await view.last_event_id()
        if not goal.state.over:
            await watch_run(door.store, goal, after, out, as_json=as_json)
        async with door.store.reading() as view:
            run = await view_of(view, await view.goal(goal.id))
    if goal.state.over:
        out.json_line(run_document(run)) if as_json else print_run(out, run)
    return exit_status(GoalState(run.state)) if GoalState(run.state).over else 0


async def watch_run(store: Store, goal: Goal, after: int, out: Out, *, as_json: bool) -> None:
    """The run until it ends: in a terminal the picture as it changes, elsewhere its events and the picture at the beginning and the
    end, or with ``as_json`` a document for each change."""
    following = _Following(out, store, goal.id, as_json=as_json)
    with following.screen():
        await following.draw()
        async for event in follow(store, after=after, goal_id=goal.id, until=ends):
            await following.show(event)
    await following.last()


class _Following:
    """What one who follows a run has seen of it."""

    def __init__(self, out: Out, store: Store, goal_id: str, *, as_json: bool) -> None:
        self._out = out
        self._store = store
        self._goal_id = goal_id
        self._as_json = as_json
        self._run: RunView | None = None
        self._drawn_at = 0.0
        self._live: Live | None = None

    def screen(self) -> AbstractContextManager[object]:
        """The place in a terminal where the picture is drawn anew."""
        if self._as_json or not (self._out.terminal and self._out.colour):
            return nullcontext()
        from rich.live import Live

        self._live = Live(get_renderable=self._picture, console=self._out.console, transient=True, refresh_per_second=4)
        return self._live

    async def draw(self) -> None:
        """The run as it is now, if it is not what was shown last."""
        async with self._store.reading() as view:
            run = await view_of(view, await view.goal(self._goal_id))
        changed = self._run is None or _without_time(run) != _without_time(self._run)
        first, self._run, self._drawn_at = self._run is None, run, time.monotonic()
        if self._as_json and changed:
            self._out.json_line(run_document(run))
        elif self._live is not None:
            self._live.refresh()
        elif first and not self._as_json:
            print_run(self._out, run)
            self._out.line()

    async def show(self, event: Event) -> None:
        """An event of the run: a line where nothing is drawn anew."""
        if not self._as_json and self._live is None:
            print_line(self._out, event)
        if event.kind not in QUIET and event.kind not in OVER:
            await self.draw()

    async def last(self) -> None:
        """How it ended."""
        self._live = None
        await self.draw()
        if not self._as_json and self._run is not None:
            self._out.line()
            print_run(self._out, self._run)

    def _picture(self) -> RenderableType:
        from rich.text import Text

        text = Text()
        now = later(self._run, time.monotonic() - self._drawn_at) if self._run is not None else None
        for line in drawn_for(self._out, now) if now is not None else []:
            text.append(f"{visible(line.text)}\n", style=tone_of(line.state).value if line.state else "")
        return text


def _without_time(run: RunView) -> RunView:
    return replace(run, seconds=0.0, stages=tuple(replace(stage, seconds=0.0) for stage in run.stages))
