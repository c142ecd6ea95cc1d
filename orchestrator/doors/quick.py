"""The quick answer: ``televibe sessions --json`` without Typer, pydantic or SQLAlchemy. Prompts and status bars call it often.

It answers only what it is sure of; for everything else the command itself runs, and says the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.glance import at_a_glance
from orchestrator.doors.output import Out


def quick_answer(words: Sequence[str]) -> int | None:
    """The exit status if the words were ``sessions --json [--all] [--repo PATH]`` and the answer was printed, or those of git's
    call for a merge of the context file; else None."""
    if list(words[:2]) == ["context", "merge"] and len(words) == 5 and not any(word.startswith("-") for word in words):
        from orchestrator.doors.context_merge import merge_files

        base, ours, theirs = map(Path, words[2:])
        return merge_files(base, ours, theirs)
    asked = _asked(words)
    if asked is None or os.environ.get("TELEVIBE_DATABASE_URL"):
        return None
    repo, everything = asked
    root = _main_worktree(repo)
    found = at_a_glance(Home.find().database_file, str(root)) if root else None
    if found is None:
        return None
    Out.to().document([document for document in found.documents() if everything or document["state"] != "closed"])
    return 0


def _asked(words: Sequence[str]) -> tuple[Path, bool] | None:
    if not words or words[0] != "sessions" or "--json" not in words:
        return None
    repo, rest = Path(), list(words[1:])
    while rest:
        word = rest.pop(0)
        if word == "--repo" and rest:
            repo = Path(rest.pop(0))
        elif word.startswith("--repo="):
            repo = Path(word.removeprefix("--repo="))
        elif word not in {"--json", "--all"}:
            return None
    return repo, "--all" in words


def _main_worktree(path: Path) -> Path | None:
    """The root, if ``path`` is inside of a main worktree: the nearest ``.git`` is a directory. A file there is a linked one."""
    here = path.resolve()
    for directory in (here, *here.parents):
        git = directory / ".git"
        if git.exists():
            return directory if (git / "HEAD").is_file() else None
    return None
