"""Edits of a tree of files, written as small patches without line numbers, so that a planted change can be read.

::

    @ shop/cart.py                  what follows is about this file
    -    def is_empty(self):        these lines, which stand there exactly once …
    +    def empty(self):           … become these
     context                        a line that begins with a blank is on both sides
    --                              the next hunk of the same file
    +EXTRA = 1                      nothing but new lines: the end of the file, or a new file
    ~ \\bturnover\\b -> revenue      a regular expression, in every file; ``~tests/ …``: in those below a path
    move a.py -> b.py
    delete c.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Tree = Mapping[str, str]
"""Path → text."""


class Misfit(ValueError):
    """An edit does not fit the tree that it is for."""


def edited(tree: Tree, patch: str) -> dict[str, str]:
    """The tree after the patch. ``Misfit`` if a line of it finds nothing, or more than one place, to change."""
    files = dict(tree)
    path, hunk = "", list[str]()
    for line in [*patch.strip("\n").split("\n"), "--"]:
        if line.startswith(("+", "-", " ")) and line != "--":
            hunk.append(line)
            continue
        if hunk:
            _apply(files, path, hunk)
            hunk = []
        match line.split(maxsplit=1):
            case [] | ["--"]:
                pass
            case ["@", rest]:
                path = rest.strip()
            case ["delete", rest]:
                _take(files, rest.strip())
            case ["move", rest]:
                old, new = (part.strip() for part in rest.split(" -> "))
                files[new] = _take(files, old)
            case [word, rest] if word.startswith("~"):
                _substitute(files, word[1:], rest)
            case _:
                raise Misfit(f"not a line of a patch: {line!r}")
    return files


def _take(files: dict[str, str], path: str) -> str:
    if path not in files:
        raise Misfit(f"there is no {path}")
    return files.pop(path)


def _apply(files: dict[str, str], path: str, hunk: list[str]) -> None:
    old = [line[1:] for line in hunk if line[0] in "- "]
    new = [line[1:] for line in hunk if line[0] in "+ "]
    lines = files.get(path, "").split("\n")
    if not old:
        files[path] = files.get(path, "") + "".join(f"{line}\n" for line in new)
        return
    places = [at for at in range(len(lines)) if lines[at : at + len(old)] == old]
    if len(places) != 1:
        raise Misfit(f"{len(places)} places in {path} for {old!r}")
    lines[places[0] : places[0] + len(old)] = new
    files[path] = "\n".join(lines)


def _substitute(files: dict[str, str], below: str, rule: str) -> None:
    pattern, _, text = rule.partition(" -> ")
    done = 0
    for path in [path for path in files if path.startswith(below)]:
        files[path], count = re.subn(pattern, text, files[path], flags=re.MULTILINE)
        done += count
    if not done:
        raise Misfit(f"nothing matches {pattern}")
