"""Take over: what a session is told when git could not bring others' work into its branch by itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.nouns.session import Role
from orchestrator.verbs.rights import may_change


def conflict_note(role: Role, branches: Sequence[str], files: Sequence[str]) -> str:
    """The end of a brief. One that may not change anything is shown the way to read what it does not have."""
    names, where = ", ".join(branches), ", ".join(files)
    if not may_change(role):
        return (
            f"\n\nYour branch does not have the newest of {names}: git could not merge it. Conflicting files: {where}. Read it with "
            f"`git show <branch>:<file>` and `git diff HEAD...<branch>`.\n"
        )
    return (
        f"\n\nFirst merge these branches into yours; git could not do it alone: {names}. Conflicting files: {where}. "
        "Keep what each side meant.\n"
    )
