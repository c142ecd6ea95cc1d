"""Which files of the TeleVibe home an agent may not read: all but its own worktree and its own directory. Pure.

Claude Code's deny rules know no exceptions, and new sessions are made while an agent runs: so the rules do not name the others,
they describe every name that is not an own one, character by character.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import PurePosixPath

NAMES_ARE_MADE_OF = f"-._{string.digits}{string.ascii_uppercase}{string.ascii_lowercase}"
"""All names in the home are TeleVibe's own, or an agent's in a directory of its own."""


def literal(path: str) -> str:
    """A path as a part of a rule: gitignore's special characters lose their meaning."""
    return re.sub(r"([\\*?\[\]!])", r"\\\1", path)


def all_but(home: str, own: Iterable[str]) -> list[str]:
    """Absolute globs (gitignore's syntax) that match everything in ``home`` except what lies in the directories of ``own``."""
    inside = [PurePosixPath(path).relative_to(home).parts for path in own if PurePosixPath(path).is_relative_to(home)]
    return [f"{literal(home.rstrip('/'))}/{glob}" for glob in _others(inside)]


def _others(own: Iterable[tuple[str, ...]]) -> list[str]:
    deeper: dict[str, list[tuple[str, ...]]] = {}
    for parts in own:
        deeper.setdefault(parts[0], []).append(parts[1:])
    globs = other_names(deeper)
    for name, rests in deeper.items():
        if all(rests):  # an empty rest is the own directory itself
            globs += [f"{literal(name)}/{glob}" for glob in _others(rests)]
    return globs


def other_names(names: Iterable[str]) -> list[str]:
    """Globs that match every name but these, and none of these."""
    known = sorted(set(names))
    if not known:
        return ["*"]
    globs = []
    for prefix in sorted({name[:end] for name in known for end in range(len(name) + 1)}):
        following = "".join(sorted({name[len(prefix)] for name in known if name.startswith(prefix) and name != prefix}))
        globs.append(literal(prefix) + f"{_any_but(following)}*")
        if prefix and prefix not in known:
            globs.append(literal(prefix))
    return globs


def _any_but(characters: str) -> str:
    """One character that is none of these, spelled out: Claude Code (2.1) knows neither ``[!…]`` nor ``[^…]``, and no case."""
    runs: list[str] = []
    others = "".join(" " if character.lower() in characters.lower() else character for character in NAMES_ARE_MADE_OF)
    for run in re.findall(r"[0-9]+|[A-Z]+|[a-z]+|[-._]", others):
        runs.append(run if len(run) < 3 else f"{run[0]}-{run[-1]}")
    return f"[{''.join(runs)}]"
