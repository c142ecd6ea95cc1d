"""Which rules a landing is held to: those that are committed on the default branch, never those of a branch that wants to land."""

from __future__ import annotations

from graphs.state import Deps
from orchestrator.boundaries.config import FILE, parse_policy
from orchestrator.nouns.policy import Policy
from orchestrator.verbs.strict_yaml import decode


async def landing_policy(deps: Deps, main: str) -> Policy:
    """The configuration at ``main``. Where none is committed yet, the user's file in the main worktree. ``ConfigError`` rises."""
    name = f"{deps.project.default_branch}:{FILE}"
    found = (await deps.git.read_files(main, [FILE])).get(FILE)
    return deps.policy if found is None else parse_policy(decode(found, name), name)
