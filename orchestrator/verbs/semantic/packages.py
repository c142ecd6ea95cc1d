"""Files that share their names without importing each other: those of one package of Go, those of one package of Java."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from orchestrator.nouns.code import FileFacts
from orchestrator.verbs.semantic.view import View

SHARING = frozenset({"go", "java"})
"""Languages in which a file knows what other files of its package define."""


def beside(view: View, path: str, facts: FileFacts, name: str) -> Iterator[str]:
    """Other files in which a name may stand that the file at ``path`` uses as its own."""
    if facts.language == "go":
        folder = str(PurePosixPath(path).parent)
        yield from (one for one in go_files(view, folder, tests=path.endswith("_test.go")) if one != path)
    elif facts.language == "java" and name.isidentifier():
        yield from (one for one in java_files(view, facts.package, name) if one != path)


def methods_beside(view: View, path: str, facts: FileFacts) -> Iterator[str]:
    """Other files in which methods of a type may stand: in Go only."""
    return beside(view, path, facts, "") if facts.language == "go" else iter(())


def go_files(view: View, folder: str, *, tests: bool = False) -> list[str]:
    """The files of a package of Go."""
    known = view.listing.go_files.get(folder, ())
    new = (path for path in view.changed_go if str(PurePosixPath(path).parent) == folder)
    if not known and not view.changed_go:
        return []
    found = sorted({path for path in (*known, *new) if view.has(path)})
    return found if tests else [path for path in found if not path.endswith("_test.go")]


def java_files(view: View, package: str, name: str) -> list[str]:
    """The files that define a class of a package, wherever its sources begin."""
    inner = package.replace(".", "/")
    folders = [folder for folder in view.places(name) if folder == inner or folder.endswith(f"/{inner}")]
    return sorted(path for folder in folders if view.has(path := f"{folder}/{name}.java".removeprefix("/")))
