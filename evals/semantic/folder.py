"""Cases of somebody else's, in directories; how they look is said in the package's docstring."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.semantic.cases import Case, Tree
from orchestrator.nouns.errors import UsageError

FORM = 'case.json has "kind", "conflict" (true or false) and "test" (a command), beside base/, a/ and b/'


class Described(BaseModel):
    """``case.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: str = Field(min_length=1)
    conflict: bool
    test: str = Field(min_length=1)
    name: str = ""


def cases_below(directory: Path) -> list[Case]:
    """All cases, by name. ``UsageError`` if there is none, or one is not as it has to be."""
    if not directory.is_dir():
        raise UsageError(f"{directory} is no directory", "name one that holds cases, or leave it out for the planted suite")
    cases = [_case(found.parent, directory) for found in sorted(directory.rglob("case.json"))]
    if not cases:
        raise UsageError(f"there is no case below {directory}", FORM)
    return cases


def write_cases(cases: Sequence[Case], directory: Path) -> None:
    """Write cases so that ``cases_below`` reads the same."""
    for case in cases:
        place = directory / case.name
        for side, tree in (("base", case.base), ("a", case.a), ("b", case.b)):
            for path, text in tree.items():
                file = place / side / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode(errors="surrogateescape"))
        described = {"name": case.name, "kind": case.kind, "conflict": case.conflict, "test": case.test}
        (place / "case.json").write_text(json.dumps(described) + "\n", encoding="utf-8")


def _case(place: Path, root: Path) -> Case:
    try:
        said = Described.model_validate_json((place / "case.json").read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{place / 'case.json'}: {'.'.join(map(str, first['loc']))} {first['msg']}", FORM) from None
    name = said.name or place.relative_to(root).as_posix()
    base, a, b = (_tree(place / side) for side in ("base", "a", "b"))
    return Case(name, said.kind, said.conflict, base, a, b, said.test)


def _tree(directory: Path) -> Tree:
    if not directory.is_dir():
        raise UsageError(f"{directory} is missing", FORM)
    files = sorted(file for file in directory.rglob("*") if file.is_file() and not file.is_symlink() and ".git" not in file.parts)
    return {file.relative_to(directory).as_posix(): file.read_bytes().decode(errors="surrogateescape") for file in files}
