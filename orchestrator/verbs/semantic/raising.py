"""Whether what is caught around a use is still what it raises."""

from __future__ import annotations

import builtins

from orchestrator.nouns.code import CALLED, Chain, Definition, Use
from orchestrator.verbs.semantic.fitting import called
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.target import Meaning, Target

EVERYTHING = frozenset({"Exception", "BaseException"})
DEPTH = 2
"""Calls that are followed for what they raise."""

Error = tuple[str, str]
"""The path of a class of the tree and its name; of a builtin one the path is empty."""


def uncaught(old: Linker, before: Target, new: Linker, after: Target, use: Use, old_path: str, new_path: str, *, checked: bool) -> str:
    """Why the ``try`` around a use does not help any more, in a few words; empty: it does, or never did."""
    raised_before = raised(old, before)
    raised_after = raised(new, after)
    catching = {c[-1] for c in use.caught}
    if use.caught and not catching & EVERYTHING:
        return _escapes(old, new, raised_before, raised_after, use, old_path, new_path)
    added = raised_after - raised_before or {("", name) for name in _newly_documented(before.definition, after.definition)}
    if not use.caught and added and _gives_nothing(before) and not _gives_nothing(after) and checked:
        return f"raises {_said(added)} where it gave None"
    if not use.caught and added and _documented(before.definition, after.definition, added):
        return f"raises {_said(added)} now, as its description says"
    return ""


def _escapes(old: Linker, new: Linker, before: set[Error], after: set[Error], use: Use, old_path: str, new_path: str) -> str:
    was_caught = {e for e in before if any(_is_a(old, e, old_path, c) for c in use.caught)}
    still = {e for e in after if any(_is_a(new, e, new_path, c) for c in use.caught)}
    if not was_caught or still:
        return ""
    return f"raises {_said(after)}, no longer {_said(was_caught)}" if after else f"does not raise {_said(was_caught)} any more"


def raised(linker: Linker, target: Target, depth: int = DEPTH) -> set[Error]:
    """What a call of the target raises by its own statements, and by those of what it calls in turn."""
    found = called(linker, target)
    if found is None:
        return set()
    return _raised_by(linker, found.path, found.definition, depth, frozenset())


def _raised_by(linker: Linker, path: str, one: Definition, depth: int, seen: frozenset[Error]) -> set[Error]:
    own = {e for chain in one.raises if (e := _error(linker, path, chain))}
    file = linker.view.file(path)
    if depth == 0 or file is None or (path, one.name) in seen:
        return own
    for use in file.calls.get(one.name, ()):
        inner = linker.follow(path, use.chain)
        there = called(linker, inner) if inner.meaning is Meaning.thing else None
        if there is None:
            continue
        for error in _raised_by(linker, there.path, there.definition, depth - 1, seen | {(path, one.name)}):
            if not any(_is_a(linker, error, path, c) for c in use.caught):
                own.add(error)
    return own


def _error(linker: Linker, path: str, chain: Chain) -> Error | None:
    found = linker.follow(path, chain[:-1] if chain[-1] == CALLED else chain)
    if found.meaning is Meaning.thing and found.definition is not None:
        return found.path, found.definition.name
    return ("", chain[0]) if found.meaning is Meaning.outside and len(chain) == 1 else None


def _is_a(linker: Linker, error: Error, path: str, caught: Chain) -> bool:
    """Whether an ``except`` with that chain, in the file at ``path``, catches the error."""
    wanted = _error(linker, path, caught)
    if caught[-1] in EVERYTHING or wanted == error:
        return True
    if wanted is None:
        return False
    where, name = error
    if not where:
        return not wanted[0] and _builtin_is_a(name, wanted[1])
    file = linker.view.file(where)
    cls = file.definitions.get(name) if file else None
    if cls is None:
        return False
    for at, one in linker.lineage(where, cls):
        if (at, one.name) == wanted or (not wanted[0] and any(_builtin_is_a(b[-1], wanted[1]) for b in one.bases)):
            return True
    return False


def _builtin_is_a(name: str, wanted: str) -> bool:
    one, other = getattr(builtins, name, None), getattr(builtins, wanted, None)
    return isinstance(one, type) and isinstance(other, type) and issubclass(one, other)


def _gives_nothing(target: Target) -> bool:
    one = target.definition
    return one is not None and ("None" in one.results or "None" in one.returns or "Optional" in one.returns)


def _documented(before: Definition | None, after: Definition | None, added: set[Error]) -> bool:
    if before is None or after is None:
        return False
    new = _newly_documented(before, after)
    return bool(new & {name.rpartition(".")[2] for _, name in added}) and not before.raises


def _newly_documented(before: Definition | None, after: Definition | None) -> set[str]:
    return set(after.documented) - set(before.documented) if before is not None and after is not None else set()


def _said(errors: set[Error]) -> str:
    return " or ".join(sorted(name for _, name in errors))
