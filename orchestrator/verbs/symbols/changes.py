"""How a diff changed what a branch offers: symbols added, changed, removed; and the exports that makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from orchestrator.nouns.interface import Export, ExportStatus, Symbol, SymbolChange, SymbolChangeKind
from orchestrator.verbs.symbols.registry import read

NOT_THERE = b""


def changed_symbols(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[SymbolChange]:
    """Compare the changed files of two trees (path → content; a path is missing where the tree does not have it).

    Only what is sure: a symbol that is missing from a file that does not parse now is not called removed. A symbol that only
    moved inside its file, or whose description alone changed, is no change. Ordered by file, then by line.
    """
    return [c for path in sorted({*before, *after}) for c in _of_file(path, before, after)]


def _of_file(path: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[SymbolChange]:
    if before.get(path) == after.get(path):
        return
    old = {s.name: s for s in read(path, before.get(path, NOT_THERE)).symbols}
    new = read(path, after.get(path, NOT_THERE))
    names = {s.name for s in new.symbols}
    for symbol in new.symbols:
        was = old.get(symbol.name)
        if was is None:
            yield SymbolChange(kind=SymbolChangeKind.added, symbol=symbol)
        elif (was.signature, was.kind) != (symbol.signature, symbol.kind):
            yield SymbolChange(kind=SymbolChangeKind.changed, symbol=symbol, old_signature=was.signature)
    if new.whole:
        for name, was in old.items():
            if name not in names:
                yield SymbolChange(kind=SymbolChangeKind.removed, symbol=was, old_signature=was.signature)


def exports_of(
    changes: Sequence[SymbolChange],
    *,
    session_id: str,
    project_id: str,
    commit: str,
    job_id: str,
    known: Sequence[Export] = (),
) -> list[Export]:
    """The exports to store after a job: found, changed or gone at ``commit``. ``known`` are the session's exports so far: one
    that this session itself had made, and that a job gives a new signature, is ``changed``; one it takes back is ``gone``."""
    had = {e.key: e for e in known if e.status is not ExportStatus.gone}
    exports = []
    for change in changes:
        symbol = change.symbol
        export = Export(
            session_id=session_id,
            project_id=project_id,
            commit=commit,
            job_id=job_id,
            status=ExportStatus.found,
            **_told(symbol),
        )
        exports.append(export.model_copy(update={"status": _status(change, had.get(export.key))}))
    return exports


def _told(symbol: Symbol) -> dict[str, object]:
    return symbol.model_dump(include={"name", "kind", "file", "line", "signature", "description"})


def _status(change: SymbolChange, had: Export | None) -> ExportStatus:
    match change.kind:
        case SymbolChangeKind.added:
            same = had is None or had.signature == change.symbol.signature
            return ExportStatus.found if same else ExportStatus.changed
        case SymbolChangeKind.changed:
            return ExportStatus.changed
        case SymbolChangeKind.removed:
            return ExportStatus.gone
        case never:
            assert_never(never)
