"""File patterns: which files a repository-relative name or glob means, and whether two of them can mean the same file. Pure.

``?`` is one character of a name and ``*`` any number of them; ``**`` crosses folders, and ``**/`` may be nothing. All else is meant as
it is written, so that ``pages/[id].tsx`` is a file; a pattern without ``*`` and ``?`` is also everything beneath it.

Upper and lower case are the same, and so are the two ways to write an accent: on some file systems they are one file, and nobody knows
on which a worktree lies. Whether two patterns meet is decided exactly, as whether the intersection of two finite automata is empty;
two that could mean one file are never said to be apart.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from orchestrator.nouns.errors import UsageError

CHARS = 300
WILDCARDS = 16
"""Of one pattern: so that to compare two takes milliseconds at most."""

EXAMPLE = "name files inside the repository, such as src/cart.py or src/auth/**"


def checked_pattern(given: str) -> str:
    """The pattern as it is kept: no ``./``, no doubled ``/``; a folder named with a ``/`` at its end is all that is in it.
    ``UsageError`` says what is wrong with one that is no file of the repository."""
    text = re.sub(r"\*{3,}", "**", given.strip())
    if wrong := _wrong(text):
        raise UsageError(f"{given[:80]!a} {wrong}", EXAMPLE)
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not parts:
        return "**"  # ./
    return "/".join([*parts, "**"] if text.endswith("/") else parts)


def _wrong(text: str) -> str:
    parts = [part.rstrip(". ").casefold() if part not in {".", ".."} else part for part in text.split("/")]
    if not text:
        return "names no file"
    if len(text) > CHARS or len(re.findall(r"\*+|\?", text)) > WILDCARDS:
        return f"is too long: at most {CHARS} characters and {WILDCARDS} wildcards"
    if text.startswith(("/", "~")) or re.match(r"[A-Za-z]:", text):
        return "is an absolute path"
    if "\\" in text:
        return "has a backslash: folders are parted by /"
    if ".." in parts:
        return "leads out of the repository"
    if ".git" in parts:
        return "is in .git, which is git's own"
    if text.startswith("!") or re.search(r"\{[^}]*,", text):
        return "is no pattern that is known here: there is no ! and no {a,b}; name each"
    if not text.isprintable():
        return "has characters that cannot be printed"
    return ""


def fold(text: str) -> str:
    """What is the same for all spellings of a path that some file system takes for one. As long as the decomposed text is: a fold
    that made one character two (``ß`` to ``ss``) would part what ``?`` joins."""
    return "".join(c if len(c.casefold()) != 1 else c.casefold() for c in unicodedata.normalize("NFD", text))


def is_glob(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def overlap(one: str, other: str) -> bool:
    """Whether some file is meant by both patterns."""
    return _meet(one, is_glob(one), other, is_glob(other), beneath=True)


def covers(pattern: str, path: str) -> bool:
    """Whether the pattern means the file at ``path``, whatever characters its name has."""
    return _meet(pattern, is_glob(pattern), path, False, beneath=False)


def touches(pattern: str, path: str) -> bool:
    """Whether the pattern means the file at ``path``, or something beneath it if it is a folder."""
    return _meet(pattern, is_glob(pattern), path, False, beneath=True)


def precision(pattern: str) -> tuple[int, int]:
    """How exactly a pattern says what it means: the longer what stands before its first wildcard, then the longer what is no wildcard.
    One without wildcards is the most exact of all."""
    fixed = re.split(r"[*?]", pattern, maxsplit=1)[0]
    return (CHARS + len(pattern) if not is_glob(pattern) else len(fixed)), len(re.sub(r"[*?]", "", pattern))


class _Step(NamedTuple):
    """A place in an automaton: what it reads, whether it may read on, and how many places may be left out from here."""

    reads: str  # a character, one of the classes below, or nothing
    again: bool = False
    jumps: tuple[int, ...] = ()


ANY, OF_NAME, MARK = "any", "of a name", "mark"
"""Classes of characters: each; each but ``/``; what is put upon the character before it."""


@lru_cache(maxsize=4096)
def _steps(text: str, glob: bool, beneath: bool) -> tuple[_Step, ...]:
    if not glob:
        rest = (_Step("/", jumps=(2,)), _Step(ANY, again=True, jumps=(1,))) if beneath else ()
        return (*(_Step(c) for c in fold(text)), *rest)
    found: list[_Step] = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", text):
        match part:
            case "**/":
                found += [_Step("", jumps=(1, 3)), _Step(ANY, again=True, jumps=(1,)), _Step("/")]
            case "**":
                found.append(_Step(ANY, again=True, jumps=(1,)))
            case "*":
                found.append(_Step(OF_NAME, again=True, jumps=(1,)))
            case "?":
                found += [_Step(OF_NAME), _Step(MARK, again=True, jumps=(1,))]
            case _:
                found += [_Step(c) for c in fold(part)]
    return tuple(found)


@lru_cache(maxsize=16_384)
def _meet(one: str, one_glob: bool, other: str, other_glob: bool, *, beneath: bool) -> bool:
    """Whether the two automata can read the same text to their ends."""
    left, right = _steps(one, one_glob, True), _steps(other, other_glob, beneath)
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        at = todo.pop()
        if at == (len(left), len(right)):
            return True
        fresh = [place for place in _next(left, right, *at) if place not in seen]
        seen.update(fresh)
        todo += fresh
    return False


def _next(left: tuple[_Step, ...], right: tuple[_Step, ...], i: int, j: int) -> list[tuple[int, int]]:
    one = left[i] if i < len(left) else None
    other = right[j] if j < len(right) else None
    found = [(i + jump, j) for jump in (one.jumps if one else ())]
    found += [(i, j + jump) for jump in (other.jumps if other else ())]
    if one and other and (_reads(one.reads, other.reads) or _reads(other.reads, one.reads)):
        found.append((i if one.again else i + 1, j if other.again else j + 1))
    return found


def _reads(wide: str, narrow: str) -> bool:
    """Whether what ``wide`` reads has something in common with what ``narrow`` reads. Asked both ways round."""
    if not wide or not narrow:
        return False
    if wide in {narrow, ANY}:
        return True
    if wide == OF_NAME:
        return narrow != "/"
    return wide == MARK and len(narrow) == 1 and unicodedata.combining(narrow) != 0
