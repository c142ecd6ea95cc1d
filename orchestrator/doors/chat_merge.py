"""The merge queue in the chat: ``merge status``, ``approve E3``, ``withdraw E3``."""

from __future__ import annotations

from orchestrator.doors.merge_view import print_entry
from orchestrator.doors.output import Out, Tone
from orchestrator.engine.merging import approve, withdraw
from orchestrator.engine.workplace import Workplace
from orchestrator.nouns.merging import OPEN_ENTRIES
from orchestrator.verbs.converse import Command


async def answer_merge(place: Workplace, command: Command, out: Out) -> None:
    """Do it, or show what waits to land."""
    match command.name:
        case "approve":
            print_entry(out, await approve(place.deps, command.argument))
        case "withdraw":
            print_entry(out, await withdraw(place.deps, command.argument))
        case _:
            async with place.store.reading() as view:
                entries = await view.merge_entries(place.deps.project.id, states=OPEN_ENTRIES)
            for entry in entries:
                print_entry(out, entry)
            out.line("approve E3, or withdraw E3" if entries else "nothing waits to land", Tone.quiet)
