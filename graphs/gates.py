"""What may land: everything that can stand against a landing beside git and the checks, asked in one place."""

from __future__ import annotations

from collections.abc import Collection

from graphs.state import Deps
from graphs.territory import held_back
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.merging import MergeEntry


async def gates(deps: Deps, entry: MergeEntry, paths: Collection[str]) -> str:
    """Why the entry must not land, in one line; empty: it may. ``paths`` are the files that differ by it. A branch that no session
    has is the user's own, whose word is above strategies and leases."""
    async with deps.store.reading() as store:
        for session_id, changed in (await _work_of(store, entry, set(paths))).items():
            if said := await held_back(store, deps, await store.session(session_id), changed):
                return "; ".join(said)
    return ""


async def _work_of(store: Reading, entry: MergeEntry, paths: set[str]) -> dict[str, set[str]]:
    """Session → those of the files that are its work; of a goal's sessions, what their jobs for it changed."""
    if entry.session_id is not None:
        return {entry.session_id: paths}
    found: dict[str, set[str]] = {}
    for job in await store.jobs(goal_id=entry.goal_id) if entry.goal_id else []:
        if not entry.tasks or job.task_id in entry.tasks:
            found.setdefault(job.session_id, set()).update(paths & set(job.files_changed))
    return {session_id: changed for session_id, changed in found.items() if changed}
