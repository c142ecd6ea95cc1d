"""Whether a call fits what it calls, and whether a method can stand in for the one it overrides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from orchestrator.nouns.code import Call, Definition, DefinitionKind, Parameter, ParameterKind, Trait
from orchestrator.verbs.semantic.link import PLAIN_BASES, Linker
from orchestrator.verbs.semantic.target import Meaning, Target
from orchestrator.verbs.semantic.types import incompatible, kinds_of

BY_PLACE = frozenset({ParameterKind.positional, ParameterKind.either})
BY_NAME = frozenset({ParameterKind.either, ParameterKind.keyword})
MYSELF = Parameter("self", ParameterKind.positional)


class Called(NamedTuple):
    """What a call has to give. ``definition`` is where that is written."""

    path: str
    definition: Definition
    parameters: tuple[Parameter, ...]


def called(linker: Linker, target: Target) -> Called | None:
    """The parameters of what a target calls; None: not known."""
    one = target.definition
    if one is None:
        return None
    if target.meaning is Meaning.instance:
        found = linker.member(target.path, one, "__call__")
        return called(linker, Target(Meaning.thing, *found, bound=True)) if found else None
    if target.meaning is not Meaning.thing:
        return None
    if one.kind is DefinitionKind.cls:
        return _constructor(linker, target.path, one)
    if one.parameters is None or Trait.overloaded in one.traits or one.kind not in {DefinitionKind.function, DefinitionKind.method}:
        return None
    whole = one.parameters
    if one.kind is DefinitionKind.method and not target.bound and not {Trait.static, Trait.of_class} & one.traits:
        whole = (MYSELF, *whole)
    return Called(target.path, one, whole)


def _constructor(linker: Linker, path: str, cls: Definition) -> Called | None:
    for name in ("__init__", "__new__"):
        found = linker.member(path, cls, name)
        if found is not None:
            return Called(*found, found[1].parameters or ()) if found[1].parameters is not None else None
    lineage = linker.lineage(path, cls)
    if Trait.enum in cls.traits:
        return None
    if any(Trait.record in one.traits for _, one in lineage):
        return Called(path, cls, tuple(fields(linker, path, cls).values()))
    bare = all(base[-1] in PLAIN_BASES or linker.follow(at, base).meaning is Meaning.thing for at, one in lineage for base in one.bases)
    return Called(path, cls, ()) if bare and not any(d for _, one in lineage for d in one.decorators) else None


def fields(linker: Linker, path: str, cls: Definition) -> dict[str, Parameter]:
    """What the constructor of a record takes, in its order: the fields of its bases first."""
    taken: dict[str, Parameter] = {}
    for at, one in reversed(linker.lineage(path, cls)):
        file = linker.view.file(at)
        for name in file.members.get(one.name, ()) if file and Trait.record in one.traits else ():
            member = file.definitions[f"{one.name}.{name}"] if file else None
            if member is not None and member.kind is DefinitionKind.field and member.parameters:
                taken[name] = member.parameters[0]
    return taken


def misfit(call: Call, parameters: Sequence[Parameter]) -> str:
    """Why a call does not fit, in a few words; empty: it does, or it cannot be known."""
    places = [p for p in parameters if p.kind in BY_PLACE]
    names = {p.name for p in parameters if p.kind in BY_NAME}
    kinds = {p.kind for p in parameters}
    if call.places > len(places) and ParameterKind.rest not in kinds:
        return f"takes {len(places)} arguments by place, is given {call.places}"
    filled = {p.name for p in places[: call.places]}
    for name in call.keywords:
        if name not in names and ParameterKind.options not in kinds:
            return f"does not take {name}"
        if name in filled and name in names:
            return f"is given {name} twice"
    if call.options or call.partial:
        return ""
    needed = [p for p in parameters if p.required and p.name not in filled and p.name not in call.keywords]
    needed = [p for p in needed if not (call.stars and p.kind in BY_PLACE)]
    return f"needs {needed[0].name}" if needed else ""


def reordered(call: Call, before: Sequence[Parameter], after: Sequence[Parameter]) -> str:
    """Why arguments that are given by place mean something else than they did."""
    old = [p for p in before if p.kind in BY_PLACE][: call.places]
    new = [p for p in after if p.kind in BY_PLACE][: call.places]
    names = {p.name for p in after}, {p.name for p in before}
    for was, now in zip(old, new, strict=False):
        if was.name == now.name:
            continue
        if was.name in names[0] or now.name in names[1]:
            return f"takes {now.name} where it took {was.name}"
        if incompatible(was.annotation, now.annotation):
            return f"takes {now.name}: {now.annotation} where it took {was.name}: {was.annotation}"
    return ""


def retyped(call: Call, before: Sequence[Parameter], after: Sequence[Parameter], is_class: Callable[[str], bool]) -> str:
    """Why a value that is written out in the call is not what the parameter takes any more. ``is_class``: whether a name is a class
    of the tree that no builtin value is of."""
    places = [p for p in after if p.kind in BY_PLACE][: call.places]
    names = [*(p.name for p in places), *([""] * (call.places - len(places))), *call.keywords]
    old, new = {p.name: p.annotation for p in before}, {p.name: p.annotation for p in after}
    for name, kind in zip(names, call.kinds, strict=False):
        was, now = old.get(name, ""), new.get(name, "")
        if kind == "?" or was == now or not was or not now or kind not in kinds_of(was):
            continue
        taken = kinds_of(now)
        if all(is_class(t) for t in taken) or incompatible(kind, now):
            return f"takes {name} as {now}, no longer as {was}"
    return ""


def stands_in(own: Sequence[Parameter], promised: Sequence[Parameter]) -> str:
    """Why a method cannot be called as the one it overrides is; empty: it can."""
    kinds = {p.kind for p in own}
    places = [p for p in own if p.kind in BY_PLACE]
    asked = [p for p in promised if p.kind in BY_PLACE and p.required]
    if len(asked) > len(places) and ParameterKind.rest not in kinds:
        return f"does not take {asked[len(places)].name}"
    extra = [p for p in places[len(asked) :] if p.required and p.name not in {q.name for q in promised}]
    if extra and ParameterKind.rest not in {p.kind for p in promised}:
        return f"needs {extra[0].name}"
    names = {p.name for p in own if p.kind in BY_NAME}
    for one in promised:
        if one.kind is ParameterKind.keyword and one.required and one.name not in names and ParameterKind.options not in kinds:
            return f"does not take {one.name}"
    lacking = [p for p in own if p.kind is ParameterKind.keyword and p.required and p.name not in {q.name for q in promised}]
    return f"needs {lacking[0].name}" if lacking else ""
