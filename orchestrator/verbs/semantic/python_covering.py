"""Places of Python code that go through all members of an enum, and so have to know of a new one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from orchestrator.nouns.code import Chain
from orchestrator.verbs.semantic.python_meaning import meaning
from orchestrator.verbs.semantic.scope import Scope, known

Covering = tuple[Chain, tuple[str, ...], tuple[str, ...]]
"""The enum, the members that are named, and ``("default",)`` if others are taken care of."""

DEFAULT = ("default",)


def covered_by_dict(node: ast.Dict, scope: Scope) -> Iterator[Covering]:
    yield from _covering([k for k in node.keys if k is not None], scope, (), len(node.keys))


def covered_by_match(node: ast.Match, scope: Scope) -> Iterator[Covering]:
    values = [p.value for c in node.cases for p in ast.walk(c.pattern) if isinstance(p, ast.MatchValue)]
    last = node.cases[-1]
    catches = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
    silent = not catches and not node.cases[-1].guard
    yield from _covering(values, scope, DEFAULT if catches and not _fails(last.body) else ("silent",) if silent else (), len(values))


def covered_by_ifs(node: ast.If, scope: Scope) -> Iterator[Covering]:
    """``if x is Colour.red … elif x == Colour.blue … else raise``, begun at its first ``if``."""
    values: list[ast.expr] = []
    rest: Sequence[ast.stmt] = [node]
    while len(rest) == 1 and isinstance(rest[0], ast.If):
        match rest[0].test:
            case ast.Compare(ops=[ast.Is() | ast.Eq()], comparators=[value]):
                values.append(value)
            case _:
                return
        rest = rest[0].orelse
    if len(values) > 1 and rest and _fails(rest):
        yield from _covering(values, scope, (), len(values))


def _fails(body: Sequence[ast.stmt]) -> bool:
    match body[-1]:
        case ast.Raise():
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name == "assert_never"
        case ast.Assert(test=ast.Constant(value=False)):
            return True
        case _:
            return False


def _covering(values: Sequence[ast.expr], scope: Scope, default: tuple[str, ...], expected: int) -> Iterator[Covering]:
    members = [meaning(v, scope) for v in values if isinstance(v, ast.Attribute)]
    enums = {m[:-1] for m in members}
    if len(enums) == 1 and len(members) == expected and expected > 1 and known(members[0]):
        yield enums.pop(), tuple(m[-1] for m in members), default
