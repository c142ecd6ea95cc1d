"""A use that gets another value than it did: of another type, of another length, without what it is asked for."""

from __future__ import annotations

from orchestrator.nouns.code import AWAITED, CALLED, ELEMENT, Chain, Definition, DefinitionKind, Trait, Use
from orchestrator.nouns.conflict import Cause, Severity
from orchestrator.verbs.semantic.fitting import fields
from orchestrator.verbs.semantic.indexed import Indexed, interface
from orchestrator.verbs.semantic.returning import broken_by
from orchestrator.verbs.semantic.target import Meaning, Target
from orchestrator.verbs.semantic.told import FUNCTIONS, Places, Trouble, told, value_of_call
from orchestrator.verbs.semantic.types import element_shape

OPERATIONS = {
    "iterate": ("__iter__", "__getitem__", "__contains__"),
    "unpack": ("__iter__", "__getitem__"),
    "index": ("__getitem__",),
    "key": ("__getitem__",),
    "length": ("__len__",),
    "with": ("__enter__", "__aenter__"),
    "number": ("__add__", "__sub__", "__mul__", "__truediv__", "__lt__", "__gt__", "__le__", "__ge__", "__radd__", "__neg__"),
}
"""What a class has to define for what is done with its instances."""


def unpacked(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    """A tuple of named fields, or an element of what a call gives, that is unpacked into another number of names than it has."""
    wanted = next((int(r.partition(":")[2]) for r in use.result if r.startswith("unpack:")), 0)
    if not wanted:
        return None
    if before.meaning is after.meaning is Meaning.instance and before.definition and after.definition:
        had, has = (len(fields(k, t.path, t.definition)) for k, t in ((at.old, before), (at.new, after)) if t.definition)
        named = any(base[-1] == "NamedTuple" for base in after.definition.bases)
        if named and had == wanted != has:
            return told(Cause.returns, before, after, f"has {has} fields now, no longer {had}")
    chain = value_of_call(use.chain) if use.chain[-1] == ELEMENT else None
    if chain is None:
        return None
    old, new = at.old.follow(at.old_path, chain), at.new.follow(at.new_path, chain)
    if old.definition is None or new.definition is None or interface(old.definition) == interface(new.definition):
        return None
    return told(Cause.returns, old, new, broken) if (broken := _elements_differ(old.definition, new.definition, wanted)) else None


def _elements_differ(old: Definition, new: Definition, wanted: int) -> str:
    lengths = {k for k in element_shape(new) if k.startswith("tuple:")}
    if lengths and f"tuple:{wanted}" not in lengths and element_shape(old) != element_shape(new):
        return f"gives tuples of {', '.join(sorted(k[6:] for k in lengths))} now"
    return ""


def unsupported(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    """The class of what is used cannot be gone through, counted, indexed, called, calculated with any more."""
    if not (before.meaning is after.meaning is Meaning.instance) or before.definition is None or after.definition is None:
        return None
    for verb in (r.partition(":")[0] for r in use.result):
        had, has = (
            {name for name in OPERATIONS.get(verb, ()) if k.member(t.path, t.definition, name)}
            for k, t in ((at.old, before), (at.new, after))
            if t.definition
        )
        if had and not has and not at.new.open(after.path, after.definition):
            return told(Cause.removed, before, after, f"has no {', '.join(sorted(had))} any more")
    return None


def returns_something_else(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    old, new = before.definition, after.definition
    if old is None or new is None or old.kind is DefinitionKind.cls or interface(old) == interface(new):
        return None
    results = [r for r in use.result if r != "await"]
    if old.kind in FUNCTIONS and Trait.getter not in old.traits and use.call is None and value_of_call(use.chain) is None:
        return None
    if use.chain[-1] == ELEMENT:
        results = [r for r in results if r.startswith("key:")]
    words = broken_by(at.new, after.path, old, new, results, checked=checked_for_none(use, at))
    return told(Cause.returns, before, after, words, Severity.medium) if words else None


def checked_for_none(use: Use, at: Places) -> bool:
    """Somewhere in the same definition the value is compared with ``None`` or asked for its truth."""
    file = at.old.view.file(at.old_path)
    value = use.chain if value_of_call(use.chain) is not None else (*use.chain, CALLED)
    return file is not None and _asks(file, use.scope, {use.chain, value, (*value, AWAITED)})


def _asks(file: Indexed, scope: str, chains: set[Chain]) -> bool:
    return any(u.scope == scope and u.chain in chains and {"none", "truth"} & set(u.result) for u in file.facts.uses)
