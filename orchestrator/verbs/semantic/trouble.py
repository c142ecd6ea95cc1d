"""What is wrong with one use in the merged tree that was right where it was written."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.nouns.code import AWAITED, CALLED, ELEMENT, Chain, Definition, DefinitionKind, Trait, Use, UseKind
from orchestrator.nouns.conflict import Cause, Severity
from orchestrator.verbs.semantic.fitting import called, fields, misfit, reordered, retyped
from orchestrator.verbs.semantic.indexed import Indexed, interface
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.origin import fate_of, module_fate
from orchestrator.verbs.semantic.raising import uncaught
from orchestrator.verbs.semantic.returning import broken_by
from orchestrator.verbs.semantic.sides import Side
from orchestrator.verbs.semantic.target import Meaning, Target
from orchestrator.verbs.semantic.types import element_shape

FUNCTIONS = frozenset({DefinitionKind.function, DefinitionKind.method})
PRESENT = frozenset({Meaning.thing, Meaning.module, Meaning.instance})


class Trouble(NamedTuple):
    """``subject`` is the name of what changed, at ``path`` and ``line`` as the user of it knows it."""

    cause: Cause
    severity: Severity
    path: str
    subject: str
    before: Definition | None
    now_path: str
    now: Definition | None
    words: str  # complete the sentence that begins with the subject


class Hit(NamedTuple):
    """A trouble at one place of the side that uses the subject."""

    trouble: Trouble
    path: str
    line: int


class Places(NamedTuple):
    """Where a use is read: its own side's tree, the merged one, and whoever changed something."""

    old: Linker
    new: Linker
    old_path: str
    new_path: str
    other: Side


def trouble_of(use: Use, at: Places) -> Trouble | None:
    """None: it is as good as it was."""
    before = at.old.follow(at.old_path, use.chain)
    after = at.new.follow(at.new_path, use.chain)
    if after.meaning is Meaning.missing:
        return None if use.guarded or before.meaning is Meaning.missing else _lost(use, at)
    unpacked = _unpacked(use, at, before, after)
    if unpacked is not None:
        return unpacked
    if _value_of_call(use.chain) is not None:
        return _value(use, at) or _unsupported(use, at, before, after)
    if before.meaning is Meaning.outside and after.meaning is Meaning.thing and after.path == at.new_path:
        return _shadowed(after)
    if before.definition is None or after.definition is None or before.meaning is not after.meaning:
        return None
    return _changed(use, at, before, after)


def _lost(use: Use, at: Places) -> Trouble | None:
    if _for_checkers_only(use, at) and at.new.follow(at.new_path, use.chain[:1]).meaning is Meaning.missing:
        return None
    for length in range(1, len(use.chain) + 1):
        after = at.new.follow(at.new_path, use.chain[:length])
        if after.meaning is Meaning.missing:
            before = at.old.follow(at.old_path, use.chain[:length])
            return _gone(use, at, before, after) if before.meaning in PRESENT else None
    return None


def _for_checkers_only(use: Use, at: Places) -> bool:
    file = at.old.view.file(at.old_path)
    got = file.imports.get(use.chain[0]) if file else None
    return got is not None and got.typing_only


def _gone(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    if before.definition is None:
        fate = module_fate(at.other, before.path, [])
        return Trouble(fate.cause, Severity.high, before.path, before.path, None, fate.path, None, fate.words)
    if use.kind is UseKind.assign and before.definition.kind is DefinitionKind.field:
        return None  # it makes the attribute
    if after.definition is not None and _became_foreign(at, after):
        return None
    if after.path == "" or (after.definition is not None and _still_there(at, before)):
        return _given_instead(use, at)
    fate = fate_of(at.other, before.path, before.definition)
    if fate.cause is Cause.removed and after.path != before.path and _still_there(at, before):
        fate = fate._replace(words=f"of {before.path} is not offered by {after.path or 'its package'} any more")
    return Trouble(fate.cause, Severity.high, before.path, before.definition.name, before.definition, fate.path, fate.now, fate.words)


def _still_there(at: Places, before: Target) -> bool:
    """The thing itself is as it was: what changed is how the use comes to it."""
    path = at.other.renames.get(before.path, before.path)
    file = at.new.view.file(path)
    return file is not None and before.definition is not None and before.definition.name in file.definitions


def _given_instead(use: Use, at: Places) -> Trouble | None:
    """Something on the way to it gives another thing than it did."""
    for length in range(len(use.chain), 0, -1):
        before, after = at.old.follow(at.old_path, use.chain[:length]), at.new.follow(at.new_path, use.chain[:length])
        if before.definition is None or after.definition is None or not (before.meaning is after.meaning is Meaning.thing):
            continue
        if before.definition.name != after.definition.name or interface(before.definition) != interface(after.definition):
            lost = next((step for step in use.chain[length:] if step.isidentifier()), use.chain[-1])
            return _told(Cause.returns, before, after, f"gives something without {lost} now")
    return None


def _unpacked(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    """A tuple of named fields, or an element of what a call gives, that is unpacked into another number of names than it has."""
    wanted = next((int(r.partition(":")[2]) for r in use.result if r.startswith("unpack:")), 0)
    if not wanted:
        return None
    if before.meaning is after.meaning is Meaning.instance and before.definition and after.definition:
        had, has = (len(fields(k, t.path, t.definition)) for k, t in ((at.old, before), (at.new, after)) if t.definition)
        named = any(base[-1] == "NamedTuple" for base in after.definition.bases)
        if named and had == wanted != has:
            return _told(Cause.returns, before, after, f"has {has} fields now, no longer {had}")
    chain = _value_of_call(use.chain) if use.chain[-1] == ELEMENT else None
    if chain is None:
        return None
    old, new = at.old.follow(at.old_path, chain), at.new.follow(at.new_path, chain)
    if old.definition is None or new.definition is None or interface(old.definition) == interface(new.definition):
        return None
    return _told(Cause.returns, old, new, broken) if (broken := _elements_differ(old.definition, new.definition, wanted)) else None


def _unsupported(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
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
            return _told(Cause.removed, before, after, f"has no {', '.join(sorted(had))} any more")
    return None


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


def _elements_differ(old: Definition, new: Definition, wanted: int) -> str:
    lengths = {k for k in element_shape(new) if k.startswith("tuple:")}
    if lengths and f"tuple:{wanted}" not in lengths and element_shape(old) != element_shape(new):
        return f"gives tuples of {', '.join(sorted(k[6:] for k in lengths))} now"
    return ""


def _became_foreign(at: Places, after: Target) -> bool:
    """Its class has a new base from outside of the tree, which may have the member."""
    cls = after.definition
    if cls is None or not at.new.open(after.path, cls):
        return False
    file = at.old.view.file(after.path)
    was = file.definitions.get(cls.name) if file else None
    return was is None or was.bases != cls.bases


def _value_of_call(chain: Chain) -> Chain | None:
    """The chain of what is called, when a use is of a variable that holds what a call gave."""
    if chain[-1] == CALLED and len(chain) > 1:
        return chain[:-1]
    if chain[-1] in {AWAITED, ELEMENT} and chain[-2:-1] == (CALLED,):
        return chain[:-2]
    return None


def _value(use: Use, at: Places) -> Trouble | None:
    chain = _value_of_call(use.chain) or use.chain
    before, after = at.old.follow(at.old_path, chain), at.new.follow(at.new_path, chain)
    if before.definition is None or after.definition is None or before.definition.kind not in FUNCTIONS:
        return None
    if use.kind is not UseKind.read and use.kind is not UseKind.call:
        return None
    return _returns(use, at, before, after) if before.meaning is after.meaning is Meaning.thing else None


def _shadowed(after: Target) -> Trouble | None:
    one = after.definition
    if one is None or one.kind not in {*FUNCTIONS, DefinitionKind.cls, DefinitionKind.variable}:
        return None
    words = f"is defined in {after.path} now, where the builtin of that name was meant"
    return Trouble(Cause.same_symbol, Severity.high, after.path, one.name, one, after.path, one, words)


def _changed(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    old, new = before.definition, after.definition
    if old is None or new is None:
        return None
    if use.kind is UseKind.cover:
        return _uncovered(use, at, before, after)
    if use.kind is UseKind.subclass and old.kind is DefinitionKind.cls and new.kind is not DefinitionKind.cls:
        return _told(Cause.signature, before, after, f"is no class any more but a {new.kind}")
    reason = _call(use, at, before, after) or _kind(use, old, new) or _entering(use, old, new)
    if reason:
        return _told(Cause.signature, before, after, reason)
    return _returns(use, at, before, after) or _raises(use, at, before, after)


def _call(use: Use, at: Places, before: Target, after: Target) -> str:
    if use.call is None or use.kind is UseKind.named:
        return ""
    old, new = called(at.old, before), called(at.new, after)
    if old is None or new is None or old.parameters == new.parameters or misfit(use.call, old.parameters):
        return ""
    unfit = misfit(use.call, new.parameters) or reordered(use.call, old.parameters, new.parameters)
    return unfit or retyped(use.call, old.parameters, new.parameters, lambda name: _takes_class(at, after, name))


def _takes_class(at: Places, after: Target, name: str) -> bool:
    """Whether a name in the file of what is called is a class of its own, that no builtin value is an instance of."""
    found = at.new.follow(after.path, (name,))
    if found.meaning is not Meaning.thing or found.definition is None or found.definition.kind is not DefinitionKind.cls:
        return False
    return not at.new.open(found.path, found.definition) and Trait.interface not in found.definition.traits


def _entering(use: Use, old: Definition, new: Definition) -> str:
    """A context manager, or none."""
    was, now = (any(d[-1] in {"contextmanager", "asynccontextmanager"} for d in one.decorators) for one in (old, new))
    if use.call is None or was is now or old.kind not in FUNCTIONS:
        return ""
    if was and "with" in use.result:
        return "is no context manager any more"
    return "is a context manager now" if now and use.result and "with" not in use.result and "argument" not in use.result else ""


def _kind(use: Use, old: Definition, new: Definition) -> str:
    if use.kind not in {UseKind.read, UseKind.call}:
        return ""
    was_method, is_method = (d.kind in FUNCTIONS and Trait.getter not in d.traits for d in (old, new))
    value = new.kind in {DefinitionKind.field, DefinitionKind.variable} and new.value[-1:] == (CALLED,) and len(new.value) == 2
    if was_method and use.call is not None and (Trait.getter in new.traits or value):
        return "is a property now and not called" if Trait.getter in new.traits else "is a value now and not called"
    if not was_method and old.kind in {*FUNCTIONS, DefinitionKind.field, DefinitionKind.variable} and is_method and use.call is None:
        return "is a method now and has to be called" if new.kind is DefinitionKind.method else "is a function now and has to be called"
    if was_method and is_method and use.call is not None:
        awaited = use.result[:1] == ("await",)
        was_async, is_async = (Trait.asynchronous in d.traits and Trait.generator not in d.traits for d in (old, new))
        if is_async and not was_async and not awaited:
            return "is async now and has to be awaited"
        if was_async and not is_async and awaited and Trait.generator not in old.traits:
            return "is not async any more and cannot be awaited"
    return ""


def _returns(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    old, new = before.definition, after.definition
    if old is None or new is None or old.kind is DefinitionKind.cls or interface(old) == interface(new):
        return None
    results = [r for r in use.result if r != "await"]
    if old.kind in FUNCTIONS and Trait.getter not in old.traits and use.call is None and _value_of_call(use.chain) is None:
        return None
    if use.chain[-1] == ELEMENT:
        results = [r for r in results if r.startswith("key:")]
    words = broken_by(at.new, after.path, old, new, results, checked=_checked(use, at))
    return _told(Cause.returns, before, after, words, Severity.medium) if words else None


def _checked(use: Use, at: Places) -> bool:
    """Somewhere in the same definition the value is compared with ``None`` or asked for its truth."""
    file = at.old.view.file(at.old_path)
    value = use.chain if _value_of_call(use.chain) is not None else (*use.chain, CALLED)
    return file is not None and _asks(file, use.scope, {use.chain, value, (*value, AWAITED)})


def _asks(file: Indexed, scope: str, chains: set[Chain]) -> bool:
    return any(u.scope == scope and u.chain in chains and {"none", "truth"} & set(u.result) for u in file.facts.uses)


def _raises(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    if use.kind is not UseKind.call:
        return None
    words = uncaught(at.old, before, at.new, after, use, at.old_path, at.new_path, checked=_checked(use, at))
    return _told(Cause.raises, before, after, words, Severity.medium) if words else None


def _uncovered(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    if "default" in use.result:
        return None
    old, new = _members(at.old, before), _members(at.new, after)
    if not old or old - set(use.covered):
        return None  # it never named all of them
    lacking = sorted(new - old)
    if not lacking:
        return None
    severity = Severity.low if "silent" in use.result else Severity.medium
    return _told(Cause.contract, before, after, f"has a new member {', '.join(lacking)}", severity)


def _members(linker: Linker, target: Target) -> set[str]:
    file = linker.view.file(target.path)
    if file is None or target.definition is None:
        return set()
    name = target.definition.name
    return {m for m in file.members.get(name, ()) if file.definitions[f"{name}.{m}"].kind is DefinitionKind.member}


def _told(cause: Cause, before: Target, after: Target, words: str, severity: Severity = Severity.high) -> Trouble | None:
    old = before.definition
    if old is None:
        return None
    return Trouble(cause, severity, before.path, old.name, old, after.path, after.definition, words)


def by_name(use: Use, at: Places, known: frozenset[str]) -> Trouble | None:
    """Of a use of an unknown thing: when an attribute of that name was one class's only, and that class let it go.

    ``known`` are all names that other classes and modules which were read give to something."""
    variable, attribute = use.chain[0].lstrip("?"), use.chain[1]
    if use.guarded or attribute in COMMON or attribute in known or not attribute.isidentifier():
        return None
    found = [lost for lost in at.other.lost if "." in lost.before.name and lost.before.name.rpartition(".")[2] == attribute]
    if len(found) != 1 or not _resembles(variable, found[0].before.name.split(".")[-2], at):
        return None
    lost = found[0]
    subject = Target(Meaning.thing, lost.path, lost.before, bound=True)
    if lost.after is None:
        fate = fate_of(at.other, lost.path, lost.before)
        return Trouble(fate.cause, Severity.medium, lost.path, lost.before.name, lost.before, fate.path, fate.now, fate.words)
    if len(use.chain) > 2:
        return None
    after = Target(Meaning.thing, lost.path, lost.after, bound=True)
    found_trouble = _changed(use, at, subject, after)
    return found_trouble._replace(severity=Severity.medium) if found_trouble else None


def _resembles(variable: str, cls: str, at: Places) -> bool:
    """``order``, ``new_order``, ``o`` for ``Order``; or the file itself speaks of the class."""
    file = at.new.view.file(at.new_path)
    plain = variable.lower().replace("_", "").rstrip("s0123456789")
    name = cls.lower().lstrip("_")
    return (bool(plain) and (name.endswith(plain) or plain.endswith(name))) or (file is not None and cls in file.mentioned)


COMMON = frozenset(
    name for kind in (str, list, dict, set, int, float, bytes, tuple, BaseException, type, property) for name in dir(kind)
) | {
    "read",
    "write",
    "close",
    "open",
    "run",
    "start",
    "stop",
    "name",
    "id",
    "get",
    "set",
    "path",
    "value",
    "send",
    "flush",
    "exists",
    "parse",
}
"""Attributes that many things have."""
