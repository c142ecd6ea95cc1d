"""One side of a comparison: the files that a branch changed since the base, and which names that touches."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from orchestrator.nouns.code import Definition, DefinitionKind
from orchestrator.verbs.semantic.indexed import Indexed


class Changed(NamedTuple):
    """One file before and after; None: it is not there."""

    before: Indexed | None
    after: Indexed | None


class Lost(NamedTuple):
    """A definition that a side took away or changed. ``after`` is None when no definition of that name is left in the file."""

    path: str
    before: Definition
    after: Definition | None


class Side:
    """``changed`` by path (a renamed file under both of its names), ``renames`` from the old to the new path."""

    def __init__(self, changed: Mapping[str, Changed], renames: Mapping[str, str] | None = None) -> None:
        self.changed = changed
        self.renames = dict(renames or {})

    @cached_property
    def after(self) -> dict[str, Indexed | None]:
        return {path: one.after for path, one in self.changed.items()}

    @cached_property
    def old_names(self) -> dict[str, str]:
        return {new: old for old, new in self.renames.items()}

    @cached_property
    def lost(self) -> list[Lost]:
        return [lost for path, one in self.changed.items() for lost in _lost(path, one)]

    @cached_property
    def added(self) -> list[tuple[str, Definition]]:
        """What it defines anew, with the path."""
        return [(path, d) for path, one in self.changed.items() for d in _added(one)]

    @cached_property
    def touched(self) -> frozenset[str]:
        """Names that mean something else in its tree than in the base, as far as its own files tell."""
        names: set[str] = set()
        for one in self.lost:
            names.update(one.before.name.split("."))
        for _, definition in self.added:
            names.update(definition.name.split("."))
        for path, changed in self.changed.items():
            if changed.before is None or changed.after is None:
                where = PurePosixPath(path)
                names.update({where.stem, where.parent.name})
            names |= _imported(changed.before) ^ _imported(changed.after)
        names |= self._callers() | self._descendants(names)
        return frozenset(names - {"", "__init__", "self"})

    def _callers(self) -> set[str]:
        """Definitions of its files that call what it changed: they may raise something else now."""
        raising = {lost.before.name.rpartition(".")[2] for lost in self.lost if lost.after and lost.before.raises != lost.after.raises}
        found: set[str] = set()
        for one in self.changed.values():
            for scope, calls in (one.after.calls if one.after and raising else {}).items():
                if any(raising & set(c.chain) for c in calls):
                    found.add(scope.rpartition(".")[2])
        return found

    def _descendants(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        for one in self.changed.values():
            for definition in one.after.facts.definitions if one.after else ():
                if any(base[-1] in names | found for base in definition.bases):
                    found.add(definition.name)
        return found

    @cached_property
    def mentioned(self) -> frozenset[str]:
        return frozenset().union(*(one.mentioned for one in self.after.values() if one is not None))

    @cached_property
    def rebased(self) -> bool:
        """A class has other bases than it had: it may be caught elsewhere now."""
        classes = [lost for lost in self.lost if lost.after is not None and lost.before.kind is DefinitionKind.cls]
        return any(lost.after is not None and lost.after.bases != lost.before.bases for lost in classes)

    @cached_property
    def new_modules(self) -> frozenset[str]:
        """Paths of what it adds, without what tells a file from a package."""
        new = [PurePosixPath(p) for p, one in self.changed.items() if one.before is None and one.after is not None]
        return frozenset(str(p.parent if p.stem == "__init__" else p.with_suffix("")) for p in new)

    @cached_property
    def keyed(self) -> bool:
        return any(one.after is not None and one.after.facts.keys for one in self.changed.values())


def _imported(one: Indexed | None) -> set[str]:
    """Names that others may take from it although it only imports them; nobody takes ``Path`` from anywhere but ``pathlib``."""
    if one is None:
        return set()
    own = (i for i in one.facts.imports if not i.scope and i.module.partition(".")[0] not in sys.stdlib_module_names)
    return {i.name for i in own} | set(one.facts.offered or ())


def _lost(path: str, one: Changed) -> Iterator[Lost]:
    if one.before is None or (one.after is not None and not one.after.facts.whole):
        return
    after = one.after.interfaces if one.after is not None else {}
    for name, was in one.before.interfaces.items():
        if after.get(name) != was:
            now = one.after.definitions.get(name) if one.after is not None else None
            if now is None or not _only_value(one.before.definitions[name], now):
                yield Lost(path, one.before.definitions[name], now)


def _only_value(before: Definition, after: Definition) -> bool:
    """A variable or field that holds something else of the same kind."""
    plain = {DefinitionKind.variable, DefinitionKind.field}
    return before.kind in plain and after.kind in plain and before.value == after.value and before.parameters == after.parameters


def _added(one: Changed) -> Iterator[Definition]:
    if one.after is not None:
        known = one.before.definitions if one.before is not None else {}
        yield from (d for name, d in one.after.definitions.items() if name not in known)
