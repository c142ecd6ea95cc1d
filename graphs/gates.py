"""What may land: everything that can stand against a landing beside git and the checks, asked in one place."""

from __future__ import annotations

from collections.abc import Collection

from graphs.state import Deps
from orchestrator.nouns.merging import MergeEntry


async def gates(deps: Deps, entry: MergeEntry, paths: Collection[str]) -> str:
    """Why the entry must not land, in one line; empty: it may. ``paths`` are the files that differ by it."""
    del deps, entry, paths
    return ""
