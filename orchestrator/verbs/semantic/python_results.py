"""What a Python function is seen to give back and to raise, from its own statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from orchestrator.nouns.code import Chain
from orchestrator.verbs.semantic.python_meaning import bind, meaning, of_annotation
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known, unknown

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Results(NamedTuple):
    """``results`` as in ``Definition``; ``value`` is what all of them are, if it is one known thing."""

    results: tuple[str, ...]
    value: Chain
    raises: tuple[Chain, ...]
    generator: bool
    stub: bool
    elements: tuple[str, ...]
    entries: tuple[str, ...]


def results_of(node: Function, scope: Scope) -> Results:
    """Statements of nested functions are not its own."""
    inner = _locals(node, scope)
    kinds: set[str] = set()
    elements: set[str] = set()
    yielded: list[Chain] = []
    shown: list[ast.expr | None] = []
    values: list[Chain] = []
    raised: list[Chain] = []
    generator = False
    for one in own(node.body):
        match one:
            case ast.Return(value=given):
                kinds.add(kind_of(given, inner))
                elements |= _elements(given, inner)
                shown.append(given)
                if not (given is None or (isinstance(given, ast.Constant) and given.value is None)):
                    values.append(meaning(given, inner))
            case ast.Yield(value=given):
                generator = True
                elements.add(kind_of(given, inner))
                yielded.append(meaning(given, inner))
                shown.append(given)
            case ast.YieldFrom():
                generator = True
                elements.add("?")
            case ast.Raise(exc=ast.expr() as raising):
                raised.append(meaning(raising.func if isinstance(raising, ast.Call) else raising, inner))
            case ast.Assign(targets=[ast.Name() as target], value=value):
                bind(target, meaning(value, inner), inner)
    if not generator and falls_through(node.body):
        kinds.add("None")
    one_thing = values[0] if values and known(values[0]) and all(v == values[0] for v in values) else NOTHING
    if yielded and known(yielded[0]) and all(y == yielded[0] for y in yielded):
        one_thing = (*yielded[0], "each")
    return Results(
        tuple(sorted(kinds)),
        one_thing,
        tuple(dict.fromkeys(filter(known, raised))),
        generator,
        _stub(node.body),
        tuple(sorted(elements)),
        _entries(shown),
    )


def _entries(shown: Sequence[ast.expr | None]) -> tuple[str, ...]:
    """Keys that every dictionary has which is given, itself or as an element."""
    found = [keys_shown(node) for node in shown if not (node is None or (isinstance(node, ast.Constant) and node.value is None))]
    if not found or any(keys is None for keys in found):
        return ()
    return tuple(sorted(set.intersection(*(keys or set() for keys in found))))


def keys_shown(node: ast.expr) -> set[str] | None:
    """The keys of a dictionary that is written out, or of one in a list of them; None: not known."""
    match node:
        case ast.Dict(keys=keys) if keys and all(isinstance(k, ast.Constant) and isinstance(k.value, str) for k in keys):
            return {str(k.value) for k in keys if isinstance(k, ast.Constant)}
        case ast.List(elts=[first, *_]) | ast.ListComp(elt=first) | ast.GeneratorExp(elt=first):
            return keys_shown(first)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if keywords and all(k.arg for k in keywords):
            return {str(k.arg) for k in keywords}
        case _:
            return None


def _elements(node: ast.expr | None, scope: Scope) -> set[str]:
    match node:
        case ast.List(elts=elements) | ast.Set(elts=elements):
            return {kind_of(e, scope) for e in elements}
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return {kind_of(element, scope)}
        case ast.Call(func=ast.Name(id="sorted" | "list"), args=[inner, *_]):
            return _elements(inner, scope)
        case _:
            return {"?"}


def _locals(node: Function, scope: Scope) -> Scope:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    names = {}
    for one in arguments:
        told = of_annotation(one.annotation, scope)
        names[one.arg] = told if known(told) else unknown(one.arg)
    if scope.of_class and node.args.args and node.args.args[0].annotation is None:
        cls = tuple(scope.of_class.split("."))
        names[node.args.args[0].arg] = cls if node.args.args[0].arg == "cls" else (*cls, "()")
    return Scope(names=names, outer=scope, of_class=scope.of_class)


def own(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes but those of nested functions and classes, in the order of the text as far as statements go."""
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def kind_of(node: ast.expr | None, scope: Scope) -> str:  # noqa: PLR0912 - one case for each kind of expression
    """``None``, ``tuple:2``, the name of a builtin type or a class, or ``?``."""
    match node:
        case None:
            return "None"
        case ast.Constant(value=value):
            return "None" if value is None else type(value).__name__
        case ast.Tuple(elts=elements):
            return "tuple" if any(isinstance(e, ast.Starred) for e in elements) else f"tuple:{len(elements)}"
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.GeneratorExp():
            return "generator"
        case ast.JoinedStr():
            return "str"
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "bool"
        case ast.Call(func=ast.Name(id=name)) if name in BUILTIN_MAKERS:
            return BUILTIN_MAKERS[name]
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
            return "str"
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join" | "format")):
            return "str"
        case ast.IfExp(body=one, orelse=other):
            kinds = {kind_of(one, scope), kind_of(other, scope)}
            return kinds.pop() if len(kinds) == 1 else "?"
        case _:
            return _class_of(meaning(node, scope))


BUILTIN_MAKERS = {
    **{n: n for n in ("int", "str", "float", "bool", "list", "dict", "set", "tuple", "bytes", "frozenset")},
    "sorted": "list",
    "len": "int",
    "round": "?",
    "isinstance": "bool",
    "any": "bool",
    "all": "bool",
    "iter": "generator",
    "map": "generator",
    "filter": "generator",
    "zip": "generator",
}


def _class_of(chain: Chain) -> str:
    if not known(chain) or len(chain) < 2:
        return "?"
    if chain[-1] == "()" and len(chain) == 2 and chain[0] in BUILTIN_MAKERS:
        return BUILTIN_MAKERS[chain[0]]
    if chain[-1] == "()" and chain[-2][:1].isupper():
        return chain[-2]
    return {"each": "?", "by": "dict"}.get(chain[-1], "?")


def falls_through(body: Sequence[ast.stmt]) -> bool:
    """Whether the end of these statements can be reached."""
    if not body:
        return True
    match body[-1]:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return False
        case ast.If(body=one, orelse=other):
            return falls_through(one) or falls_through(other)
        case ast.With(body=inner) | ast.AsyncWith(body=inner):
            return falls_through(inner)
        case ast.Try():
            if _ends(body[-1]):
                return False
            return falls_through([*body[-1].body, *body[-1].orelse]) or any(falls_through(h.body) for h in body[-1].handlers)
        case ast.While(test=ast.Constant(value=True)):
            return False
        case ast.Match(cases=cases):
            return any(falls_through(c.body) for c in cases) or not any(_catches_all(c) for c in cases)
        case _:
            return True


def _ends(node: ast.Try) -> bool:
    return bool(node.finalbody) and not falls_through(node.finalbody)


def _catches_all(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None


def _stub(body: Sequence[ast.stmt]) -> bool:
    """Nothing but a docstring and ``raise NotImplementedError`` or ``...``."""
    rest = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) and isinstance(s.value.value, str))]
    match rest:
        case [ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError")))]:
            return True
        case [ast.Expr(value=ast.Constant(value=value))]:
            return value is ...
        case _:
            return False
