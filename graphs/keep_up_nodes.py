"""The default branch moved, or the user asks: notice → bring up. Sessions are told first, and all at once."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from langgraph.runtime import Runtime

from graphs.keep_up import bring_up
from graphs.keep_up_record import Left, record_left
from graphs.keep_up_tell import tell
from graphs.keep_up_undo import take_back
from graphs.state import Deps, State, kind_of
from orchestrator.nouns.event import Event, EventKind

log = logging.getLogger("televibe.keep_up")

Update = dict[str, Any]

AT_ONCE = 4
"""Branches that are brought up at the same time: git is a few processes for each."""


async def notice(state: State, runtime: Runtime[Deps]) -> Update:
    """Every live session whose branch does not have what landed is told of it."""
    deps = runtime.context
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
    await tell(deps, event)
    return {"step": "keep_up"}


async def keep_up(state: State, runtime: Runtime[Deps]) -> Update:
    """Bring up every idle session; or those that the user named, or take that back."""
    deps = runtime.context
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        live = [session.id for session in await store.sessions(deps.project.id, live_only=True)]
    asked = kind_of(state) is EventKind.sync_requested
    chosen = [str(id_) for id_ in event.data["sessions"]] if asked else live
    room = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_one(deps, session_id, event, room) for session_id in chosen))
    return {"step": "end"}


async def _one(deps: Deps, session_id: str, event: Event, room: asyncio.Semaphore) -> None:
    """One that breaks is no reason to leave out the others, and whoever asked is told."""
    asked = event.id if event.kind is EventKind.sync_requested else None
    async with room:
        try:
            if asked is not None and event.data.get("undo"):
                await take_back(deps, session_id, force=bool(event.data.get("force")), request=asked)
            else:
                await bring_up(deps, session_id, request=asked)
        except Exception as error:
            log.exception("action=not_brought_up session=%s", session_id)
            await record_left(deps, session_id, Left(f"{type(error).__name__}: {error}"), asked)
