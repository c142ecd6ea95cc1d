"""Sweeping: what nobody needs any more, and what looks so and stays."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import Noun


class Litter(StrEnum):
    """What can be left over."""

    ref = "ref"  # under refs/televibe
    worktree = "worktree"  # of a closed session
    scratch = "scratch"  # a worktree in which something was merged or checked


class Leftover(Noun):
    """Something that is there and may not be needed. ``since``: when it came there; None: nobody knows."""

    litter: Litter
    name: str  # the full ref, or the absolute path
    since: datetime | None
    commit: str = ""  # of a ref
    in_use: str = ""  # by whom; empty: by nobody
    unique: bool = False  # of a ref: no branch, tag or remote has all of its commits
    landed: bool = False  # of a unique one: each of its changes is on the default branch, in commits of other names


class Swept(Noun):
    """A leftover and what becomes of it."""

    leftover: Leftover
    removed: bool
    why: str
