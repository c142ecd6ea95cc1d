"""The merge queue for people and for scripts: what waits, for what, and what became of the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_never

from orchestrator.doors.events import print_line
from orchestrator.doors.follow import follow
from orchestrator.doors.opening import opened
from orchestrator.doors.output import Out, Tone, ago, one_line, visible
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.merging import EntryState, MergeEntry

OVER_SHOWN = 10
"""Entries that are over, as long as not all are asked for."""

WATCHED = frozenset(kind for kind in EventKind if kind.value.startswith("merge."))


async def show_queue(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    async with opened(repo) as door:
        async with door.store.reading() as view:
            entries = await view.merge_entries(door.project.id)
        branch = door.project.default_branch
        commit = await door.git.resolve(f"refs/heads/{branch}")
    over = [entry for entry in entries if entry.state.over]
    shown = [*(over if everything else over[-OVER_SHOWN:]), *(entry for entry in entries if not entry.state.over)]
    if as_json:
        out.document({"branch": branch, "commit": commit, "entries": [document_of(entry) for entry in shown]})
    elif not shown:
        out.line("nothing waits to land — `televibe merge S12` lands a session's work, `televibe merge --ready` all that is ready")
    else:
        _print_queue(out, shown)
    return 0


async def watch_queue(repo: Path, out: Out, *, as_json: bool) -> int:
    """The queue as it is, then every event of it; as JSON, one document on each line."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            after = await view.last_event_id()
            entries = [entry for entry in await view.merge_entries(door.project.id) if not entry.state.over]
        for entry in entries:
            if as_json:
                out.json_line(document_of(entry))
            else:
                print_entry(out, entry)
        async for event in follow(door.store, after=after, project_id=door.project.id):
            if event.kind in WATCHED and as_json:
                out.json_line(event)
            elif event.kind in WATCHED:
                print_line(out, event)
    return 0


def document_of(entry: MergeEntry) -> dict[str, Any]:
    """An entry for a script."""
    return {**entry.model_dump(mode="json"), "over": entry.state.over}


def print_entry(out: Out, entry: MergeEntry) -> None:
    """One entry in a line, with what the user can do about it below."""
    out.line(f"{entry.id} {visible(entry.title)}: {_words(entry)}", _tone(entry.state))
    if entry.state is EntryState.evicted:
        for line in entry.log.splitlines():
            out.line(f"    {visible(line)}", Tone.quiet)
    if entry.state in NEXT:
        out.line(f"    {NEXT[entry.state].format(entry=entry)}", Tone.quiet)


NEXT = {
    EntryState.waiting: "look at it, then `televibe merge approve {entry.id}` or `televibe merge withdraw {entry.id}`",
}


def _print_queue(out: Out, entries: Sequence[MergeEntry]) -> None:
    rows: list[list[str | tuple[str, Tone]]] = [
        [e.id, (e.state.value, _tone(e.state)), one_line(e.title, 40), ago(e.updated_at), one_line(_words(e), 100)] for e in entries
    ]
    out.table(("entry", "state", "what", "since", "how it stands"), rows)
    for entry in entries:
        if entry.state is EntryState.waiting:
            out.line(f"{entry.id}: {NEXT[entry.state].format(entry=entry)}", Tone.ask)


def _words(entry: MergeEntry) -> str:
    match entry.state:
        case EntryState.queued:
            return f"{entry.heads[0][:10]} waits for its turn"
        case EntryState.checking:
            return f"is checked on top of {entry.base[:10]}"
        case EntryState.checked:
            return f"is good as {entry.candidate[:10]}, and lands"
        case EntryState.waiting:
            return f"waits for your word: it changes {', '.join(entry.sensitive[:5])}"
        case EntryState.landed:
            return f"landed at {entry.landed_commit[:10]}"
        case EntryState.kept:
            return f"was checked and is kept as {entry.landed_commit[:10]}; landing is switched off"
        case EntryState.evicted:
            return f"did not land: {entry.reason}"
        case EntryState.withdrawn:
            return f"was taken out: {entry.reason}"
        case never:
            assert_never(never)


def _tone(state: EntryState) -> Tone:
    match state:
        case EntryState.landed | EntryState.kept:
            return Tone.good
        case EntryState.evicted:
            return Tone.bad
        case EntryState.waiting:
            return Tone.ask
        case EntryState.withdrawn:
            return Tone.quiet
        case EntryState.queued | EntryState.checking | EntryState.checked:
            return Tone.plain
        case never:
            assert_never(never)
