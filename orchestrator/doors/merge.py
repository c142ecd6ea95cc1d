"""``televibe merge``: asked of the engine, which alone lands; it is started if none runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.doors.engine_at_work import EngineAtWork
from orchestrator.doors.events import print_line
from orchestrator.doors.merge_view import document_of, print_entry
from orchestrator.doors.output import Out
from orchestrator.engine.merging import approve, queue_named, queue_ready, withdraw
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.merging import EntryState, MergeEntry

TOLD = frozenset(
    {
        EventKind.merge_checking,
        EventKind.merge_checked,
        EventKind.goal_checked,
        EventKind.merge_waiting,
        EventKind.merge_withdrawn,
        EventKind.merge_landed,
        EventKind.merge_evicted,
        EventKind.merge_pushed,
    }
)
"""What is printed while a command waits."""


async def land_named(repo: Path, names: Sequence[str], out: Out, *, ready: bool, wait: bool | None, as_json: bool) -> int:
    """Queue, and (on a terminal by default) wait. 1 if, having waited, something did not land."""
    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            seen = await view.last_event_id()
        entries = await (queue_ready(place.deps) if ready else queue_named(place.deps, names))
        engine = EngineAtWork(place.home)
        waits = sys.stdout.isatty() and not as_json if wait is None else wait
        if waits:
            told: Callable[[Event], None] = (lambda _: None) if as_json else (lambda event: print_line(out, event))
            entries = await _ended(place, engine, entries, seen, told)
        branch = place.deps.project.default_branch
        commit = await place.deps.git.resolve(f"refs/heads/{branch}")
    if as_json:
        out.document({"branch": branch, "commit": commit, "entries": [document_of(entry) for entry in entries]})
    else:
        for entry in entries:
            print_entry(out, entry)
        if not waits:
            out.line("`televibe merge status --watch` shows how far it is")
    return 1 if waits and any(entry.state is not EntryState.landed for entry in entries) else 0


async def approve_entry(repo: Path, entry_id: str, out: Out, *, as_json: bool) -> int:
    async with workplace(Home.find(), repo, engine=False) as place:
        entry = await approve(place.deps, entry_id)
        EngineAtWork(place.home)
    _say(out, entry, as_json=as_json)
    return 0


async def withdraw_entry(repo: Path, entry_id: str, out: Out, *, as_json: bool) -> int:
    async with workplace(Home.find(), repo, engine=False) as place:
        entry = await withdraw(place.deps, entry_id)
    _say(out, entry, as_json=as_json)
    return 0


def _say(out: Out, entry: MergeEntry, *, as_json: bool) -> None:
    if as_json:
        out.document(document_of(entry))
    else:
        print_entry(out, entry)


async def _ended(
    place: Workplace, engine: EngineAtWork, entries: Sequence[MergeEntry], seen: int, told: Callable[[Event], None]
) -> list[MergeEntry]:
    """The entries once nothing more happens to them without the user; ``told`` hears of what concerns them."""
    ours, newest = {entry.id for entry in entries}, seen
    while True:
        async with place.store.reading() as view:
            events = await view.events(after=seen, project_id=place.deps.project.id, kinds=sorted(TOLD))
            current = [await view.merge_entry(entry.id) for entry in entries]
        for event in events:
            seen = event.id
            if event.data.get("entry") in ours or ours & set(event.data.get("entries", [])):
                told(event)
        if all(entry.state.over or (entry.state is EntryState.waiting and not entry.approved) for entry in current):
            return current
        if not events:
            newest = await place.store.wait_for_news(newest, 1.0)
        engine.check()
