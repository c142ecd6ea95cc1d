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
            if one.path not in self.whole_modules:
                names.update(one.before.name.split("."))
        for path, definition in self.added:
            if path not in self.whole_modules:
                names.update(definition.name.split("."))
        for path, changed in self.changed.items():
            if path in self.whole_modules:
                names.add(_module_name(path))
            else:
                if changed.before is None or changed.after is None:
                    names.update({PurePosixPath(path).stem, PurePosixPath(path).parent.name})
                names |= _imported(changed.before) ^ _imported(changed.after)
        for old, new in self.renames.items():
            before, after = self.changed.get(old), self.changed.get(new)
            if before and after and {old, new} <= self.whole_modules:
                names |= _otherwise(Changed(before.before, after.after))
        names |= self._callers() | self._descendants(names)
        return frozenset(names - {"", "__init__", "__all__", "self"})

    @cached_property
    def whole_modules(self) -> frozenset[str]:
        """Modules of Python that came or went as a whole: what they define is reached by their name only, or by a file that passes it
        on and is changed itself. Fixtures are reached without, and so is all that a changed ``*`` gave."""
        if any(_stars(one.before) != _stars(one.after) for one in self.changed.values() if one.before and one.after):
            return frozenset()
        gone = (path for path, one in self.changed.items() if one.before is None or one.after is None)
        return frozenset(path for path in gone if path.endswith(".py") and PurePosixPath(path).name != "conftest.py")

    @cached_property
    def let_go(self) -> frozenset[str]:
        """Members of what went with its module: they may be missed where only their name is known."""
        gone = self.whole_modules - self.renames.keys()
        return frozenset(_last(one.before) for one in self.lost if one.path in gone and "." in one.before.name) - self.own_names

    @cached_property
    def own_names(self) -> frozenset[str]:
        """What its files call their functions and members: a name that is still given is not missed."""
        return frozenset().union(*(one.last_names for one in self.after.values() if one is not None))

    @cached_property
    def guesses(self) -> frozenset[str]:
        """Attributes that it asks of things of which nothing is known, and that its own files do not define."""
        return frozenset().union(*(one.guesses for one in self.after.values() if one is not None)) - self.own_names

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
    def keyed(self) -> frozenset[tuple[str, str]]:
        """Kind and name of the keys that one of its files has and had not."""
        return frozenset(key for one in self.changed.values() for key in _keys(one.after) - _keys(one.before))

    @cached_property
    def registered(self) -> frozenset[tuple[str, str]]:
        """Name and value of the fields of its new classes: a base may know its subclasses by one."""
        classes = {(path, one.name) for path, one in self.added if one.kind is DefinitionKind.cls and one.bases}
        fields = ((path, one) for path, one in self.added if one.kind is DefinitionKind.field and one.literal)
        return frozenset((_last(one), one.literal) for path, one in fields if (path, one.name.rpartition(".")[0]) in classes)


def _last(one: Definition) -> str:
    return one.name.rpartition(".")[2]


def _module_name(path: str) -> str:
    where = PurePosixPath(path)
    return where.parent.name if where.stem == "__init__" else where.stem


def _otherwise(one: Changed) -> set[str]:
    """Names of what a renamed file does not define or pass on as it did."""
    names = {part for lost in _lost("", one) for part in lost.before.name.split(".")}
    names.update(part for added in _added(one) for part in added.name.split("."))
    return names | (_imported(one.before) ^ _imported(one.after))


def _stars(one: Indexed | None) -> set[str]:
    return {i.module for i in one.stars} if one is not None else set()


def _keys(one: Indexed | None) -> set[tuple[str, str]]:
    return {(key.kind.value, key.name) for key in one.facts.keys} if one is not None else set()


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
