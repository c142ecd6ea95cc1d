"""Fixtures of pytest: a test names them by its parameters, and they come from the ``conftest.py`` files above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from orchestrator.nouns.code import Definition
from orchestrator.nouns.conflict import Severity
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.origin import fate_of
from orchestrator.verbs.semantic.sides import Lost, Side
from orchestrator.verbs.semantic.trouble import Hit, Trouble
from orchestrator.verbs.symbols.paths import TEST_NAME

CONFTEST = "conftest.py"


def fixture_hits(x: Side, y: Side, new: Linker) -> Iterator[Hit]:
    """Tests that ``y`` wrote or changed, and that ask for a fixture which ``x`` took away."""
    gone = [lost for lost in x.lost if PurePosixPath(lost.path).name == CONFTEST and _is_fixture(lost.before)]
    for lost in gone:
        if lost.after is not None and _is_fixture(lost.after):
            continue
        fate = fate_of(x, lost.path, lost.before)
        said = Trouble(fate.cause, Severity.high, lost.path, lost.before.name, lost.before, fate.path, fate.now, fate.words)
        for path, one in _asking(lost, x, y):
            if not _found_elsewhere(lost.before.name, path, new):
                yield Hit(said, path, one.line)


def _is_fixture(one: Definition) -> bool:
    return any(chain[-1] == "fixture" for chain in one.decorators)


def _asking(lost: Lost, x: Side, y: Side) -> Iterator[tuple[str, Definition]]:
    folder = str(PurePosixPath(lost.path).parent).removeprefix(".")
    for path, changed in y.changed.items():
        if changed.after is None or not path.startswith(folder) or not TEST_NAME.search(PurePosixPath(path).name):
            continue
        own = x.changed[path].after if path in x.changed else changed.before
        for one in changed.after.facts.definitions:
            known = own.definitions.get(one.name) if own is not None else None
            runs = one.name.rpartition(".")[2].startswith("test") or _is_fixture(one)
            if runs and _takes(one, lost.before.name) and not (known is not None and _takes(known, lost.before.name)):
                yield path, one


def _takes(one: Definition, name: str) -> bool:
    return any(p.name == name and p.required for p in one.parameters or ())


def _found_elsewhere(name: str, path: str, new: Linker) -> bool:
    """In the merged tree the test's own file or another ``conftest.py`` above it has one of that name."""
    above = [path, *(str(parent / CONFTEST) for parent in PurePosixPath(path).parents)]
    files = (new.view.file(at) for at in above if new.view.has(at))
    return any(file is None or name in file.definitions or name in file.imports for file in files)
