"""What became of something that is not where it was: renamed, moved to another file, or removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from orchestrator.nouns.code import Definition, DefinitionKind
from orchestrator.nouns.conflict import Cause
from orchestrator.verbs.semantic.sides import Side


class Fate(NamedTuple):
    """``words`` complete the sentence that begins with the thing's name; ``now`` is where it is, if it is anywhere."""

    cause: Cause
    words: str
    path: str = ""
    now: Definition | None = None


def fate_of(side: Side, path: str, one: Definition) -> Fate:
    """By the same text under another name or in another file, by the same name in another file, else by the same parameters in
    the same place."""
    owner, _, name = one.name.rpartition(".")
    added = [
        (p, d) for p, d in side.added if d.kind is one.kind or {d.kind, one.kind} <= {DefinitionKind.function, DefinitionKind.method}
    ]
    same_text = [(p, d) for p, d in added if one.digest and d.digest == one.digest]
    same_name = [(p, d) for p, d in added if d.name.rpartition(".")[2] == name and (p, d.name) != (path, one.name)]
    for found in (*same_text, *same_name):
        return _told(path, one, *found)
    alike = [(p, d) for p, d in added if p == path and d.name.rpartition(".")[0] == owner and _alike(one, d)]
    if len(alike) == 1 and not _others_gone(side, path, owner, one):
        return _told(path, one, *alike[0])
    new = side.renames.get(path)
    return Fate(Cause.removed, f"was removed from {new or path}")


def _told(path: str, one: Definition, now_path: str, now: Definition) -> Fate:
    if now.name.rpartition(".")[2] != one.name.rpartition(".")[2]:
        return Fate(Cause.renamed, f"was renamed to {now.name}" + (f" in {now_path}" if now_path != path else ""), now_path, now)
    if now_path != path:
        return Fate(Cause.moved, f"was moved from {path} to {now_path}", now_path, now)
    return Fate(Cause.moved, f"was moved to {now.name}", now_path, now)


def _alike(one: Definition, other: Definition) -> bool:
    if one.kind in {DefinitionKind.function, DefinitionKind.method}:
        return (one.parameters, one.returns) == (other.parameters, other.returns)
    if one.kind in {DefinitionKind.field, DefinitionKind.member, DefinitionKind.variable}:
        return (one.literal, one.returns, one.value) == (other.literal, other.returns, other.value)
    return one.bases == other.bases


def _others_gone(side: Side, path: str, owner: str, one: Definition) -> bool:
    """More than one thing of that kind went: which one became which is a guess."""
    gone = [
        lost
        for lost in side.lost
        if lost.path == path and lost.after is None and lost.before.name.rpartition(".")[0] == owner and _alike(lost.before, one)
    ]
    return len(gone) > 1


def module_fate(side: Side, path: str, candidates: Sequence[str]) -> Fate:
    """Of a file that is gone."""
    new = side.renames.get(path) or next((c for c in candidates if c), "")
    if new:
        return Fate(Cause.moved, f"was moved to {new}", new)
    return Fate(Cause.removed, "was removed")
