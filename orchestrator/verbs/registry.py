"""The registry of interfaces, held against the code: what is really there, what is not, who uses it, who may stop waiting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus, Symbol
from orchestrator.verbs.symbols import exports_anything
from orchestrator.verbs.symbols.registry import read


class Verdict(NamedTuple):
    """What the code says of one declared or promised export."""

    export: Export
    missing: str  # why it is not seen, for its owner; empty when it is, or when nobody can tell


def verify(export: Export, text: bytes | None, *, commit: str) -> Verdict:
    """Hold a declared export against its file at ``commit``; ``text`` is None when the file is not there.

    A language we parse is asked for the symbol; in any other file the name must stand somewhere, and the signature stays its
    owner's word.
    """
    if not export.file:
        return Verdict(export, "")
    if text is None:
        return Verdict(export, f"there is no file {export.file} at {commit[:10]}")
    if not exports_anything(export.file):
        there = _mentions(text, [export.name])
        seen = {"status": ExportStatus.found, "commit": commit, "line": _line_of(text, export.name)}
        return (
            Verdict(export.model_copy(update=seen), "") if there else Verdict(export, f"{export.file} does not mention {export.name}")
        )
    found = read(export.file, text)
    symbol = next((s for s in found.symbols if s.name == export.name), None)
    if symbol is None:
        near = ", ".join(s.name for s in found.symbols[:8])
        offers = f"; it offers {near}" if near else ""
        parsed = "" if found.whole else " (it could not be read as a whole)"
        return Verdict(export, f"{export.file} has no public {export.name} at {commit[:10]}{parsed}{offers}")
    return Verdict(as_seen(export, symbol, commit), "")


def as_seen(export: Export, symbol: Symbol, commit: str) -> Export:
    """The export with what the code says; a description that its owner gave stays where the code has none."""
    changed = export.status.seen and export.signature != symbol.signature
    return export.model_copy(
        update={
            "kind": symbol.kind,
            "line": symbol.line,
            "signature": symbol.signature,
            "description": symbol.description or export.description,
            "status": ExportStatus.changed if changed else ExportStatus.found,
            "commit": commit,
        }
    )


def owners_words_kept(found: Sequence[Export], known: Sequence[Export]) -> list[Export]:
    """Exports found in a diff, with the topic and description that their owner had given them."""
    had = {e.key: e for e in known}
    kept = []
    for export in found:
        before = had.get(export.key)
        words = {"topic": before.topic, "description": export.description or before.description} if before else {}
        kept.append(export.model_copy(update=words))
    return kept


def kept_promises(known: Sequence[Export], found: Sequence[Export]) -> list[Export]:
    """Promises that were made without a file, or for another one, and whose name is there now: the promise itself is over."""
    there = {e.name: e for e in found if e.status.seen}
    return [
        promise.model_copy(update={"status": ExportStatus.gone, "description": f"kept: {there[promise.name].file}"})
        for promise in known
        if promise.status is ExportStatus.promised and promise.name in there and promise.file != there[promise.name].file
    ]


def kept_otherwise(known: Sequence[Export], found: Sequence[Export]) -> dict[str, str]:
    """Export key → the signature that was announced, for promises that were kept with another one than others may have built on."""
    promised = {e.name: e.signature for e in known if e.status is ExportStatus.promised and e.signature}
    return {
        e.key: promised[e.name]
        for e in found
        if e.status.seen and e.name in promised and not _says_the_same(promised[e.name], e.signature)
    }


class Met(NamedTuple):
    """A dependency that an export meets."""

    dependency: Dependency
    export: Export


def met_by(dependencies: Iterable[Dependency], exports: Sequence[Export]) -> list[Met]:
    """Which waiting dependencies are met by exports that the code has. The full name, or its last part when it is unambiguous."""
    met = []
    for dependency in dependencies:
        if dependency.state is not DependencyState.waiting:
            continue
        export = _match(dependency, exports)
        if export is not None:
            update = {"state": DependencyState.met, "export_key": export.key, "signature": export.signature}
            met.append(Met(dependency.model_copy(update=update), export))
    return met


def _match(dependency: Dependency, exports: Sequence[Export]) -> Export | None:
    offered = [
        e for e in exports if e.status.seen and e.session_id != dependency.session_id and dependency.on_session in {None, e.session_id}
    ]
    exact = [e for e in offered if e.name == dependency.name]
    if exact:
        return exact[0]
    loose = [e for e in offered if e.name.rpartition(".")[2] == dependency.name]
    return loose[0] if len(loose) == 1 else None


def uses(files: Mapping[str, bytes], export: Export | Symbol) -> str:
    """The first of a session's files that uses the export, or an empty text: it names the symbol and the module (or class) it
    comes from, as an import or a qualified call must."""
    owner, _, last = export.name.rpartition(".")
    module = PurePosixPath(export.file).stem
    wanted = [last, owner.rpartition(".")[2] if owner else _package_name(export.file) if module in PACKAGE_FILES else module]
    return next((path for path, text in files.items() if path != export.file and _mentions(text, wanted)), "")


def change_told(export: Export, old_signature: str, branch: str) -> str:
    """What a user of an interface is told when it changed or went away. ``old_signature`` is empty when it is not known."""
    was = f"was: {old_signature}" if old_signature else "its former signature is not known"
    where = f"{export.name} ({export.file}, {export.session_id} on {branch}, commit {export.commit[:10]})"
    if export.status is ExportStatus.gone:
        return f"{where} was taken away. It {was}"
    return f"{where} changed. It {was}\nnow: {export.signature}"


def ready_told(export: Export, announced: str, branch: str) -> str:
    """What a session is told that waited for an interface. ``announced`` is empty unless it was promised with another signature."""
    where = f"{export.name} in {export.file}, by {export.session_id} on {branch} (commit {export.commit[:10]})"
    otherwise = f"\nIt had been announced as: {announced}" if announced else ""
    return f"What you wait for is there: {where}.\n{export.signature}{otherwise}"


PACKAGE_FILES = frozenset({"__init__", "index", "mod", "lib"})


def _package_name(path: str) -> str:
    return PurePosixPath(path).parent.name or PurePosixPath(path).stem


def _says_the_same(announced: str, seen: str) -> bool:
    """A promise is written by hand: blanks, and keywords before the name, say nothing about how it is called."""
    plain = ["".join(signature.split()).rstrip(":;{") for signature in (announced, seen)]
    return plain[1].endswith(plain[0]) or plain[0].endswith(plain[1])


def _mentions(text: bytes, names: Iterable[str]) -> bool:
    return all(re.search(rb"(?<![\w])" + re.escape(name.encode()) + rb"(?![\w])", text) for name in names)


def _line_of(text: bytes, name: str) -> int:
    return text.count(b"\n", 0, max(text.find(name.encode()), 0)) + 1
