"""What a user can want of branches: brought up now, or the last time taken back. Written as events; the engine reacts."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.state import Deps
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import Event, EventKind, NewEvent
from orchestrator.nouns.flow import SyncState

OUTCOMES = frozenset({EventKind.session_synced, EventKind.sync_conflict, EventKind.sync_left, EventKind.sync_undone})
"""One of them is recorded for each session of a request, with the request's event id in its data."""


async def request_sync(deps: Deps, sessions: Sequence[str] | None = None) -> Event:
    """Bring up these sessions, or (None) all live ones. ``Refused`` when there is none."""
    async with deps.store.writing() as tx:
        live = [session.id for session in await tx.sessions(deps.project.id, live_only=True)]
        chosen = live if sessions is None else list(sessions)
        if not chosen:
            raise Refused("there is no session to bring up", "`televibe session new` makes one")
        if closed := next((id_ for id_ in chosen if id_ not in live), None):
            raise Refused(f"{closed} is closed", "`televibe sessions` lists those that are not")
        text = f"to be brought up to {deps.project.default_branch}: {', '.join(chosen)}"
        return await tx.record(_event(deps, text, {"sessions": chosen}))


async def request_undo(deps: Deps, session_id: str | None = None, *, force: bool = False) -> Event:
    """Take back the last time the session, or (None) any session, was brought up."""
    async with deps.store.writing() as tx:
        live = [session.id for session in await tx.sessions(deps.project.id, live_only=True)]
        done = [s for s in await tx.syncs(deps.project.id) if s.state is SyncState.done and s.session_id in live]
        chosen = session_id or (done[-1].session_id if done else None)
        if chosen is None:
            raise Refused("no branch was brought up that could be taken back", "`televibe sync` brings them up")
        if chosen not in live:
            raise Refused(f"{chosen} is closed", "its branch and the refs under refs/televibe/backup/ are still there")
        data = {"sessions": [chosen], "undo": True, "force": force}
        return await tx.record(_event(deps, f"{chosen} is to be as it was before it was brought up", data))


def _event(deps: Deps, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(kind=EventKind.sync_requested, project_id=deps.project.id, text=text, data=data)
