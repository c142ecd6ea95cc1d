"""Following a chain through a tree: from a name in a file, by imports, attributes, calls and inheritance, to what it means there."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from orchestrator.nouns.code import (
    ABSOLUTE,
    AWAITED,
    BY_KEY,
    CALLED,
    EACH,
    ELEMENT,
    ENTERED,
    SUPER,
    UNKNOWN,
    Chain,
    Definition,
    DefinitionKind,
    Import,
    Trait,
)
from orchestrator.verbs.semantic import modules, packages
from orchestrator.verbs.semantic.indexed import Indexed
from orchestrator.verbs.semantic.target import OUTSIDE_TARGET, UNKNOWN_TARGET, Meaning, Target
from orchestrator.verbs.semantic.view import View

DEPTH = 24
"""Steps from one definition to another, after which a thing is unknown: two modules can import from each other."""

PLAIN_BASES = frozenset(
    {
        "object",
        "ABC",
        "Protocol",
        "Generic",
        "Enum",
        "IntEnum",
        "StrEnum",
        "Flag",
        "IntFlag",
        "NamedTuple",
        "TypedDict",
        "BaseModel",
        "TestCase",
    }
)
"""Outside classes that give nothing to be confused with what a project's own classes define."""

PLAIN = frozenset({DefinitionKind.variable, DefinitionKind.field})
NO_NAMES = frozenset({CALLED, EACH, BY_KEY, ELEMENT, AWAITED})

BUILTIN_TYPES = frozenset({"str", "int", "float", "bool", "list", "dict", "tuple", "set", "bytes"})

Member = tuple[str, Definition]


class Linker:
    """One tree's chains. What was followed once is remembered."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._known: dict[tuple[str, Chain], Target] = {}
        self._modules: dict[tuple[str, str, str], modules.Found] = {}  # by the importer's folder, which is all that matters of it

    def follow(self, path: str, chain: Chain, depth: int = 0) -> Target:
        """Where a chain of the file at ``path`` arrives."""
        key = (path, chain)
        if key not in self._known:
            self._known[key] = UNKNOWN_TARGET  # for whoever comes here again on the way
            self._known[key] = self._unaliased(self._follow(path, chain, depth), depth)
        return self._known[key]

    def _follow(self, path: str, chain: Chain, depth: int) -> Target:
        if depth > DEPTH or chain[0].startswith(UNKNOWN):
            return UNKNOWN_TARGET
        if len(chain) > 1:
            before = self.follow(path, chain[:-1], depth + 1)
            return self.step(before, chain[-1], depth + 1)
        if chain[0].startswith(ABSOLUTE):
            return self._module(path, chain[0][1:], "python", guarded=False, absolute=True)
        found = self.name(path, chain[0], depth + 1)
        if found is not None:
            return found
        return OUTSIDE_TARGET._replace(lost=chain[0]) if hasattr(builtins, chain[0]) else Target(Meaning.missing, path, lost=chain[0])

    def _unaliased(self, found: Target, depth: int) -> Target:
        """``old = new``: a variable that is only another name of a function, a class or a module is that."""
        one = found.definition
        if found.meaning is not Meaning.thing or one is None or one.kind not in PLAIN or not one.value or one.value[-1] in NO_NAMES:
            return found
        held = self.follow(found.path, one.value, depth + 1)
        is_name = held.meaning is Meaning.module or (
            held.meaning is Meaning.thing
            and held.definition is not None
            and held.definition.kind not in {*PLAIN, DefinitionKind.member}
        )
        return held if is_name else found

    # names of files

    def name(self, path: str, name: str, depth: int) -> Target | None:
        """What the file at ``path`` binds to a name at its top; None: nothing."""
        file = self.view.file(path)
        if file is None:
            return UNKNOWN_TARGET
        if name in file.definitions:
            return Target(Meaning.thing, path, file.definitions[name])
        if name in file.imports:
            return self.imported(path, file, file.imports[name], depth)
        for star in file.stars:
            found = self._found(path, star.module, file.facts.language)
            if not found.path or found.lost:
                continue
            there = self.view.file(found.path)
            if there is None:
                return UNKNOWN_TARGET
            if (
                there.facts.offered is None
                and name.startswith("_")
                or there.facts.offered is not None
                and name not in there.facts.offered
            ):
                continue
            got = self.name(found.path, name, depth + 1) if depth < DEPTH else None
            if got is not None:
                return got
        if file.facts.language in packages.SHARING:
            return self._beside(path, file, name)
        return UNKNOWN_TARGET if file.facts.dynamic or not file.facts.whole else None

    def _beside(self, path: str, file: Indexed, name: str) -> Target:
        """A name of the file's package that stands in another file of it."""
        for other in packages.beside(self.view, path, file.facts, name):
            there = self.view.file(other)
            if there is not None and name in there.definitions:
                return Target(Meaning.thing, other, there.definitions[name])
        return Target(Meaning.missing, path, lost=name)

    def imported(self, path: str, file: Indexed, one: Import, depth: int) -> Target:
        if one.symbol == ".":  # ``import a.b``: the name is ``a``
            return self._module(path, one.module.partition(".")[0], file.facts.language, guarded=True)
        there = self._module(path, one.module, file.facts.language, guarded=one.guarded)
        if not one.symbol or there.meaning is not Meaning.module:
            return there
        got = self.member_of_module(there.path, one.symbol, depth)
        return UNKNOWN_TARGET if got.meaning is Meaning.missing and one.guarded else got

    def _module(self, importer: str, module: str, language: str, *, guarded: bool, absolute: bool = False) -> Target:
        found = self._found(importer, module, language)
        if found.lost and not guarded and not absolute:
            return Target(Meaning.missing, found.path, lost=module)
        if found.lost or not found.path:
            return OUTSIDE_TARGET._replace(lost=module)
        return Target(Meaning.module, found.path)

    def _found(self, importer: str, module: str, language: str) -> modules.Found:
        key = (importer.rpartition("/")[0], module, language)
        if key not in self._modules:
            self._modules[key] = modules.find(self.view, importer, module, language)
        return self._modules[key]

    def member_of_module(self, path: str, name: str, depth: int) -> Target:
        for one in packages.go_files(self.view, path):
            there = self.view.file(one)
            if there is not None and name in there.definitions:
                return Target(Meaning.thing, one, there.definitions[name])
        if not path.endswith((".py", ".pyi")) and not self.view.has(path):
            inner = modules.submodule(self.view, path, name)
            return Target(Meaning.module, inner) if inner else Target(Meaning.missing, path, lost=name)
        got = self.name(path, name, depth + 1) if depth < DEPTH else UNKNOWN_TARGET
        inner = modules.submodule(self.view, path, name) if got is None or got.meaning in {Meaning.missing, Meaning.unknown} else ""
        if inner:
            return Target(Meaning.module, inner)
        if got is None:
            dunder = name.startswith("__") and name.endswith("__")
            return UNKNOWN_TARGET if dunder else Target(Meaning.missing, path, lost=name)
        return got

    # steps

    def step(self, before: Target, step: str, depth: int) -> Target:
        match before.meaning:
            case Meaning.module:
                return self.member_of_module(before.path, step, depth) if step.isidentifier() else UNKNOWN_TARGET
            case Meaning.thing:
                return self._of_thing(before, step, depth)
            case Meaning.instance | Meaning.parent:
                return self._of_instance(before, step, depth)
            case Meaning.each | Meaning.by_key if step == ELEMENT:
                return before.inner or UNKNOWN_TARGET
            case Meaning.promise if step == AWAITED:
                return before.inner or UNKNOWN_TARGET
            case Meaning.missing:
                return before
            case Meaning.outside:
                return _of_outside(before, step)
            case _:
                if step == EACH:
                    return Target(Meaning.each, inner=before)
                return UNKNOWN_TARGET

    def _of_thing(self, before: Target, step: str, depth: int) -> Target:
        one = before.definition
        if one is None:
            return UNKNOWN_TARGET
        match one.kind:
            case DefinitionKind.cls:
                return self._of_class(before, one, step)
            case DefinitionKind.function | DefinitionKind.method if Trait.getter not in one.traits:
                return self._result(before.path, one, depth) if step == CALLED else UNKNOWN_TARGET
            case DefinitionKind.member:
                return self._of_member(before, one, step)
            case _:
                value = self.value(before.path, one, depth)
                return self.step(value, step, depth + 1)

    def _of_class(self, before: Target, one: Definition, step: str) -> Target:
        if step == CALLED:
            return before._replace(meaning=Meaning.instance, bound=True)
        if step == SUPER:
            return before._replace(meaning=Meaning.parent, bound=True)
        if step == ELEMENT:
            return before
        return self._attribute(before, one, step, bound=False) if step.isidentifier() else UNKNOWN_TARGET

    def _of_member(self, before: Target, one: Definition, step: str) -> Target:
        owner = self.owner(before.path, one)
        if owner is None or step in {"value", "name"} or not step.isidentifier():
            return UNKNOWN_TARGET
        return self._attribute(Target(Meaning.instance, before.path, owner), owner, step, bound=True)

    def _of_instance(self, before: Target, step: str, depth: int) -> Target:
        one = before.definition
        if one is None:
            return UNKNOWN_TARGET
        if step in {EACH, BY_KEY}:
            return Target(Meaning.each if step == EACH else Meaning.by_key, inner=before)
        special = {CALLED: "__call__", ELEMENT: "__getitem__", ENTERED: "__enter__"}.get(step)
        if special:
            found = self.member(before.path, one, special)
            if found:
                got = self._result(*found, depth)
                return before if step == ENTERED and got.meaning is Meaning.unknown else got
            return before if step == ENTERED else UNKNOWN_TARGET
        if step == CALLED or not step.isidentifier():
            return UNKNOWN_TARGET
        if before.meaning is Meaning.parent:
            for path, base in self.bases(before.path, one):
                got = self._attribute(Target(Meaning.instance, path, base), base, step, bound=True)
                if got.meaning is not Meaning.missing:
                    return got
            return Target(Meaning.missing, before.path, one, lost=step)
        return self._attribute(before, one, step, bound=True)

    def _attribute(self, before: Target, cls: Definition, name: str, *, bound: bool) -> Target:
        found = self.member(before.path, cls, name)
        if found is not None:
            return Target(Meaning.thing, *found, bound=bound)
        dunder = name.startswith("__") and name.endswith("__")
        file = self.view.file(before.path)
        if dunder or file is None or any(Trait.dynamic in c.traits for _, c in self.lineage(before.path, cls)):
            return UNKNOWN_TARGET
        return Target(Meaning.missing, before.path, cls, lost=name)

    def value(self, path: str, one: Definition, depth: int) -> Target:
        """What a variable holds, what a property gives."""
        return self.follow(path, one.value, depth + 1) if one.value and depth < DEPTH else UNKNOWN_TARGET

    def _result(self, path: str, one: Definition, depth: int) -> Target:
        value = self.value(path, one, depth)
        if Trait.asynchronous in one.traits and Trait.generator not in one.traits:
            return Target(Meaning.promise, inner=value)
        if value.meaning is Meaning.each and any(d[-1] in {"contextmanager", "asynccontextmanager", "fixture"} for d in one.decorators):
            return value.inner or UNKNOWN_TARGET
        return value

    # classes

    def owner(self, path: str, one: Definition) -> Definition | None:
        file = self.view.file(path)
        return file.definitions.get(one.name.rpartition(".")[0]) if file else None

    def bases(self, path: str, cls: Definition) -> Iterator[Member]:
        """The classes of the tree that it derives from directly."""
        for base in cls.bases:
            found = self.follow(path, base, 1)
            if found.meaning is Meaning.thing and found.definition and found.definition.kind is DefinitionKind.cls:
                yield found.path, found.definition

    def lineage(self, path: str, cls: Definition) -> list[Member]:
        """The class and all that it derives from in the tree, nearest first."""
        found: list[Member] = [(path, cls)]
        for at, one in found:  # grows while it is walked
            found.extend(b for b in self.bases(at, one) if b not in found and len(found) < DEPTH)
        return found

    def open(self, path: str, cls: Definition) -> bool:
        """Whether it may have members from outside of the tree."""
        return any(self._opens(at, base) for at, one in self.lineage(path, cls) for base in one.bases)

    def _opens(self, path: str, base: Chain) -> bool:
        found = self.follow(path, base, 1)
        return not (found.meaning is Meaning.thing or base[-1] in PLAIN_BASES or _is_builtin_error(base))

    def member(self, path: str, cls: Definition, name: str) -> Member | None:
        """The definition of a member, its own or inherited."""
        for at, one in self.lineage(path, cls):
            file = self.view.file(at)
            found = file.definitions.get(f"{one.name}.{name}") if file else None
            if found is not None:
                return at, found
            for other in packages.methods_beside(self.view, at, file.facts) if file else ():
                there = self.view.file(other)
                if there is not None and f"{one.name}.{name}" in there.definitions:
                    return other, there.definitions[f"{one.name}.{name}"]
        return None


def _of_outside(before: Target, step: str) -> Target:
    """Of builtin types it is known what they have."""
    if before.lost in BUILTIN_TYPES and step == CALLED:
        return before._replace(lost=f"{before.lost}{CALLED}")
    kind = before.lost.removesuffix(CALLED)
    if not before.lost.endswith(CALLED):
        return before
    if step in {EACH, BY_KEY}:
        return Target(Meaning.each if step == EACH else Meaning.by_key, inner=before)
    if not step.isidentifier() or hasattr(getattr(builtins, kind), step):
        return UNKNOWN_TARGET
    return Target(Meaning.missing, lost=step)


def _is_builtin_error(base: Chain) -> bool:
    found = getattr(builtins, base[0], None) if len(base) == 1 else None
    return isinstance(found, type) and issubclass(found, BaseException)
