"""What a project's home knows of the branches that ``televibe conflicts`` looks at: whose they are, since when they collide, what
is proposed. Any repository has an answer: of one that is no project nothing is known, and nothing is written anywhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.glance import Glance, OpenConflict
from orchestrator.nouns.conflict import Finding
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.session import SessionState

Sides = frozenset[str]
"""Two branches, or one that collides with the default branch, and that."""


@dataclass(frozen=True)
class Known:
    """``sessions``: branch → id of the live session whose it is; ``conflicts``: those that are open, by what collides in which two."""

    sessions: dict[str, str] = field(default_factory=dict)
    conflicts: dict[tuple[Sides, str], OpenConflict] = field(default_factory=dict)

    def of(self, a: str, b: str, finding: Finding) -> OpenConflict | None:
        """The stored conflict that the finding between two branches is."""
        return self.conflicts.get((frozenset({a, b}), finding.identity))

    def named(self, branch: str) -> str:
        """The branch, with the id of its session beside it."""
        return f"{branch} ({self.sessions[branch]})" if branch in self.sessions else branch


async def known(repo: Path) -> Known:
    """Nothing, when there is no home, or the repository is no project of it."""
    from orchestrator.doors.sessions import known_of

    if not Home.find().database_file.is_file() and not os.environ.get("TELEVIBE_DATABASE_URL"):
        return Known()
    try:
        return known_in(await known_of(repo))
    except TeleVibeError:  # no project, or a store that cannot be opened: the comparison does not need it
        return Known()


def known_in(found: Glance) -> Known:
    """By branch."""
    live = {s["id"]: str(s["branch"]) for s in found.sessions if s["state"] != SessionState.closed}
    sides = {c: (live.get(c.a), found.default_branch if c.b is None else live.get(c.b)) for c in found.conflicts}
    conflicts = {(frozenset({a, b}), c.identity): c for c, (a, b) in sides.items() if a and b}
    return Known({branch: id_ for id_, branch in live.items()}, conflicts)
