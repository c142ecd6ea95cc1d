"""What is wrong with one use in the merged tree that was right where it was written."""

from __future__ import annotations

from orchestrator.nouns.code import CALLED, Definition, DefinitionKind, Trait, Use, UseKind
from orchestrator.nouns.conflict import Cause, Severity
from orchestrator.verbs.semantic.fitting import called, misfit, reordered, retyped
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.raising import uncaught
from orchestrator.verbs.semantic.target import Meaning, Target
from orchestrator.verbs.semantic.told import FUNCTIONS, Places, Trouble, told, value_of_call
from orchestrator.verbs.semantic.values import checked_for_none, returns_something_else, unpacked, unsupported
from orchestrator.verbs.semantic.vanished import lost


def trouble_of(use: Use, at: Places) -> Trouble | None:
    """None: it is as good as it was."""
    before = at.old.follow(at.old_path, use.chain)
    after = at.new.follow(at.new_path, use.chain)
    if after.meaning is Meaning.missing:
        return None if use.guarded or before.meaning is Meaning.missing else lost(use, at)
    misread = unpacked(use, at, before, after)
    if misread is not None:
        return misread
    if value_of_call(use.chain) is not None:
        return _value(use, at) or unsupported(use, at, before, after)
    if before.meaning is Meaning.outside and after.meaning is Meaning.thing and after.path == at.new_path:
        return _shadowed(after)
    if before.definition is None or after.definition is None or before.meaning is not after.meaning:
        return None
    return changed(use, at, before, after)


def _value(use: Use, at: Places) -> Trouble | None:
    chain = value_of_call(use.chain) or use.chain
    before, after = at.old.follow(at.old_path, chain), at.new.follow(at.new_path, chain)
    if before.definition is None or after.definition is None or before.definition.kind not in FUNCTIONS:
        return None
    if use.kind is not UseKind.read and use.kind is not UseKind.call:
        return None
    return returns_something_else(use, at, before, after) if before.meaning is after.meaning is Meaning.thing else None


def _shadowed(after: Target) -> Trouble | None:
    one = after.definition
    if one is None or one.kind not in {*FUNCTIONS, DefinitionKind.cls, DefinitionKind.variable}:
        return None
    words = f"is defined in {after.path} now, where the builtin of that name was meant"
    return Trouble(Cause.same_symbol, Severity.high, after.path, one.name, one, after.path, one, words)


def changed(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    old, new = before.definition, after.definition
    if old is None or new is None:
        return None
    if use.kind is UseKind.cover:
        return _uncovered(use, at, before, after)
    if use.kind is UseKind.subclass and old.kind is DefinitionKind.cls and new.kind is not DefinitionKind.cls:
        return told(Cause.signature, before, after, f"is no class any more but a {new.kind}")
    reason = _call(use, at, before, after) or _kind(use, old, new) or _entering(use, old, new)
    if reason:
        return told(Cause.signature, before, after, reason)
    return returns_something_else(use, at, before, after) or _raises(use, at, before, after)


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


def _raises(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    if use.kind is not UseKind.call:
        return None
    words = uncaught(at.old, before, at.new, after, use, at.old_path, at.new_path, checked=checked_for_none(use, at))
    return told(Cause.raises, before, after, words, Severity.medium) if words else None


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
    return told(Cause.contract, before, after, f"has a new member {', '.join(lacking)}", severity)


def _members(linker: Linker, target: Target) -> set[str]:
    file = linker.view.file(target.path)
    if file is None or target.definition is None:
        return set()
    name = target.definition.name
    return {m for m in file.members.get(name, ()) if file.definitions[f"{name}.{m}"].kind is DefinitionKind.member}
