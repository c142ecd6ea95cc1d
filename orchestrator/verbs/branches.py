"""Branch names: which we accept, and which we make."""

from __future__ import annotations

import re
from collections.abc import Collection

from orchestrator.nouns.errors import UsageError

LONGEST = 200
EXAMPLE = "e.g. feature/card-payments"

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def check_branch_name(name: str) -> str:
    """``name``, if it is a branch name we work with; otherwise ``UsageError`` says which rule it breaks.

    Stricter than ``git check-ref-format --branch``, which accepts ``@``, ``refs/heads/x`` and emoji.
    """
    broken = broken_rule(name)
    if broken:
        raise UsageError(f"{name[:80]!a} is not a usable branch name: {broken}", EXAMPLE)
    return name


def broken_rule(name: str) -> str:
    """The rule for branch names that ``name`` breaks, or nothing."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has {len(name)} characters; at most {LONGEST} are allowed"
    if name == "HEAD" or name.startswith("refs/"):
        return "it is a name that git uses itself"
    if ".." in name:
        return "it contains '..'"
    for part in name.split("/"):
        if not part:
            return "it has an empty part between slashes"
        if not _PART.match(part):
            return "each part must begin with a letter or digit and use only ASCII letters, digits, '.', '_' and '-'"
        if part.endswith((".lock", ".")):
            return "a part must not end in '.lock' or '.'"
    return ""


def branch_for(prefix: str, owner: str, title: str) -> str:
    """A readable branch name, always valid: ``televibe/g1-card-payments`` for goal ``G1``."""
    words = [w for w in _NOT_WORD.sub(" ", title.lower()).split() if w not in {"a", "an", "the", "and", "of", "to", "with"}]
    slug = "-".join([owner.lower(), *words])[:48].rstrip("-")
    name = f"{prefix}{slug}"
    return name if not broken_rule(name) else f"televibe/{owner.lower()}"


def numbered(name: str, taken: Collection[str]) -> str:
    """``name``, or ``name-2``, ``name-3`` … whichever is free. A branch ``a`` also takes every ``a/b``."""
    candidate, number = name, 1
    while taken_by(candidate, taken):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def taken_by(name: str, taken: Collection[str]) -> str:
    """The branch because of which there can be no branch ``name``: itself, or one that is a directory of the other. Or ""."""
    in_the_way = (other for other in taken if other.startswith(f"{name}/") or name.startswith(f"{other}/"))
    return name if name in taken else next(in_the_way, "")
