"""The suite: every change of a package meets the uses that are about it; names, sides and unrelated edits are drawn by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from evals.semantic.cases import Case, Tree
from evals.semantic.edits import Misfit, edited
from evals.semantic.pieces import TEST, Change, Package, Pair, Use, packages

SEED = 1


def planted(seed: int = SEED) -> list[Case]:
    """All cases of a seed; another seed gives other names, sides and noise."""
    return [case for package in packages() for case in _cases(package, seed)]


def _cases(package: Package, seed: int) -> Iterator[Case]:
    for change in package.changes:
        for use in package.uses:
            if change.about in use.subjects and change.name not in use.apart:
                name = f"{package.name}/{change.name}+{use.name}"
                changed = _with_name(change, random.Random(f"{seed} {name}"))
                yield _case(package, name, change.kind, use.broken_by(change), changed, _used(package, use), seed)
    for pair in package.pairs:
        yield _pair(package, pair, seed)


def _pair(package: Package, pair: Pair, seed: int) -> Case:
    return _case(package, f"{package.name}/{pair.name}", pair.kind, pair.conflict, pair.a, pair.b, seed)


def _case(package: Package, name: str, kind: str, conflict: bool, a: str, b: str, seed: int) -> Case:
    chance = random.Random(f"{seed} {name} sides")
    sides = [_side(package.tree, name, patch) for patch in (a, b)]
    noise = chance.sample(package.noise, chance.choice((0, 1, 2)))
    for patch in noise:
        one = chance.randrange(2)
        sides[one] = _side(sides[one], name, patch)
    if chance.random() < 0.5:
        sides.reverse()
    return Case(name, kind, conflict, package.tree, sides[0], sides[1], TEST)


def _side(tree: Tree, name: str, patch: str) -> Tree:
    try:
        return edited(tree, patch)
    except Misfit as error:
        raise Misfit(f"{name}: {error}") from None


def _with_name(change: Change, chance: random.Random) -> str:
    return change.patch.replace("NEW", chance.choice(change.to)) if change.to else change.patch


def _used(package: Package, use: Use) -> str:
    """The use as a patch: its code in a new file or at the end of one, and its test in a file of its own."""
    lines = use.test.strip("\n").split("\n")
    imports = [line for line in lines if re.match(r"(from|import) ", line)]
    body = [line for line in lines if line not in imports]
    title = "".join(word.capitalize() for word in use.name.split("_"))
    test = [
        "import unittest",
        "",
        *imports,
        "",
        "",
        f"class {title}Test(unittest.TestCase):",
        f"    def test_{use.name}(self) -> None:",
        *(f"        {line}".rstrip() for line in body),
    ]
    patches = [use.patch.strip("\n")] if use.patch else []
    if use.file:
        patches.append(_added(use.file, use.code.strip("\n").split("\n"), append=use.file in package.tree))
    return "\n".join([*patches, _added(f"tests/test_{use.name}.py", test)])


def _added(path: str, lines: list[str], *, append: bool = False) -> str:
    return "\n".join([f"@ {path}", *(f"+{line}" for line in (["", "", *lines] if append else lines))])
