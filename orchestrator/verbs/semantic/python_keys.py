"""Names that a Python file takes in something that has each once: routes, commands, registered names, tables, migrations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from orchestrator.nouns.code import Key, KeyKind
from orchestrator.verbs.semantic.keys import METHODS, MIGRATING, MIGRATION_FOLDERS, migration_of
from orchestrator.verbs.symbols.paths import TEST_DIRECTORIES, TEST_NAME

ROUTING = METHODS | {"route", "api_route", "add_url_rule", "add_route", "add_api_route", "url", "path", "re_path", "endpoint", "view"}
COMMANDS = frozenset({"command", "add_parser", "add_command", "subcommand", "group"})
ARGUMENTS = frozenset({"add_argument", "add_option"})
REGISTERING = re.compile(
    r"regist|handler$|plugin|^task$|^tool$|^rule$|^job$|^action$|^filter$|^tag$|^step$|^converter$|^exporter$|^provider$"
)
RESOLVED = "="
"""How a space begins that is a name of the file and has to be followed to where it comes from. One that ends in ``()`` is what a
function or the object that has it keeps."""


def keys(path: str, tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[Key]:
    """``nodes`` are all of the tree. Nothing for tests: what they register is their own."""
    where = PurePosixPath(path)
    if TEST_NAME.search(where.name) or TEST_DIRECTORIES.intersection(where.parts[:-1]):
        return
    yield from migration_of(path)
    prefixes = dict(_routers(tree))
    decorating = {id(d) for n in nodes for d in getattr(n, "decorator_list", ())}
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call):
                        yield from _taken(path, decorator, prefixes, node.name, decorates=True)
                    yield from _by_own_name(decorator, node.name)
            case ast.Call() if id(node) not in decorating:
                yield from _taken(path, node, prefixes, _second(node), decorates=False)
    yield from _tables(tree)
    if where.parent.name in MIGRATION_FOLDERS or any(isinstance(n, ast.Assign) and _named(n) == "down_revision" for n in tree.body):
        yield from _revisions(path, tree)


def _routers(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that the module itself makes by a call, with the prefix that it gives."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(keywords=keywords)):
                given = [k.value.value for k in keywords if k.arg in {"prefix", "url_prefix"} and isinstance(k.value, ast.Constant)]
                yield name, str(given[0]) if given else ""


def _taken(path: str, call: ast.Call, prefixes: dict[str, str], owner: str, *, decorates: bool) -> Iterator[Key]:
    function = ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""
    holder, _, verb = function.rpartition(".")
    first = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg in {"name", "path", "rule"}), None)
    name = first.value if isinstance(first, ast.Constant) else None
    if isinstance(name, int) and not isinstance(name, bool) and MIGRATING.search(verb):
        yield Key(KeyKind.migration, f"{RESOLVED}{function}()", str(name), call.lineno, owner)
    if not isinstance(name, str) or not verb:
        return
    space = f"{RESOLVED}{function}()"
    if verb in ROUTING and name.startswith("/") and (decorates or verb not in METHODS):
        prefix = prefixes.get(holder, "")
        yield Key(KeyKind.route, "routes" if prefix else space, f"{_methods(call, verb)} {prefix}{name}", call.lineno, owner)
    elif verb in COMMANDS:
        yield Key(KeyKind.command, space if decorates else f"{path}:{holder}", name.replace("-", "_"), call.lineno, owner)
    elif verb in ARGUMENTS and not decorates:
        yield Key(KeyKind.command, f"{path}:{holder}", name, call.lineno, owner)
    elif REGISTERING.search(verb):
        others = [a.value for a in call.args[1:] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        yield Key(
            KeyKind.route if "/" in "".join([name, *others]) else KeyKind.entry, space, " ".join([name, *others]), call.lineno, owner
        )


def _by_own_name(decorator: ast.expr, name: str) -> Iterator[Key]:
    """``@register`` and ``@cli.command()`` take the name of the function."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(decorator, ast.Call) and (decorator.args or decorator.keywords):
        return
    verb = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    if verb in COMMANDS or REGISTERING.search(verb):
        kind = KeyKind.command if verb in COMMANDS else KeyKind.entry
        yield Key(kind, f"{RESOLVED}{ast.unparse(function)}()", name, decorator.lineno, name)


def _methods(call: ast.Call, verb: str) -> str:
    if verb in METHODS:
        return verb.upper()
    for keyword in call.keywords:
        if keyword.arg in {"methods", "method"}:
            words = [n.value for n in ast.walk(keyword.value) if isinstance(n, ast.Constant)]
            return ",".join(sorted(str(w).upper() for w in words))
    return "GET" if verb in {"route", "add_url_rule"} else "*"


def _second(call: ast.Call) -> str:
    return ast.unparse(call.args[1]) if len(call.args) > 1 and not isinstance(call.args[1], ast.Constant) else ""


def _tables(tree: ast.Module) -> Iterator[Key]:
    """``HANDLERS = {"a": …}`` and ``HANDLERS["a"] = …`` of the module and its classes; numbers that a list of migrations gives."""
    for prefix, node in [("", n) for n in tree.body] + [
        (f"{c.name}.", n) for c in tree.body if isinstance(c, ast.ClassDef) for n in c.body
    ]:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                yield from _rows(f"{RESOLVED}{prefix}{name}", name, value)
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name() | ast.Attribute() as table, slice=ast.Constant(value=key))], value=value
            ):
                space = f"{RESOLVED}{ast.unparse(table)}"
                yield Key(KeyKind.route if str(key).startswith("/") else KeyKind.entry, space, repr(key), node.lineno, _short(value))


def _rows(space: str, name: str, value: ast.expr) -> Iterator[Key]:
    match value:
        case ast.Dict(keys=keys_of, values=values):
            for key, one in zip(keys_of, values, strict=True):
                if isinstance(key, ast.Constant):
                    kind = KeyKind.migration if MIGRATING.search(name) else KeyKind.route if "/" in str(key.value) else KeyKind.entry
                    yield Key(kind, space, repr(key.value), key.lineno, _short(one))
                elif isinstance(key, ast.Attribute | ast.Tuple):
                    yield Key(KeyKind.entry, space, ast.unparse(key), key.lineno, _short(one))
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for one in elements:
                yield from _row(space, name, one)


def _row(space: str, name: str, one: ast.expr) -> Iterator[Key]:
    """``(5, "add_email", …)``, ``Migration(5, …)``, ``Route("GET", "/x", …)``, ``path("x/", …)``."""
    parts = one.elts if isinstance(one, ast.Tuple) else one.args if isinstance(one, ast.Call) else []
    words = [p.value for p in parts if isinstance(p, ast.Constant)]
    numbers = [w for w in words if isinstance(w, int) and not isinstance(w, bool)]
    numbers += [
        k.value.value for k in getattr(one, "keywords", ()) if isinstance(k.value, ast.Constant) and isinstance(k.value.value, int)
    ]
    routes = [w for w in words if isinstance(w, str)]
    if numbers and MIGRATING.search(name):
        yield Key(KeyKind.migration, space, str(numbers[0]), one.lineno, _short(one))
    elif routes and parts and isinstance(parts[0], ast.Constant) and re.search(r"route|url|endpoint|command", name, re.I):
        method = next((f"{r} " for r in routes if r.lower() in METHODS), "")
        path = next((r for r in routes if r.lower() not in METHODS), "")
        yield Key(KeyKind.route, space, f"{method}{path}", one.lineno, _short(one))


def _short(value: ast.expr) -> str:
    return ast.unparse(value)[:60] if isinstance(value, ast.Name | ast.Attribute | ast.Constant | ast.Tuple | ast.Call) else ""


def _named(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def _revisions(path: str, tree: ast.Module) -> Iterator[Key]:
    """Alembic's revisions, Django's dependencies, and constants such as ``VERSION = 5`` and ``number = 5``."""
    folder = str(PurePosixPath(path).parent)
    inner = [n for c in tree.body if isinstance(c, ast.ClassDef) for n in c.body]
    for node in [*tree.body, *inner]:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() | int() as value))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str() | int() as value))
            ):
                if name.lower() in {"revision", "version", "number", "id", "migration_id", "order", "sequence"}:
                    yield Key(KeyKind.migration, f"{folder}:{name.lower()}", str(value), node.lineno, path)
                elif name.lower() in {"down_revision", "previous", "parent", "depends_on", "after"}:
                    yield Key(KeyKind.parent, folder, str(value), node.lineno, path)
            case ast.Assign(targets=[ast.Name(id="dependencies")], value=ast.List(elts=elements)):
                for one in elements:
                    if isinstance(one, ast.Tuple) and all(isinstance(e, ast.Constant) for e in one.elts):
                        yield Key(KeyKind.parent, folder, ast.unparse(one), node.lineno, path)
