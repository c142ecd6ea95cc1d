"""Two sides and their merge, compared: what is wrong in the merged tree, and was right in the tree of whoever wrote it.

A use counts only in a file that its side changed, and only if the other side does not have the same use with the same meaning: what a
branch has broken or mended by itself is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from orchestrator.nouns.code import UNKNOWN, DefinitionKind, Use, UseKind
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity
from orchestrator.verbs.semantic.contracts import Breach, breaches
from orchestrator.verbs.semantic.doubles import double_keys, double_names, double_paths, double_registrations
from orchestrator.verbs.semantic.fixtures import fixture_hits
from orchestrator.verbs.semantic.guesses import by_name
from orchestrator.verbs.semantic.indexed import Indexed, interface, key_of
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.origin import fate_of
from orchestrator.verbs.semantic.package_doubles import double_in_package
from orchestrator.verbs.semantic.sides import Side
from orchestrator.verbs.semantic.target import Target
from orchestrator.verbs.semantic.told import Hit, Places, Trouble
from orchestrator.verbs.semantic.trouble import trouble_of
from orchestrator.verbs.semantic.view import Listing, View

PLACES_LIMIT = 8
"""Uses that a finding shows."""


class Compared(NamedTuple):
    """``wanted`` are paths of the base whose files have to be read for a full answer."""

    findings: list[Finding]
    wanted: frozenset[str]


def concern_each_other(a: Side, b: Side) -> bool:
    """Whether a comparison can find anything at all. Cheap: a few set operations."""
    if _meets(a, b) or _meets(b, a):
        return True
    return any(
        not one.isdisjoint(other) for one, other in ((a.keyed, b.keyed), (a.registered, b.registered), (a.new_modules, b.new_modules))
    )


def _meets(x: Side, y: Side) -> bool:
    """Whether anything that ``y`` uses can mean something else by what ``x`` did."""
    return x.rebased or not x.touched.isdisjoint(y.mentioned) or not x.let_go.isdisjoint(y.guesses)


def _file_meets(x: Side, one: Indexed) -> bool:
    return x.rebased or not x.touched.isdisjoint(one.mentioned) or not x.let_go.isdisjoint(one.guesses)


def compare(listing: Listing, read: Mapping[str, Indexed], a: Side, b: Side, merged: Mapping[str, Indexed | None]) -> Compared:
    """``read`` are files of the base that neither side changed, as far as they were read; ``merged`` what the merged tree has in
    place of the base's files (None: gone)."""
    read = {**_before(a), **_before(b), **read}
    views = View(listing, read, a.after), View(listing, read, b.after), View(listing, read, merged)
    in_a, in_b, new = (Linker(v) for v in views)
    findings = [
        *_one_way(a, b, in_a, in_b, new, flip=False),
        *_one_way(b, a, in_b, in_a, new, flip=True),
        *_doubles(a, b, in_a, in_b, new, merged),
    ]
    unique = {f.identity: f for f in reversed(findings)}
    return Compared(sorted(unique.values(), key=_rank), frozenset().union(*(v.wanted for v in views)))


def _before(side: Side) -> dict[str, Indexed]:
    """What a side changed is as it was in the other side's tree."""
    return {path: one.before for path, one in side.changed.items() if one.before is not None}


def _rank(one: Finding) -> tuple[int, str, str]:
    return [Severity.high, Severity.medium, Severity.low].index(one.severity), one.files[0], one.summary


def _one_way(x: Side, y: Side, in_x: Linker, in_y: Linker, new: Linker, *, flip: bool) -> Iterator[Finding]:
    """What ``x`` changed against what ``y`` uses. ``flip``: ``x`` is the side that findings call ``b``."""
    if not _meets(x, y):
        return
    hits: dict[tuple[Cause, str, str], list[Hit]] = {}
    for path, one in y.changed.items():
        if one.after is None or not _file_meets(x, one.after):
            continue
        for hit in _hits(path, x, in_x, in_y, new):
            hits.setdefault((hit.trouble.cause, hit.trouble.path, hit.trouble.subject), []).append(hit)
    for hit in fixture_hits(x, y, new):
        hits.setdefault((hit.trouble.cause, hit.trouble.path, hit.trouble.subject), []).append(hit)
    for group in hits.values():
        yield _finding(group, flip=flip)
    for path, one in y.changed.items():
        if one.after is not None and not x.touched.isdisjoint(one.after.mentioned):
            yield from _breaches(path, x, in_x, in_y, new, flip=flip)


def _hits(path: str, x: Side, in_x: Linker, in_y: Linker, new: Linker) -> Iterator[Hit]:
    new_path = x.renames.get(path, path)
    x_path = new_path if new_path != path else path
    mine, merged, theirs = in_y.view.file(path), new.view.file(new_path), in_x.view.file(x_path)
    if mine is None or merged is None:
        return
    at = Places(in_y, new, path, new_path, x)
    for use in merged.uses_of(merged.names_of(x.touched | x.let_go), catching=x.rebased):
        if key_of(use) not in mine.used:
            continue
        if theirs is not None and key_of(use) in theirs.used and _same(in_x.follow(x_path, use.chain), new.follow(new_path, use.chain)):
            continue
        trouble = _unknown(use, at) if use.chain[0].startswith(UNKNOWN) else trouble_of(use, at)
        if trouble is not None:
            yield Hit(trouble, path, _line(mine, use))


def _unknown(use: Use, at: Places) -> Trouble | None:
    return by_name(use, at) if len(use.chain) > 1 and use.kind in {UseKind.read, UseKind.call} else None


def _line(mine: Indexed, use: Use) -> int:
    """Where it stands in its own side's file."""
    wanted = key_of(use)
    return min((u.line for u in mine.uses if key_of(u) == wanted), key=lambda line: abs(line - use.line), default=use.line)


def _same(one: Target, other: Target) -> bool:
    if one.meaning is not other.meaning or one.lost != other.lost:
        return False
    if one.definition is None or other.definition is None:
        return one.definition is other.definition
    return interface(one.definition) == interface(other.definition)


def _finding(group: list[Hit], *, flip: bool) -> Finding:
    first = group[0].trouble
    uses = sorted({(h.path, h.line) for h in group})
    shown = first.now if first.now is not None else first.before
    changed_path = first.now_path if first.now is not None else first.path
    changed = Place(path=changed_path or first.path, line=shown.line if shown else 0, text=_told(first))
    places = tuple(Place(path=path, line=line) for path, line in uses[:PLACES_LIMIT])
    more = f" and {len(uses) - 1} more" if len(uses) > 1 else ""
    return Finding(
        kind=ConflictKind.semantic,
        cause=first.cause,
        severity=min((h.trouble.severity for h in group), key=[Severity.high, Severity.medium, Severity.low].index),
        files=tuple(sorted({first.path, *(path for path, _ in uses)})),
        symbols=(first.subject,),
        summary=f"{first.subject} {first.words}; {uses[0][0]}:{uses[0][1]}{more} uses it",
        a=places if flip else (changed,),
        b=(changed,) if flip else places,
        adapts="a" if flip else "b",
    )


def _told(trouble: Trouble) -> str:
    """Both signatures, where both are there."""
    before = trouble.before.signature if trouble.before else ""
    now = trouble.now.signature if trouble.now else ""
    return f"{before} → {now}" if now and now != before and before else now or before


def _breaches(path: str, x: Side, in_x: Linker, in_y: Linker, new: Linker, *, flip: bool) -> Iterator[Finding]:
    new_path = x.renames.get(path, path)
    merged, theirs = new.view.file(new_path), in_x.view.file(new_path)
    for one in merged.facts.definitions if merged else ():
        if one.kind is not DefinitionKind.cls or not one.bases:
            continue
        by_itself = {b.reason for b in breaches(in_x, in_x, new_path, new_path, one.name)} if theirs else set()
        if theirs is not None and one.name in theirs.definitions and theirs.definitions[one.name] == one:
            continue  # the other side has the class as it is, and lives with it
        for breach in breaches(in_y, new, path, new_path, one.name):
            if breach.reason not in by_itself:
                yield _breach(breach, one.name, path, x, flip=flip)


def _breach(breach: Breach, cls: str, path: str, x: Side, *, flip: bool) -> Finding:
    base_path, base = breach.base
    cause, words = Cause.contract, f"{cls} {breach.reason}"
    if breach.gone:
        fate = fate_of(x, base_path, base)
        cause, words = fate.cause, f"{base.name} {fate.words}; {cls} {breach.reason}"
    changed = (Place(path=base_path, line=base.line, text=base.signature),)
    own = (Place(path=path, line=breach.at.line, text=breach.at.signature),)
    owner = base.name.rpartition(".")[0] or base.name
    return Finding(
        kind=ConflictKind.semantic,
        cause=cause,
        severity=Severity.high if not breach.gone else Severity.medium,
        files=tuple(sorted({base_path, path})),
        symbols=tuple(dict.fromkeys((base.name, cls))),
        summary=words if breach.gone else f"{words}, as {owner} in {base_path} asks for now",
        a=own if flip else changed,
        b=changed if flip else own,
        adapts="a" if flip else "b",
    )


def _doubles(a: Side, b: Side, in_a: Linker, in_b: Linker, new: Linker, merged: Mapping[str, Indexed | None]) -> Iterator[Finding]:
    for path in sorted(a.changed.keys() & b.changed.keys()):
        one, other, both = a.changed[path].after, b.changed[path].after, merged.get(path)
        if one is not None and other is not None and both is not None:
            yield from double_names(path, one, other, a.changed[path].before, both)
    yield from double_keys(a, b, new, in_a, in_b, merged)
    yield from double_registrations(a, b, in_a, in_b)
    yield from double_paths(a, b)
    yield from double_in_package(a.added, b.added)
