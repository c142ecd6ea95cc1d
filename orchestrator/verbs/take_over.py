"""Take over: what a session is told when git could not bring others' work into its branch by itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.nouns.session import Role
from orchestrator.verbs.quote import inline
from orchestrator.verbs.resolution import SETTLE, quoted_sides
from orchestrator.verbs.rights import may_change

INTENT_CHARS = 200


@dataclass(frozen=True)
class Side:
    """Work that was handed over: by whom, where it is, what it changed, and what was asked for it (the user's words, not its own)."""

    session_id: str
    branch: str
    files: tuple[str, ...]
    intent: str = ""


@dataclass(frozen=True)
class Missed:
    """A side that git could not merge, because of these files."""

    side: Side
    files: tuple[str, ...]


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


def sides_note(role: Role, missed: Sequence[Missed], sides: Sequence[Side]) -> str:
    """As ``conflict_note``, with both sides' intent for each file. ``sides`` are all that were to be merged, in that order."""
    if not missed:
        return ""
    files = sorted({path for m in missed for path in m.files})
    note = conflict_note(role, [m.side.branch for m in missed], files)
    lines = []
    for path in files:
        missing = {m.side.session_id for m in missed if path in m.files}
        meant = [_meant(s) for s in sides if path in s.files or s.session_id in missing]
        lines.append(f"- {inline(path, 200)}: {'; '.join(meant)}")
    return note + "What each side was asked to do:\n" + "\n".join(lines) + "\n"


def left_to(who: str, branch: str, files: Sequence[str]) -> str:
    """The end of a brief, when another session brings the two together."""
    return (
        f"\n\nYour branch does not have the newest of {branch}: git could not merge it. Conflicting files: {', '.join(files)}. "
        f"{who} is asked to bring the two together: do not merge it yourself, and go on with what you have.\n"
    )


def bring_team_together(branch: str, head: str, whose: str, own: str, files: Sequence[str], sides: Sequence[str], nonce: str) -> str:
    """The instruction of the session that brings its team's branch and a member's work together."""
    return (
        f"The work of {whose} ({own[:10]}) and {branch} ({head[:10]}) conflict in {', '.join(files)}, and you are who brings the two "
        f"together. Merge both into your branch with `git merge {head[:10]}` and `git merge {own[:10]}` (merge, do not rebase), and "
        f"{SETTLE}{quoted_sides(sides, nonce)}"
    )


def _meant(side: Side) -> str:
    asked = f" — {inline(side.intent, INTENT_CHARS)}" if side.intent else ""
    return f"{side.session_id} ({side.branch}){asked}"
