"""Whether a worktree may have changed, asked of the file system alone. It has no one file that tells: it is walked.

What a walk may cost is bounded by the pause after it, which grows with the time
that the walk took; sessions that have a job are looked at often, others now and then, because a person may edit there.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

SKIPPED = frozenset(
    ".git node_modules .venv venv __pycache__ .mypy_cache .ruff_cache .pytest_cache .tox target dist build .gradle .next .cache".split()
)
"""Directories that nobody edits by hand and that hold most of the files. Git is asked what is ignored; this is only about the time."""

ENTRIES = 50_000
"""Of one worktree, at most: with more, what is beyond is seen when it is committed."""

BUSY_PAUSE, BUSY_RATIO = 0.4, 20.0
IDLE_PAUSE, IDLE_RATIO = 10.0, 4000.0
"""Least seconds between two walks of one worktree, and how many times as long as the walk took: 1/20 of a core for each session
at work, 1/4000 for each other."""


def walked(worktree: str) -> int:
    """A number that is another one when a file of the worktree was written, made or removed. No file is opened."""
    found, left, todo = 0, ENTRIES, [worktree]
    while todo and left > 0:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    left -= 1
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in SKIPPED:
                            todo.append(entry.path)
                        continue
                    at = entry.stat(follow_symlinks=False)
                    found ^= hash((entry.path, at.st_mtime_ns, at.st_size, at.st_mode))
        except OSError:  # removed while it was walked: the next walk sees that
            continue
    return found


@dataclass
class Walks:
    """The walks of one worktree, from the first one on, which tells nothing."""

    worktree: str
    seen: int | None = None
    began: float = float("-inf")
    took: float = 0.0

    def due(self, now: float, *, busy: bool) -> bool:
        pause, ratio = (BUSY_PAUSE, BUSY_RATIO) if busy else (IDLE_PAUSE, IDLE_RATIO)
        return now - self.began >= max(pause, self.took * ratio)

    def walk(self) -> bool:
        """True if it is not as it was. Runs in a thread."""
        began, before = time.monotonic(), self.seen
        self.seen = walked(self.worktree)
        self.began, self.took = began, time.monotonic() - began
        return self.seen != before
