"""The attributes files of a tree as one file, for a git that has no worktree to find them in (gitattributes(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = ".gitattributes"

_WORD = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\S+)(.*)', re.DOTALL)
_SPECIAL = re.compile(r"([\\*?\[\]])")


def together(below: str, files: Mapping[str, str], above: str) -> str:
    """One text with the same meaning: of two lines that match, the later one counts, as the deeper file does in a tree.

    ``below`` is of the user and machine, ``files`` path → text of the tree's, ``above`` the repository's own ``info/attributes``.
    """
    deeper = sorted(files, key=lambda path: (path.count("/"), path))
    parts = [below, *(_moved(files[path], path.removesuffix(NAME).rstrip("/")) for path in deeper), above]
    return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts if part.strip())


def _moved(text: str, directory: str) -> str:
    """The lines of a file in ``directory``, as they would stand in one at the top."""
    if not directory:
        return text
    return "".join(f"{line}\n" for found in text.splitlines() if (line := _line(found, directory)))


def _line(line: str, directory: str) -> str:
    found = _WORD.match(line)
    if found is None or found[1].startswith(("#", "[attr]", "!")):
        return ""  # a macro counts at the top only, and a pattern is never negative
    pattern = _unquoted(found[1])
    if pattern.endswith("/"):
        return ""  # attributes are of files
    inside = pattern.lstrip("/") if "/" in pattern else f"**/{pattern}"
    return f"{_quoted(f'/{_SPECIAL.sub(_escaped, directory)}/{inside}')}{found[2]}"


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[1]


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') and word.endswith('"') and len(word) > 1 else word


def _quoted(pattern: str) -> str:
    plain = not re.search(r'[\s"]', pattern)
    return pattern if plain else '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'
