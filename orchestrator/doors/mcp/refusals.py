"""What was refused before a tool was reached, in the event log: the first few of a minute one by one, the others as a number."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from orchestrator.boundaries.store.protocol import Store
from orchestrator.nouns.errors import StoreError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Session, Token

log = logging.getLogger("televibe.mcp")

ONE_BY_ONE = 60
"""Recorded in full within a minute, of each reason and session (or of all who are none); a flood must not fill the log."""
WINDOW_SECONDS = 60.0


@dataclass
class _Window:
    why: str
    ids: dict[str, Any]
    seen: int = 0
    untold: int = 0


class Refusals:
    """Records refusals; ``close`` records what was only counted so far."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._windows: dict[str, _Window] = {}
        self._timers: set[asyncio.Task[None]] = set()

    async def note(self, why: str, *, whose: Token | Session | None = None, **data: Any) -> None:
        """One refusal. ``whose``: the session it is known to concern; ``why`` is one of our few reasons; details are ``data``."""
        ids = _ids(whose)
        window = self._window(why, ids)
        window.seen += 1
        if window.seen > ONE_BY_ONE:
            window.untold += 1
            return
        log.info("action=call_refused session=%s why=%s", ids["session_id"], why)
        await self._record(f"{ids['session_id'] or 'somebody'} was refused: {why}", {"why": why, **data}, ids)

    async def close(self) -> None:
        """End the windows that are open, and say what they counted."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        for key in list(self._windows):
            await self._end(key)

    def _window(self, why: str, ids: dict[str, Any]) -> _Window:
        key = f"{ids['session_id']} {why}"
        if key not in self._windows:
            self._windows[key] = _Window(why, ids)
            timer = asyncio.create_task(self._end_later(key))
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)
        return self._windows[key]

    async def _end_later(self, key: str) -> None:
        await asyncio.sleep(WINDOW_SECONDS)
        await self._end(key)

    async def _end(self, key: str) -> None:
        window = self._windows.pop(key)
        if window.untold:
            who = window.ids["session_id"] or "somebody"
            text = f"{who} was refused {window.untold:,} more times within a minute: {window.why}"
            await self._record(text, {"why": window.why, "count": window.untold}, window.ids)

    async def _record(self, text: str, data: dict[str, Any], ids: dict[str, Any]) -> None:
        """A refusal stands, even when the log cannot take it."""
        try:
            async with self._store.writing() as tx:
                await tx.record(NewEvent(kind=EventKind.call_refused, text=text, data=data, **ids))
        except StoreError as error:
            log.warning("action=refusal_not_recorded error=%s", error.line())


def _ids(whose: Token | Session | None) -> dict[str, Any]:
    match whose:
        case Token(session_id=session, project_id=project, job_id=job):
            return {"project_id": project, "session_id": session, "job_id": job}
        case Session(id=session, project_id=project):
            return {"project_id": project, "session_id": session, "job_id": None}
        case _:
            return {"project_id": "", "session_id": None, "job_id": None}
