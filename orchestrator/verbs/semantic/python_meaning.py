"""What Python expressions mean, as chains: names, attributes, calls, and what is known of local variables without running anything."""

from __future__ import annotations

import ast

from orchestrator.nouns.code import AWAITED, BY_KEY, CALLED, EACH, ELEMENT, SUPER, Chain
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known, step, unknown

WRAPPERS = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
COLLECTIONS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "Iterable", "Iterator", "Collection", "deque", "Deque"}
    | {"Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator", "MutableSequence", "AbstractSet", "KeysView", "ValuesView"}
)
MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"})


def meaning(node: ast.expr | None, scope: Scope) -> Chain:  # noqa: PLR0912 - one case for each kind of expression
    """What an expression means."""
    match node:
        case ast.Name(id=name):
            return scope.lookup(name)
        case ast.Attribute(value=value, attr=name):
            return step(meaning(value, scope), name)
        case ast.Call():
            return _called(node, scope)
        case ast.Subscript(value=value):
            return step(meaning(value, scope), ELEMENT)
        case ast.Await(value=value):
            return step(meaning(value, scope), AWAITED)
        case ast.NamedExpr(value=value) | ast.Starred(value=value):
            return meaning(value, scope)
        case ast.IfExp(body=one, orelse=other):
            first = meaning(one, scope)
            return first if known(first) and first[0] != "None" else meaning(other, scope)
        case ast.BoolOp(values=values):
            return next((m for m in (meaning(v, scope) for v in values) if known(m)), NOTHING)
        case ast.Constant(value=value):
            return ("None",) if value is None else (type(value).__name__, CALLED)
        case ast.JoinedStr():
            return ("str", CALLED)
        case ast.List(elts=elements) | ast.Set(elts=elements):
            return step(meaning(elements[0], scope), EACH) if elements else ("list", CALLED)
        case ast.Dict():
            return ("dict", CALLED)
        case ast.Tuple():
            return ("tuple", CALLED)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return step(meaning(node.elt, comprehended(node.generators, scope)), EACH)
        case ast.DictComp():
            return step(meaning(node.value, comprehended(node.generators, scope)), BY_KEY)
        case _:
            return NOTHING


def _called(node: ast.Call, scope: Scope) -> Chain:
    if isinstance(node.func, ast.Name) and node.func.id == "super" and scope.of_class:
        return (*scope.of_class.split("."), SUPER)
    function = meaning(node.func, scope)
    match function:
        case (*before, "by", "get" | "pop" | "setdefault"):
            return tuple(before)
        case (*before, "by", "values"):
            return (*before, EACH)
        case (*before, "each", "pop" | "popleft"):
            return tuple(before)
        case (*before, "each", "copy"):
            return (*before, EACH)
        case ("sorted" | "list" | "tuple" | "set" | "reversed" | "iter",) if node.args:
            inside = meaning(node.args[0], scope)
            return inside if inside[-1] == EACH else step(inside, ELEMENT, EACH)
        case ("next" | "max" | "min",) if len(node.args) == 1:
            return step(meaning(node.args[0], scope), ELEMENT)
        case ("copy" | "deepcopy",) | ("copy", "copy" | "deepcopy") | (*_, "cast") if node.args:
            if function[-1] == "cast":
                return of_annotation(node.args[0], scope)
            return meaning(node.args[0], scope)
        case _:
            return step(function, CALLED)


def comprehended(generators: list[ast.comprehension], scope: Scope) -> Scope:
    """The scope inside of a comprehension."""
    inner = Scope(outer=scope, of_class=scope.of_class)
    for generator in generators:
        bind(generator.target, meaning(generator.iter, inner), inner, each=True)
        for condition in generator.ifs:
            inner = narrowed(condition, inner)
    return inner


def narrowed(test: ast.expr, scope: Scope) -> Scope:
    """The scope in which a condition holds: ``isinstance(x, Cart)`` says what ``x`` is."""
    names: dict[str, Chain] = {}
    for one in test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]:
        match one:
            case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), ast.Name() | ast.Attribute() as cls]):
                names[name] = step(meaning(cls, scope), CALLED)
    return Scope(names, scope, scope.of_class) if names else scope


def element_given(node: ast.Call, function: Chain, scope: Scope) -> Chain:
    """What ``sorted(x, key=…)``, ``map(…, x)`` and ``x.sort(key=…)`` call a function with."""
    if function in {("sorted",), ("max",), ("min",)} and node.args:
        return _element(meaning(node.args[0], scope))
    if function in {("map",), ("filter",)} and len(node.args) == 2:
        return _element(meaning(node.args[1], scope))
    return _element(function[:-1]) if function[-1] == "sort" and len(function) > 1 else NOTHING


def bind(target: ast.expr, value: Chain, scope: Scope, *, each: bool = False) -> None:
    """Names that an assignment or a loop binds."""
    match target:
        case ast.Name(id=name):
            got = _element(value) if each else value
            scope.names[name] = got if known(got) else unknown(name)
        case ast.Tuple(elts=[ast.Name() as key, second]) if each and _pairs(value):
            bind(key, NOTHING, scope)
            of = value[0:-2] if value[-1] == CALLED else value
            bind(second, of[:-1] if of[-1:] == (BY_KEY,) else NOTHING, scope)
        case ast.Tuple(elts=[ast.Name() as key, second]) if each and value[:1] == ("enumerate",):
            bind(key, NOTHING, scope)
            bind(second, NOTHING, scope)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                bind(element, NOTHING, scope)
        case ast.Starred(value=inner):
            bind(inner, NOTHING, scope)
        case _:
            return


def _element(value: Chain) -> Chain:
    return NOTHING if value[-1] == BY_KEY else step(value, ELEMENT)


def _pairs(value: Chain) -> bool:
    return len(value) > 2 and value[-2:] == ("items", CALLED)


def of_annotation(node: ast.expr | None, scope: Scope) -> Chain:
    """What a value has that is annotated so: ``Cart | None`` gives an instance of ``Cart``."""
    match node:
        case ast.Constant(value=str(text)):
            try:
                return of_annotation(ast.parse(text.strip(), mode="eval").body, scope)
            except (SyntaxError, ValueError):
                return NOTHING
        case ast.Name(id="Self") if scope.of_class:
            return (*scope.of_class.split("."), CALLED)
        case ast.Name(id="Any" | "object"):
            return NOTHING
        case ast.Name() | ast.Attribute():
            return step(meaning(node, scope), CALLED)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either(left, right, scope)
        case ast.Subscript(value=value, slice=inner):
            name = ast.unparse(value).rpartition(".")[2]
            return _generic(name, inner, scope) or step(meaning(value, scope), CALLED)
        case _:
            return NOTHING


def _either(left: ast.expr, right: ast.expr, scope: Scope) -> Chain:
    sides = [s for s in (left, right) if not (isinstance(s, ast.Constant) and s.value is None)]
    return of_annotation(sides[0], scope) if len(sides) == 1 else NOTHING


def _generic(name: str, inner: ast.expr, scope: Scope) -> Chain:
    """Of ``name[inner]``; nothing if it is a generic class of somebody's."""
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if not parts:
        return NOTHING
    if name in WRAPPERS:
        return of_annotation(parts[0], scope)
    if name in COLLECTIONS or (name in {"tuple", "Tuple"} and len(parts) == 2 and _dots(parts[1])):
        return step(of_annotation(parts[0], scope), EACH)
    if name in MAPPINGS:
        return step(of_annotation(parts[-1], scope), BY_KEY)
    if name in {"type", "Type"}:
        return meaning(parts[0], scope)
    if name == "Union":
        kept = [p for p in parts if not (isinstance(p, ast.Constant) and p.value is None)]
        return of_annotation(kept[0], scope) if len(kept) == 1 else NOTHING
    return ("tuple", CALLED) if name in {"tuple", "Tuple"} else ()


def _dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
