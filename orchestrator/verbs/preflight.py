"""Is this repository in a state to work with? One clear line and the way out if it is not."""

from __future__ import annotations

from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.errors import NotReady
from orchestrator.nouns.repo import RepoState

NAMED = 3
"""How many dirty files a message names."""


def preflight(state: RepoState, *, allow_dirty: bool) -> None:
    """Raise ``NotReady`` for a bare repository, no commits, a detached HEAD, or (unless allowed) uncommitted changes."""
    if state.bare:
        raise NotReady(f"{state.root} is a bare repository", "clone it and use the clone")
    if state.head is None:
        raise NotReady(f"{state.root} has no commits yet", 'make a first one: git add -A && git commit -m "start"')
    if state.branch is None:
        raise NotReady(f"{state.root} has a detached HEAD", "check out a branch: git switch main")
    dirty = [path for path in state.dirty if path != FILE]  # which we write ourselves, and read as it is on disk
    if dirty and not allow_dirty:
        more = f" and {len(dirty) - NAMED} more" if len(dirty) > NAMED else ""
        raise NotReady(
            f"uncommitted changes in {', '.join(dirty[:NAMED])}{more}: sessions start from the last commit, without them",
            "commit or stash them, or pass --allow-dirty",
        )
