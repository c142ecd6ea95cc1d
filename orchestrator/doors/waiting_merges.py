"""What waits to land until the user has said yes to the files that it changes: in the inbox, beside its goal, and in the chat."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.boundaries.store.protocol import Reading
from orchestrator.doors.merge_view import print_entry
from orchestrator.doors.output import Out
from orchestrator.nouns.merging import EntryState, MergeEntry

FILES_SHOWN = 3


async def waiting_merges(view: Reading, project_id: str) -> list[MergeEntry]:
    """Those that nothing but the user's word can move."""
    return await view.merge_entries(project_id, states=[EntryState.waiting])


def print_waiting_merges(out: Out, entries: Sequence[MergeEntry]) -> None:
    """Each with its files and the command that approves it."""
    for entry in entries:
        print_entry(out, entry)


def waits_for(entry: MergeEntry) -> str:
    """In one line: what the user is to look at, and how to say yes."""
    more = f" and {len(entry.sensitive) - FILES_SHOWN} more" if len(entry.sensitive) > FILES_SHOWN else ""
    return f"waits for your word on {', '.join(entry.sensitive[:FILES_SHOWN])}{more}: televibe merge approve {entry.id}"
