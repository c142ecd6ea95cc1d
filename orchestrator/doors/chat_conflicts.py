"""Conflicts in the chat: ``conflicts`` or ``conflicts?``."""

from __future__ import annotations

from orchestrator.doors.open_conflicts import open_conflicts, print_conflicts
from orchestrator.doors.output import Out, Tone
from orchestrator.engine.workplace import Workplace


async def list_conflicts(place: Workplace, out: Out) -> None:
    """What collides just now, with the evidence; or that nothing does."""
    project = place.deps.project
    async with place.store.reading() as store:
        found = await open_conflicts(store, project.id)
    print_conflicts(out, found, project.default_branch, evidence=True)
    if not found and not place.deps.policy.conflicts.radar:
        out.line("the radar is off (conflicts.radar in .televibe/config.yaml)", Tone.quiet)
    elif not found:
        out.line("no live branches collide", Tone.quiet)
