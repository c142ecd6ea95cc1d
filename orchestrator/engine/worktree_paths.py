"""Paths in a worktree as the file system has them: links resolved, and none that leads out."""

from __future__ import annotations

from pathlib import Path

from orchestrator.nouns.errors import UsageError
from orchestrator.verbs.patterns import EXAMPLE, is_glob


def real_pattern(worktree: Path, pattern: str) -> str:
    """A checked pattern with the links in its fixed part resolved. ``UsageError`` when one of them leads out of the worktree."""
    parts = pattern.split("/")
    fixed = next((at for at, part in enumerate(parts) if is_glob(part)), len(parts))
    if fixed == 0:
        return pattern
    real = inside(worktree, "/".join(parts[:fixed]))
    if real is None:
        raise UsageError(f"{pattern[:80]!a} leads out of the repository by a link", EXAMPLE)
    return "/".join([*([real] if real != "." else []), *parts[fixed:]]) or "**"


def inside(worktree: Path, path: str) -> str | None:
    """Where a path (relative to the worktree, or absolute) really is, relative to the worktree; None: not in it, or in its .git."""
    root = worktree.resolve()
    real = (root / path).resolve()
    if not real.is_relative_to(root):
        return None
    relative = real.relative_to(root)
    return None if relative.parts[:1] and relative.parts[0].casefold() == ".git" else relative.as_posix()
