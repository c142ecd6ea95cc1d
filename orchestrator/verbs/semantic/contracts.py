"""Classes that derive from something the other branch changed: duties they do not know of, overrides that do not fit any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from orchestrator.nouns.code import Definition, DefinitionKind, ParameterKind, Trait
from orchestrator.verbs.semantic.fitting import fields, misfit, stands_in
from orchestrator.verbs.semantic.link import Linker, Member
from orchestrator.verbs.semantic.returning import SHAPED
from orchestrator.verbs.semantic.types import shape

METHODS = frozenset({DefinitionKind.function, DefinitionKind.method})
SPECIAL = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__"})


class Breach(NamedTuple):
    """A class that cannot keep what its base asks for. ``base`` is what changed, as it is now or, if it is gone, as it was."""

    reason: str
    base: Member
    at: Definition  # in the deriving class's file
    gone: bool = False


def breaches(old: Linker, new: Linker, old_path: str, new_path: str, name: str) -> Iterator[Breach]:
    """What is wrong with the class of that name in the new tree, and was not in the old one."""
    before, after = _class(old, old_path, name), _class(new, new_path, name)
    if before is None or after is None or not after.bases:
        return
    yield from _duties(old, new, (old_path, before), (new_path, after))
    yield from _overrides(old, new, (old_path, before), (new_path, after))
    yield from _field_order(old, new, (old_path, before), (new_path, after))


def _class(linker: Linker, path: str, name: str) -> Definition | None:
    file = linker.view.file(path)
    return file.definitions.get(name) if file else None


def _duties(old: Linker, new: Linker, before: Member, after: Member) -> Iterator[Breach]:
    known = {m.name.rpartition(".")[2] for _, m in _unfulfilled(old, *before)}
    own = [m for m in _members(new, *after) if Trait.abstract in m.traits]
    if own or any(base[-1] in {"ABC", "Protocol"} for base in after[1].bases):
        return  # it is a base itself
    for path, duty in _unfulfilled(new, *after):
        name = duty.name.rpartition(".")[2]
        if name not in known and path != after[0] or (name not in known and not duty.name.startswith(after[1].name + ".")):
            yield Breach(f"does not define {name}", (path, duty), after[1])


def _unfulfilled(linker: Linker, path: str, cls: Definition) -> list[Member]:
    """Abstract members for which the class has nothing else."""
    seen: dict[str, Member] = {}
    for at, one in linker.lineage(path, cls):
        for member in _members(linker, at, one):
            seen.setdefault(member.name.rpartition(".")[2], (at, member))
    return [m for m in seen.values() if Trait.abstract in m[1].traits or (_only_raises(m[1]) and _asked_for(linker, m))]


def _only_raises(one: Definition) -> bool:
    return Trait.stub in one.traits and one.kind in METHODS and any(chain[-1] == "NotImplementedError" for chain in one.raises)


def _asked_for(linker: Linker, member: Member) -> bool:
    """Whether the file that declares it calls it."""
    file, name = linker.view.file(member[0]), member[1].name.rpartition(".")[2]
    return file is not None and any(u.chain[-1] == name for u in file.facts.uses)


def _members(linker: Linker, path: str, cls: Definition) -> Iterator[Definition]:
    file = linker.view.file(path)
    for name in file.members.get(cls.name, ()) if file else ():
        yield file.definitions[f"{cls.name}.{name}"] if file else cls


def _overrides(old: Linker, new: Linker, before: Member, after: Member) -> Iterator[Breach]:
    for own in _members(new, *after):
        name = own.name.rpartition(".")[2]
        if name in SPECIAL:
            continue
        was = _promised(old, *before, name)
        now = _promised(new, *after, name)
        if was is None and now is not None and _is_method(own) is not _is_method(now[1]):
            yield Breach(f"has {name} as {'a method' if _is_method(own) else 'an attribute'}", now, own)
        if own.kind not in METHODS:
            continue
        if was is not None and now is None and not name.startswith("__") and _called_by_base(old, was):
            yield Breach(f"overrides {name}, which nobody calls any more", was, own, gone=True)
        elif now is not None:
            reason = _unfit(own, now[1]) or _unasked(new, own, was, now) or _other_result(own, was, now)
            if reason and not (was is not None and _unfit(own, was[1])) and (was is None or was[1] != now[1]):
                yield Breach(f"its {name} {reason}", now, own)


def _is_method(one: Definition) -> bool:
    return one.kind in METHODS and Trait.getter not in one.traits


def _promised(linker: Linker, path: str, cls: Definition, name: str) -> Member | None:
    for at, base in linker.bases(path, cls):
        found = linker.member(at, base, name)
        if found is not None:
            return found
    return None


def _called_by_base(linker: Linker, promised: Member) -> bool:
    """Somebody in its file, or an abstract declaration, asks for it."""
    return bool({Trait.abstract, Trait.stub} & promised[1].traits) or _asked_for(linker, promised)


def _unfit(own: Definition, promised: Definition) -> str:
    for trait, words in ((Trait.asynchronous, "async"), (Trait.getter, "a property"), (Trait.of_class, "a class method")):
        if (trait in own.traits) != (trait in promised.traits) and promised.kind in METHODS:
            return f"is {words}" if trait in own.traits else f"is not {words}"
    if own.parameters is None or promised.parameters is None or Trait.getter in own.traits:
        return ""
    return stands_in(own.parameters, promised.parameters)


def _unasked(linker: Linker, own: Definition, was: Member | None, now: Member) -> str:
    """The base's file gives it an argument that it does not take."""
    file, name = linker.view.file(now[0]), own.name.rpartition(".")[2]
    if was is None or own.parameters is None or now[1].parameters is None or file is None:
        return ""
    calls = [u.call for u in file.facts.uses if u.call is not None and u.chain[-1] == name and len(u.chain) > 1]
    return next((words for call in calls if (words := misfit(call, own.parameters)) and not misfit(call, now[1].parameters)), "")


def _other_result(own: Definition, was: Member | None, now: Member) -> str:
    if was is None or own.kind not in METHODS or not was[1].returns or not now[1].returns:
        return ""
    mine, old, new = shape(own) - {"None"}, shape(was[1]) - {"None"}, shape(now[1]) - {"None"}
    if "?" in mine | old | new or not mine or not mine <= old or mine & new or old == new:
        return ""
    plain = SHAPED | {"generator", "iterable"}
    return f"gives {', '.join(sorted(mine))}, not {now[1].returns}" if {k.partition(":")[0] for k in mine | new} <= plain else ""


def _field_order(old: Linker, new: Linker, before: Member, after: Member) -> Iterator[Breach]:
    """A required field behind an optional one of the base: the class cannot even be made."""
    if Trait.record not in after[1].traits or _misplaced(old, *before):
        return
    name = _misplaced(new, *after)
    base = next(new.bases(*after), None)
    if name and base is not None:
        yield Breach(f"its required {name} follows an optional field", base, after[1])


def _misplaced(linker: Linker, path: str, cls: Definition) -> str:
    optional = False
    for name, one in fields(linker, path, cls).items():
        if one.kind is ParameterKind.keyword:
            continue
        if one.required and optional:
            return name
        optional = optional or not one.required
    return ""
