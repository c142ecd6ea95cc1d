"""Two sessions that announced the same interface, before either has landed it: said early, it costs one of them nothing. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.verbs.conflicts import Key, Seen, Side
from orchestrator.verbs.quote import inline

ANNOUNCED = frozenset({ExportStatus.promised, ExportStatus.declared})

NAME = 120


def promised_twice(exports: Iterable[Export], sides: Mapping[str, Side]) -> list[Seen]:
    """One finding for each pair and interface. Of two that are both in the code the merge tells more; what has landed is no promise."""
    named: dict[str, list[Export]] = defaultdict(list)
    for export in exports:
        side = sides.get(export.session_id)
        if side is not None and side.head and not side.landed and export.status is not ExportStatus.gone:
            named[export.name].append(export)
    found: dict[Key, Seen] = {}
    for same in named.values():
        for one, other in combinations(sorted(same, key=lambda e: (len(e.session_id), e.session_id)), 2):
            if one.session_id != other.session_id and _collide(one, other):
                seen = _seen(one, other, sides)
                found.setdefault(seen.key, seen)
    return list(found.values())


def _collide(one: Export, other: Export) -> bool:
    """At least one is only announced; in the same file, or of the same kind where one has no file yet or only its owner vouches."""
    if not ({one.status, other.status} & ANNOUNCED):
        return False
    if one.file and other.file and one.kind is not SymbolKind.other:
        return one.file == other.file
    return one.kind is other.kind


def _seen(one: Export, other: Export, sides: Mapping[str, Side]) -> Seen:
    files = tuple(sorted({e.file for e in (one, other) if e.file}))
    name = inline(one.name, NAME)
    where = f" in {inline(files[0], NAME)}" if len(files) == 1 else ""
    finding = Finding(
        kind=ConflictKind.promise,
        cause=Cause.same_promise,
        severity=Severity.medium,
        files=files,
        symbols=(one.name,),
        summary=f"both announced {name}{where}: one of them is enough, or they need different names",
        a=(_place(one),),
        b=(_place(other),),
    )
    return Seen(one.session_id, other.session_id, finding, sides[one.session_id].head, sides[other.session_id].head)


def _place(export: Export) -> Place:
    return Place(path=export.file or export.name, line=export.line, text=export.signature or export.name)
