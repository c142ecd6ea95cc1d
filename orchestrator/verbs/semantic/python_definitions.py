"""What a Python file defines: functions, classes with all that their bodies and methods bind, variables of the module."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Sequence

from orchestrator.nouns.code import UNKNOWN, Chain, Definition, DefinitionKind, Parameter, ParameterKind, Trait
from orchestrator.verbs.semantic.python_meaning import meaning, of_annotation
from orchestrator.verbs.semantic.python_results import keys_shown, results_of
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known
from orchestrator.verbs.symbols.found import one_line

Function = ast.FunctionDef | ast.AsyncFunctionDef
RECORDS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs"})
FIELD_BASES = frozenset({"BaseModel", "BaseSettings", "NamedTuple", "TypedDict"})
DYNAMIC = frozenset({"__getattr__", "__getattribute__"})
DOCUMENTED = re.compile(r"^\s*(?::raises?\s+(\w+)|Raises:?\s+(\w+)\b)|^\s{4,}(\w+(?:Error|Exception)):", re.M)
MARKS = {
    "staticmethod": Trait.static,
    "classmethod": Trait.of_class,
    "property": Trait.getter,
    "cached_property": Trait.getter,
    "abstractmethod": Trait.abstract,
    "abstractproperty": Trait.abstract,
    "overload": Trait.overloaded,
    "hybrid_property": Trait.getter,
}


def definitions(
    body: Sequence[ast.stmt], lines: Sequence[str], scope: Scope, within: str = "", extra: frozenset[Trait] = frozenset()
) -> Iterator[Definition]:
    """What these statements bind. ``within`` is the class whose body they are."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if not _accessor(node):
                    yield function(node, lines, scope, within, extra)
            case ast.ClassDef():
                yield from _class(node, lines, scope, within, extra)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _bound(target, None, value, node, scope, within, extra)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                yield from _bound(target, annotation, value, node, scope, within, extra)
            case ast.If(body=one, orelse=other):
                yield from definitions([*one, *other], lines, scope, within, extra | {Trait.conditional})
            case ast.Try():
                caught = [s for h in node.handlers for s in h.body]
                inner = [*node.body, *caught, *node.orelse, *node.finalbody]
                yield from definitions(inner, lines, scope, within, extra | {Trait.conditional})
            case ast.With(body=inner) | ast.For(body=inner) | ast.While(body=inner):
                yield from definitions(inner, lines, scope, within, extra | {Trait.conditional})
            case _ if type(node).__name__ == "TypeAlias":
                name = ast.unparse(node).partition("=")[0].removeprefix("type").partition("[")[0].strip()
                yield Definition(name, DefinitionKind.variable, node.lineno, one_line(ast.unparse(node)))


def _accessor(node: Function) -> bool:
    """The setter or deleter of a property, or one more implementation of a generic function."""
    return any(isinstance(d, ast.Attribute) and d.attr in {"setter", "deleter", "register"} for d in node.decorator_list)


def function(node: Function, lines: Sequence[str], scope: Scope, within: str, extra: frozenset[Trait]) -> Definition:
    marks = {MARKS[n] for n in _names(node.decorator_list) if n in MARKS}
    traits = {*extra, *marks}
    found = results_of(node, scope)
    if isinstance(node, ast.AsyncFunctionDef):
        traits.add(Trait.asynchronous)
    if found.generator:
        traits.add(Trait.generator)
    if found.stub:
        traits.add(Trait.stub)
    told = of_annotation(node.returns, scope) if node.returns is not None else found.value
    docs = DOCUMENTED.findall(ast.get_docstring(node, clean=False) or "")
    return Definition(
        name=f"{within}.{node.name}" if within else node.name,
        kind=DefinitionKind.method if within else DefinitionKind.function,
        line=node.lineno,
        signature=_signature(node),
        parameters=tuple(_parameters(node.args, bound=bool(within) and Trait.static not in marks)),
        returns=ast.unparse(node.returns) if node.returns is not None else "",
        results=found.results,
        elements=found.elements,
        entries=found.entries,
        value=told if known(told) else (),
        raises=found.raises,
        documented=tuple(sorted({name for groups in docs for name in groups if name})),
        decorators=tuple(_decorators(node.decorator_list, scope)),
        traits=frozenset(traits),
        digest=digest(node, lines),
    )


def _parameters(arguments: ast.arguments, *, bound: bool) -> Iterator[Parameter]:
    places = [*arguments.posonlyargs, *arguments.args]
    required = len(places) - len(arguments.defaults)
    for i, one in enumerate(places):
        if i == 0 and bound:
            continue
        kind = ParameterKind.positional if i < len(arguments.posonlyargs) else ParameterKind.either
        yield _parameter(one, kind, i < required)
    if arguments.vararg:
        yield _parameter(arguments.vararg, ParameterKind.rest, False)
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(one, ParameterKind.keyword, default is None)
    if arguments.kwarg:
        yield _parameter(arguments.kwarg, ParameterKind.options, False)


def _parameter(one: ast.arg, kind: ParameterKind, required: bool) -> Parameter:
    return Parameter(one.arg, kind, required, ast.unparse(one.annotation) if one.annotation else "")


def _class(node: ast.ClassDef, lines: Sequence[str], scope: Scope, within: str, extra: frozenset[Trait]) -> Iterator[Definition]:
    name = f"{within}.{node.name}" if within else node.name
    inner = Scope(outer=scope, of_class=name)
    bases = tuple(meaning(b.value if isinstance(b, ast.Subscript) else b, scope) for b in node.bases)
    last = {base[-1] for base in bases}
    traits = set(extra)
    if any(b.endswith(("Enum", "Flag")) for b in last):
        traits.add(Trait.enum)
    if "Protocol" in last:
        traits.add(Trait.interface)
    if RECORDS.intersection(_names(node.decorator_list)) or last & FIELD_BASES:
        traits.add(Trait.record)
    members = list(definitions(node.body, lines, inner, name))
    names = {m.name for m in members}
    members += [m for m in _assigned_to_self(node, inner, name) if m.name not in names]
    if any(f"{name}.{d}" in names for d in DYNAMIC) or _writes_freely(node, lines):
        traits.add(Trait.dynamic)
    yield Definition(
        name=name,
        kind=DefinitionKind.cls,
        line=node.lineno,
        signature=one_line(f"class {node.name}" + (f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else "")),
        value=(*name.split("."), "()"),
        bases=bases,
        decorators=tuple(_decorators(node.decorator_list, scope)),
        traits=frozenset(traits),
        digest=digest(node, lines),
    )
    if last & {"BaseModel", "BaseSettings", "TypedDict"} or any("kw_only=True" in ast.unparse(d) for d in node.decorator_list):
        members = [_by_name(m) for m in members]
    for member in members:
        yield member._replace(kind=DefinitionKind.member) if Trait.enum in traits and _is_member(member) else member


def _by_name(one: Definition) -> Definition:
    """A field that the constructor takes by name only."""
    if one.kind is not DefinitionKind.field or not one.parameters:
        return one
    return one._replace(parameters=(one.parameters[0]._replace(kind=ParameterKind.keyword),))


def _is_member(one: Definition) -> bool:
    return one.kind is DefinitionKind.field and not one.name.rpartition(".")[2].startswith("_") and bool(one.literal)


def _writes_freely(node: ast.ClassDef, lines: Sequence[str]) -> bool:
    """It sets attributes whose names are only known when it runs."""
    if not any("setattr" in line or "__dict__" in line for line in lines[node.lineno - 1 : node.end_lineno]):
        return False
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id="self"), name, *_]) if not isinstance(name, ast.Constant):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="__dict__"), attr="update")):
                return True
    return False


def _assigned_to_self(node: ast.ClassDef, scope: Scope, within: str) -> Iterator[Definition]:
    seen: set[str] = set()
    for method in node.body:
        if not isinstance(method, Function) or not method.args.args:
            continue
        names = {a.arg: of_annotation(a.annotation, scope) for a in [*method.args.args, *method.args.kwonlyargs]}
        inner = Scope(names=names, outer=scope, of_class=within)
        me = method.args.args[0].arg
        for statement in ast.walk(method):
            targets, annotation, value = _assignment(statement)
            for target in targets:
                match target:
                    case ast.Attribute(value=ast.Name(id=owner), attr=attr) if owner == me and attr not in seen:
                        seen.add(attr)
                        yield _variable(f"{within}.{attr}", DefinitionKind.field, annotation, value, statement, inner)


def _assignment(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None, ast.expr | None]:
    match node:
        case ast.Assign(targets=targets, value=value):
            flat = [e for t in targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
            return flat, None, value if len(flat) == len(targets) else None
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            return [target], annotation, value
        case _:
            return [], None, None


def _bound(
    target: ast.expr,
    annotation: ast.expr | None,
    value: ast.expr | None,
    node: ast.stmt,
    scope: Scope,
    within: str,
    extra: frozenset[Trait],
) -> Iterator[Definition]:
    match target:
        case ast.Name(id=name):
            kind = DefinitionKind.field if within else DefinitionKind.variable
            one = _variable(f"{within}.{name}" if within else name, kind, annotation, value, node, scope)
            taken = _field_parameter(name, annotation, value) if within and annotation is not None else None
            yield one._replace(traits=one.traits | extra, parameters=(taken,) if taken else None)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _bound(element, None, None, node, scope, within, extra)
        case _:
            return


def _variable(
    name: str, kind: DefinitionKind, annotation: ast.expr | None, value: ast.expr | None, node: ast.AST, scope: Scope
) -> Definition:
    told = of_annotation(annotation, scope)
    if not known(told):
        told = meaning(value, scope) if value is not None else NOTHING
    short = name.rpartition(".")[2]
    literal = ast.unparse(value) if isinstance(value, ast.Constant | ast.UnaryOp | ast.Call | ast.Tuple | ast.Attribute) else ""
    return Definition(
        name=name,
        kind=kind,
        line=getattr(node, "lineno", 0),
        signature=one_line(short + (f": {ast.unparse(annotation)}" if annotation else "") + (f" = {literal}" if literal else ""), 120),
        returns=ast.unparse(annotation) if annotation else "",
        value=told if known(told) else (),
        literal=literal[:60],
        entries=tuple(sorted(keys_shown(value) or ())) if value is not None else (),
    )


def _field_parameter(name: str, annotation: ast.expr, value: ast.expr | None) -> Parameter | None:
    """The parameter that a record's constructor has for this field; None: it has none."""
    text = ast.unparse(annotation)
    if text.rpartition(".")[2].startswith(("ClassVar", "KW_ONLY")):
        return None
    required, kind = value is None, ParameterKind.either
    if isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in {"field", "Field", "ib", "attrib"}:
        given = {k.arg: k.value for k in value.keywords}
        if isinstance(given.get("init"), ast.Constant) or "alias" in given:
            return None
        first = value.args[0] if value.args else None
        dots = isinstance(first, ast.Constant) and first.value is ...
        required = not ({"default", "default_factory", "factory"} & set(given)) and (first is None or dots)
        kind = ParameterKind.keyword if "kw_only" in given else kind
    return Parameter(name, kind, required, text)


def _names(decorators: Sequence[ast.expr]) -> list[str]:
    called = [d.func if isinstance(d, ast.Call) else d for d in decorators]
    return [c.attr if isinstance(c, ast.Attribute) else c.id if isinstance(c, ast.Name) else "" for c in called]


def _decorators(decorators: Sequence[ast.expr], scope: Scope) -> Iterator[Chain]:
    for one in decorators:
        chain = meaning(one.func if isinstance(one, ast.Call) else one, scope)
        if not chain[0].startswith(UNKNOWN):
            yield chain


def _signature(node: Function) -> str:
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    marks = "".join(f"@{n} " for n in _names(node.decorator_list) if n in MARKS)
    return one_line(f"{marks}{word} {node.name}({ast.unparse(node.args)}){returns}")


def digest(node: ast.stmt, lines: Sequence[str]) -> str:
    """Of the text without its own name and its indentation."""
    name = getattr(node, "name", "")
    text = "\n".join(line.strip() for line in lines[node.lineno - 1 : node.end_lineno] if line.strip())
    return hashlib.md5(re.sub(rf"\b{re.escape(name)}\b", "_", text).encode(errors="replace"), usedforsecurity=False).hexdigest()[:16]
