"""Whether a use can work with what it gets now: another type, nothing, a tuple of another length, a generator for a list."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from orchestrator.nouns.code import Definition, DefinitionKind, Trait
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.types import NUMBERS, shape

DUNDERS = {
    "iterate": "__iter__",
    "unpack": "__iter__",
    "index": "__getitem__",
    "key": "__getitem__",
    "length": "__len__",
    "call": "__call__",
    "with": "__enter__",
}
NEEDS_SOMETHING = frozenset({"attribute", "index", "key", "unpack", "iterate", "number", "length", "call", "with"})
SHAPED = frozenset({"list", "dict", "set", "tuple", "str", "int", "float", "bool", "bytes", "frozenset", "Decimal"})


def broken_by(linker: Linker, path: str, before: Definition, after: Definition, results: Iterable[str], *, checked: bool) -> str:
    """Why a use of what ``before`` gave cannot use what ``after`` gives, in a few words. ``checked``: it looks for ``None`` itself."""
    for result in results:
        if _verb(result) == "key" and _rest(result) in before.entries and after.entries and _rest(result) not in after.entries:
            return f"has no {_rest(result)} any more"
    old, new = shape(before), shape(after)
    if before.kind is DefinitionKind.field and not before.parameters:
        new -= {"None"}  # an attribute that is filled later: an annotation that says so changes nothing
    if old == new or "?" in old:
        return _without_shape(before, after, results, checked=checked)
    for gained in sorted(new - old - {"?"}):
        if gained == "None":
            if not checked and any(_verb(r) in NEEDS_SOMETHING for r in results):
                return "may give None now"
            continue
        if not (old - new - {"None"}):
            continue  # one more possibility; what there was is still there
        for result in results:
            if _clash(linker, path, gained, result, old):
                return f"gives {_said(gained)} now, no longer {_said(*sorted(old - new))}"
    return ""


def _without_shape(before: Definition, after: Definition, results: Iterable[str], *, checked: bool) -> str:
    """What can be told although it is not known what it gave: only the arity of what it gives."""
    gained = shape(after) - shape(before)
    lengths = {k for k in gained if k.startswith("tuple:")}
    if lengths and len(shape(after)) == 1 and any(_verb(r) == "unpack" and f"tuple:{_rest(r)}" not in lengths for r in results):
        return f"gives {_said(*lengths)} now"
    plain = before.kind is DefinitionKind.field and not before.parameters
    if (
        "None" in gained
        and not plain
        and not checked
        and after.returns
        and before.returns
        and any(_verb(r) in NEEDS_SOMETHING for r in results)
    ):
        return "may give None now"
    return ""


def _clash(linker: Linker, path: str, kind: str, result: str, old: frozenset[str]) -> bool:
    verb, rest = _verb(result), _rest(result)
    base = kind.partition(":")[0]
    if verb == "equal":
        return _unequal(kind, rest, old)
    if verb == "await":
        return False
    if base in NUMBERS:
        return (
            verb in {"iterate", "index", "key", "unpack", "length", "call"}
            or (verb == "attribute" and _lacks("float", rest))
            or (base == "Decimal" and "float" in old and verb == "number")
        )
    if base == "generator":
        return verb in {"index", "key", "length", "number", "equal"} or (verb == "attribute" and rest not in {"send", "close", "throw"})
    if base == "tuple" and ":" in kind:
        return (
            (verb == "unpack" and rest != kind.partition(":")[2])
            or verb in {"key", "number", "call"}
            or (verb == "attribute" and _lacks("tuple", rest))
            or (verb in {"iterate", "string", "length"} and not any(o.startswith("tuple") for o in old))
        )
    if base == "dict":
        return (
            verb in {"number", "call"}
            or (verb == "attribute" and _lacks("dict", rest))
            or (verb in {"index", "iterate", "unpack"} and bool(old & {"list", "tuple", "generator", "iterable"}))
        )
    if base in {"list", "tuple", "set", "frozenset", "str", "bytes"}:
        if verb == "number" and base in {"list", "str", "tuple"}:
            return bool(old & NUMBERS)
        unordered = verb == "index" and base in {"set", "frozenset"}
        return (
            verb in {"key", "call"}
            or unordered
            or (verb == "attribute" and _lacks(base, rest))
            or (verb in {"iterate", "index", "unpack"} and base in {"str", "bytes"} and bool(old & {"list", "dict", "set", "tuple"}))
        )
    return _clash_with_class(linker, path, kind, result, old)


def _clash_with_class(linker: Linker, path: str, name: str, result: str, old: frozenset[str]) -> bool:
    """An instance of a class of the tree stands where a builtin value stood."""
    if not any(o.partition(":")[0] in SHAPED | {"generator", "iterable"} for o in old):
        return False
    verb = _verb(result)
    found = linker.follow(path, (name, "()"))
    if found.definition is None or found.definition.kind is not DefinitionKind.cls:
        return False
    bases = {b[-1] for _, one in linker.lineage(found.path, found.definition) for b in one.bases}
    if (
        bases & (SHAPED | {"NamedTuple", "UserDict", "UserList", "TypedDict", "IntEnum", "StrEnum"})
        or Trait.dynamic in found.definition.traits
    ):
        return False
    if verb in DUNDERS:
        return linker.member(found.path, found.definition, DUNDERS[verb]) is None
    if verb == "number":
        operators = ("__add__", "__mul__", "__lt__", "__sub__", "__radd__", "__float__", "__int__")
        return not any(linker.member(found.path, found.definition, o) for o in operators)
    return verb == "attribute" and linker.member(found.path, found.definition, _rest(result)) is None


def _unequal(kind: str, literal: str, old: frozenset[str]) -> bool:
    """Compared with a literal of a kind that it had, and cannot be equal to any more."""
    base = kind.partition(":")[0]
    if literal not in old and literal.partition(":")[0] not in {o.partition(":")[0] for o in old}:
        return False
    if {base, literal.partition(":")[0]} <= NUMBERS:
        return False
    return base != literal.partition(":")[0] or (":" in kind and ":" in literal and kind != literal)


def _lacks(kind: str, attribute: str) -> bool:
    return not hasattr(getattr(builtins, kind), attribute)


def _verb(result: str) -> str:
    return result.partition(":")[0]


def _rest(result: str) -> str:
    return result.partition(":")[2]


def _said(*kinds: str) -> str:
    return " or ".join(f"a tuple of {k[6:]}" if k.startswith("tuple:") else k for k in kinds) or "what it gave"
