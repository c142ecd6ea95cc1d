"""``televibe sync`` and ``undo``: asked of the engine, which alone moves branches; it is started if none runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.doors.events import line_of
from orchestrator.doors.opening import session_of
from orchestrator.doors.output import Out
from orchestrator.engine.background import start_in_background
from orchestrator.engine.keep_up.intents import OUTCOMES, request_sync, request_undo
from orchestrator.engine.lock import holder
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.errors import NotReady
from orchestrator.nouns.event import Event, EventKind

START_SECONDS = 30.0
"""How long an engine may take until it has the lock; then another one is started."""

STARTS = 3


async def sync_branches(repo: Path, session_id: str | None, out: Out, *, as_json: bool) -> int:
    """Bring up one session, or (None) all that are not closed. 1 if one of them stays behind."""
    async with workplace(Home.find(), repo, engine=False) as place:
        chosen = None if session_id is None else [await _id(place, session_id)]
        outcomes = await _answered(place, await request_sync(place.deps, chosen))
        main = await place.deps.git.resolve(f"refs/heads/{place.deps.project.default_branch}")
    if as_json:
        out.document({"branch": place.deps.project.default_branch, "commit": main, "sessions": [_document(e) for e in outcomes]})
    else:
        _print(out, outcomes)
    return _status(outcomes)


async def undo_sync(repo: Path, session_id: str | None, out: Out, *, force: bool, as_json: bool) -> int:
    """Take back the last time the session, or (None) any, was brought up. 1 if it was not taken back."""
    async with workplace(Home.find(), repo, engine=False) as place:
        chosen = None if session_id is None else await _id(place, session_id)
        outcomes = await _answered(place, await request_undo(place.deps, chosen, force=force))
    taken_back = outcomes[0].kind is EventKind.sync_undone
    if as_json:
        out.document(_document(outcomes[0]))
    elif taken_back:
        _print(out, outcomes)
    if not taken_back and not as_json:
        raise NotReady(f"{outcomes[0].session_id}: {outcomes[0].data['why']}")
    return 0 if taken_back else 1


async def _id(place: Workplace, session_id: str) -> str:
    async with place.store.reading() as view:
        return (await session_of(view, place.deps.project, session_id)).id


async def _answered(place: Workplace, request: Event) -> list[Event]:
    """What became of each session of the request, in its order."""
    wanted, found, seen, newest = list(request.data["sessions"]), dict[str, Event](), request.id, request.id
    started, starts = time.monotonic(), 1
    start_in_background(place.home)
    while len(found) < len(wanted):
        async with place.store.reading() as view:
            events = await view.events(after=seen, project_id=request.project_id, kinds=sorted(OUTCOMES))
        for event in events:
            seen = event.id
            if event.data.get("request") == request.id:
                found[event.session_id or ""] = event
        if not events:
            newest = await place.store.wait_for_news(newest, 1.0)
        if holder(place.home.engine_lock) is not None:
            started = time.monotonic()
        elif time.monotonic() - started > START_SECONDS:
            if starts == STARTS:
                raise NotReady("no engine can be started", f"{place.home.logs / 'engine.log'} says why; it does this once one runs")
            start_in_background(place.home)
            started, starts = time.monotonic(), starts + 1
    return [found[session_id] for session_id in wanted]


def _outcome(event: Event) -> str:
    match event.kind:
        case EventKind.session_synced:
            return {"forward": "forwarded", "rebase": "rebased", "merge": "merged"}[str(event.data["kind"])]
        case EventKind.sync_conflict:
            return "conflict"
        case EventKind.sync_undone:
            return "undone"
        case _:
            return "unchanged" if event.data.get("nothing") else "left"


def _document(event: Event) -> dict[str, Any]:
    told = {"onto", "before", "after", "backup", "dirty", "files", "why", "kept"}
    return {
        "session": event.session_id,
        "outcome": _outcome(event),
        **{key: value for key, value in event.data.items() if key in told},
        "text": event.text,
    }


def _print(out: Out, outcomes: list[Event]) -> None:
    for event in outcomes:
        out.line(event.text, line_of(event).tone)
    if moved := [e.session_id for e in outcomes if e.kind is EventKind.session_synced]:
        out.line(f"`televibe undo {moved[-1]}` takes it back")


def _status(outcomes: list[Event]) -> int:
    return 1 if any(_outcome(event) in {"conflict", "left"} for event in outcomes) else 0
