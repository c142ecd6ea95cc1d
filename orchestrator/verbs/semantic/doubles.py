"""What both sides added: the same name in one scope, the same route, migration, command, key, enum value, module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from orchestrator.nouns.code import Definition, DefinitionKind, FileFacts, Import, Key, KeyKind, Trait
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity
from orchestrator.verbs.semantic.indexed import Indexed
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.sides import Side
from orchestrator.verbs.semantic.target import Meaning

CAUSES = {KeyKind.route: Cause.same_route, KeyKind.migration: Cause.same_migration, KeyKind.parent: Cause.same_migration}
WORDS = {
    KeyKind.route: "the route",
    KeyKind.migration: "the migration number",
    KeyKind.parent: "a migration after",
    KeyKind.setting: "the setting",
    KeyKind.command: "the command",
    KeyKind.entry: "the entry",
}
Taken = tuple[KeyKind, str, str]


class Bound(NamedTuple):
    """One thing that binds a name: where, and what tells it from another one."""

    line: int
    text: str
    sameness: str


def double_names(path: str, a: Indexed, b: Indexed, base: Indexed | None, merged: Indexed) -> Iterator[Finding]:
    """Names that the merged file binds twice although each side binds them once."""
    if not (a.facts.whole and b.facts.whole and merged.facts.whole):
        return
    in_a, in_b, before, after = (_bindings(one.facts) if one else {} for one in (a, b, base, merged))
    for name, bound in after.items():
        if len(bound) < 2 or len(in_a.get(name, ())) != 1 or len(in_b.get(name, ())) != 1 or name in before:
            continue
        one, other = in_a[name][0], in_b[name][0]
        if one.sameness == other.sameness:
            continue
        summary = f"both branches add {name} to {path}; the second one replaces the first"
        yield _finding(Cause.same_symbol, Severity.high, path, path, name, summary, one, other)
    yield from _double_values(path, in_a, in_b, before, merged)


def _bindings(facts: FileFacts) -> dict[str, list[Bound]]:
    found: dict[str, list[Bound]] = {}
    for one in facts.definitions:
        if not {Trait.overloaded, Trait.conditional} & one.traits:
            found.setdefault(one.name, []).append(Bound(one.line, one.signature, one.digest or one.signature))
    for got in facts.imports:
        if not got.scope and not got.guarded and not got.typing_only and got.symbol != "." and got.name != "*":
            found.setdefault(got.name, []).append(Bound(got.line, _written(got), _written(got)))
    return found


def _written(one: Import) -> str:
    return f"from {one.module} import {one.symbol}" if one.symbol else f"import {one.module}"


def _double_values(
    path: str, a: Mapping[str, list[Bound]], b: Mapping[str, list[Bound]], base: Mapping[str, object], merged: Indexed
) -> Iterator[Finding]:
    """Two new members of an enum that have one value: the second is only another name of the first."""
    taken: dict[tuple[str, str], Definition] = {}
    for one in merged.facts.definitions:
        if one.kind is not DefinitionKind.member or one.literal in {"auto()", "enum.auto()"}:
            continue
        key = (one.name.rpartition(".")[0], one.literal)
        first = taken.setdefault(key, one)
        if first is one or {first.name, one.name} & set(base):
            continue
        if (first.name in a) != (first.name in b) and (one.name in a) != (one.name in b) and (first.name in a) != (one.name in a):
            mine, other = (first, one) if first.name in a else (one, first)
            summary = f"both branches give the value {one.literal} to a new member of {key[0]}: {mine.name} and {other.name}"
            yield _finding(Cause.same_key, Severity.high, path, path, one.name, summary, _bound(mine), _bound(other))


def _bound(one: Definition) -> Bound:
    return Bound(one.line, one.signature, one.literal)


def double_keys(a: Side, b: Side, merged: Linker, in_a: Linker, in_b: Linker, files: Mapping[str, Indexed | None]) -> Iterator[Finding]:
    """Keys that both sides took anew. ``files`` are those that the merged tree does not have from the base."""
    added_a, added_b = _added_keys(a, in_a), _added_keys(b, in_b)
    both = added_a.keys() & added_b.keys()
    if not both:
        return
    there = Counter(k for path, one in files.items() if one is not None for k, _ in _resolved(merged, path, one))
    base = Counter(k for side in (a, b) for k in _base_keys(side, merged))
    for taken in sorted(both):
        (path_a, one), (path_b, other) = added_a[taken], added_b[taken]
        if path_a == path_b and there[taken] - base[taken] < 2:
            continue
        if one.value and one.value == other.value and one.kind not in {KeyKind.migration, KeyKind.parent} and path_a == path_b:
            continue
        kind, _, name = taken
        summary = f"both branches add {WORDS[kind]} {name}" + (f" to {path_a}" if path_a == path_b else f": {path_a} and {path_b}")
        mine = Bound(one.line, one.value or name, "")
        yield _finding(
            CAUSES.get(kind, Cause.same_key),
            Severity.high,
            path_a,
            path_b,
            name,
            summary,
            mine,
            Bound(other.line, other.value or name, ""),
        )


def _added_keys(side: Side, linker: Linker) -> dict[Taken, tuple[str, Key]]:
    found: dict[Taken, tuple[str, Key]] = {}
    for path, one in side.changed.items():
        before = {(k.kind, k.space, k.name) for k in one.before.facts.keys} if one.before else set()
        for taken, key in _resolved(linker, path, one.after) if one.after is not None else ():
            if (key.kind, key.space, key.name) not in before and not _from_elsewhere(side, path, key):
                found[taken] = (path, key)
    return found


def _from_elsewhere(side: Side, path: str, key: Key) -> bool:
    """The side took it away in another file: it moved."""
    for other, one in side.changed.items():
        if other == path or one.before is None:
            continue
        had = any((k.kind, k.name) == (key.kind, key.name) for k in one.before.facts.keys)
        has = one.after is not None and any((k.kind, k.name) == (key.kind, key.name) for k in one.after.facts.keys)
        if had and not has:
            return True
    return False


def _base_keys(side: Side, linker: Linker) -> Iterator[Taken]:
    for path, one in side.changed.items():
        if one.before is not None:
            yield from (taken for taken, _ in _resolved(linker, path, one.before))


def _resolved(linker: Linker, path: str, one: Indexed) -> Iterator[tuple[Taken, Key]]:
    """With the space followed to where it is defined, so that two files that import one table mean the same."""
    for key in one.facts.keys:
        space = key.space
        if space.startswith("="):
            called = space.endswith("()")
            chain = tuple(space[1:].removesuffix("()").split("."))
            holder = linker.follow(path, chain[:-1]) if called and len(chain) > 1 else None
            found = holder if holder is not None and holder.meaning is not Meaning.module else linker.follow(path, chain)
            if found.definition is not None:
                space = f"{found.path}:{found.definition.name}"
            elif found.path or found.lost:
                space = f"{found.path}:{found.lost}:{space}"
            else:
                space = f"{path}:{'.'.join(chain[:-1] if called and len(chain) > 1 else chain)}"
        yield (key.kind, space, key.name), key


def double_registrations(a: Side, b: Side, in_a: Linker, in_b: Linker) -> Iterator[Finding]:
    """Two new classes that give the same value to what their base registers its subclasses by (``__init_subclass__``)."""
    mine, theirs = dict(_registered(a, in_a)), dict(_registered(b, in_b))
    for taken in sorted(mine.keys() & theirs.keys()):
        (path_a, one), (path_b, other) = mine[taken], theirs[taken]
        if path_a != path_b or one.name != other.name:
            base, field, value = taken
            summary = f"both branches add a class with {field} = {value}, by which {base.rpartition(':')[2]} knows its subclasses"
            yield _finding(Cause.same_key, Severity.high, path_a, path_b, value, summary, _bound(one), _bound(other))


def _registered(side: Side, linker: Linker) -> Iterator[tuple[tuple[str, str, str], tuple[str, Definition]]]:
    for path, one in side.added:
        if one.kind is not DefinitionKind.cls or not one.bases:
            continue
        file = side.after.get(path)
        for at, base in linker.lineage(path, one)[1:]:
            there = linker.view.file(at)
            scope = f"{base.name}.__init_subclass__"
            used = {step for u in there.facts.uses if u.scope == scope for step in u.chain} if there else set()
            for name in file.members.get(one.name, ()) if file and used else ():
                field = file.definitions[f"{one.name}.{name}"] if file else one
                if name in used and field.kind is DefinitionKind.field and field.literal not in {"", "None", "True", "False", "''"}:
                    yield (f"{at}:{base.name}", name, field.literal), (path, field)


def double_paths(a: Side, b: Side) -> Iterator[Finding]:
    """One module in two forms, and test files that a runner takes for one."""
    new_a, new_b = _new_paths(a), _new_paths(b)
    for one in sorted(new_a):
        where = PurePosixPath(one)
        twins = {str(where.with_suffix("") / "__init__.py"), f"{where.parent}.py" if where.name == "__init__.py" else ""}
        for other in sorted(twins & new_b):
            summary = f"both branches add the module {where.with_suffix('')}: {one} and {other}"
            yield _finding(
                Cause.same_symbol,
                Severity.high,
                one,
                other,
                str(PurePosixPath(*sorted({one, other})[0:1]).with_suffix("")),
                summary,
                Bound(0, "", ""),
                Bound(0, "", ""),
            )


def _new_paths(side: Side) -> set[str]:
    return {p for p, one in side.changed.items() if one.before is None and one.after is not None and p not in side.old_names}


def _finding(cause: Cause, severity: Severity, path_a: str, path_b: str, name: str, summary: str, a: Bound, b: Bound) -> Finding:
    return Finding(
        kind=ConflictKind.semantic,
        cause=cause,
        severity=severity,
        files=tuple(sorted({path_a, path_b})),
        symbols=(name,),
        summary=summary,
        a=(Place(path=path_a, line=a.line, text=a.text),),
        b=(Place(path=path_b, line=b.line, text=b.text),),
    )
