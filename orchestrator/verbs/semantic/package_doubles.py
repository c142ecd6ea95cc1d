"""What both sides added to one package of Go, in two files of it: the merged package does not compile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from orchestrator.nouns.code import Definition
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity

Added = tuple[str, Definition]
OFTEN = frozenset({"init", "_"})
"""Names that a package may have several times."""


def double_in_package(a: Iterable[Added], b: Iterable[Added]) -> Iterator[Finding]:
    """The same name at the top of two files in one folder, or the same method of one type."""
    taken = {(_folder(path), one.name): (path, one) for path, one in a if path.endswith(".go")}
    for path, one in b:
        mine, own = taken.get((_folder(path), one.name), ("", one))
        if not mine or mine == path or one.name in OFTEN or not path.endswith(".go"):
            continue
        yield Finding(
            kind=ConflictKind.semantic,
            cause=Cause.same_symbol,
            severity=Severity.high,
            files=tuple(sorted({mine, path})),
            symbols=(one.name,),
            summary=f"both branches add {one.name} to the package in {_folder(path)}: {mine} and {path}",
            a=(Place(path=mine, line=own.line, text=own.signature),),
            b=(Place(path=path, line=one.line, text=one.signature),),
        )


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)
