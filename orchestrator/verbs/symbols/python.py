"""Public symbols of Python source: what another module may import and call, read from the syntax tree."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols.found import Found, first_line
from orchestrator.verbs.symbols.python_signatures import (
    alias_signature,
    class_signature,
    constant_signature,
    decorator_names,
    function_signature,
)

CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]*$")
ALIAS = re.compile(r"^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$")
TYPES = frozenset({"NewType", "namedtuple", "NamedTuple", "TypedDict"})
TYPE_VARIABLES = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


def read(path: str, text: bytes) -> Found:
    """Nothing, and not the whole, when the source does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the file's own invalid escapes are not ours to report
            tree = ast.parse(text)
        return Found(list(_module(path, tree)), whole=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Found([], whole=False)


def _module(path: str, tree: ast.Module) -> Iterator[Symbol]:
    body = list(_statements(tree.body))
    listed = _dunder_all(body)
    overloaded = _overloaded(body)
    for statement, comment in zip_longest(body, body[1:]):
        if isinstance(statement, Function) and not _offered(statement, overloaded):
            continue
        for symbol in _symbols(path, statement, comment, listed):
            top = symbol.name.partition(".")[0]
            if (top in listed) if listed is not None else not top.startswith("_"):
                yield symbol


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """A module's own statements, those inside ``if``, ``try`` and ``with`` included; not the ``__main__`` block."""
    for statement in body:
        match statement:
            case ast.If():
                if "__main__" not in ast.unparse(statement.test):
                    yield from _statements([*statement.body, *statement.orelse])
            case ast.Try():
                caught = [s for h in statement.handlers for s in h.body]
                yield from _statements([*statement.body, *caught, *statement.orelse, *statement.finalbody])
            case ast.With():
                yield from _statements(statement.body)
            case _:
                yield statement


def _dunder_all(body: Sequence[ast.stmt]) -> frozenset[str] | None:
    """The names in ``__all__`` when it is made of literal lists only; else None."""
    names: set[str] | None = None
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                names = set()
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value):
                names = set()
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                pass
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")))):
                return None  # extended by a call
            case _:
                continue
        words = _literal_words(value)
        if words is None or names is None:
            return None
        names |= words
    return None if names is None else frozenset(names)


def _literal_words(value: ast.expr) -> set[str] | None:
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    words = {e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)}
    return words if len(words) == len(value.elts) else None


def _symbols(path: str, statement: ast.stmt, comment: ast.stmt | None, listed: frozenset[str] | None) -> Iterator[Symbol]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield _function(path, statement, SymbolKind.function, statement.name)
        case ast.ClassDef():
            yield from _class(path, statement, statement.name)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield from _assigned(path, statement, name, None, value, said=_said(comment), listed=listed)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            yield from _assigned(path, statement, name, annotation, value, said=_said(comment), listed=listed)
        case _ if type(statement).__name__ == "TypeAlias":  # ``type X = …``, Python 3.12
            name = ast.unparse(statement).split("=")[0].removeprefix("type").partition("[")[0].strip()
            yield _symbol(path, statement, SymbolKind.type, name, ast.unparse(statement), doc=_said(comment))
        case _:
            return


def _class(path: str, node: ast.ClassDef, name: str) -> Iterator[Symbol]:
    yield _symbol(path, node, SymbolKind.cls, name, class_signature(node), doc=ast.get_docstring(node) or "")
    overloaded = _overloaded(node.body)
    for member in node.body:
        match member:
            case ast.ClassDef() if not member.name.startswith("_"):
                yield from _class(path, member, f"{name}.{member.name}")
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not member.name.startswith("_"):
                if _offered(member, overloaded):
                    yield _function(path, member, SymbolKind.method, f"{name}.{member.name}")
            case _:
                continue


def _overloaded(body: Sequence[ast.stmt]) -> set[str]:
    return {s.name for s in body if isinstance(s, Function) and "overload" in decorator_names(s)}


def _offered(node: Function, overloaded: set[str]) -> bool:
    """Not the setter of a property, and not the implementation behind overloads."""
    decorators = decorator_names(node)
    return not any("." in d for d in decorators) and ("overload" in decorators or node.name not in overloaded)


def _function(path: str, node: Function, kind: SymbolKind, name: str) -> Symbol:
    return _symbol(path, node, kind, name, function_signature(node), doc=ast.get_docstring(node) or "")


def _assigned(
    path: str,
    node: ast.stmt,
    name: str,
    annotation: ast.expr | None,
    value: ast.expr | None,
    *,
    said: str,
    listed: frozenset[str] | None,
) -> Iterator[Symbol]:
    """Constants, type aliases, and whatever else ``__all__`` names. A type variable is a spelling of signatures, no interface."""
    if _makes(value, TYPE_VARIABLES) and name not in (listed or ()):
        return
    if _is_alias(name, annotation, value):
        yield _symbol(path, node, SymbolKind.type, name, alias_signature(name, value), doc=said)
    elif CONSTANT.match(name) or (listed is not None and name in listed):
        signature = constant_signature(name, annotation, value)
        yield _symbol(path, node, SymbolKind.constant, name, signature, doc=said)


def _is_alias(name: str, annotation: ast.expr | None, value: ast.expr | None) -> bool:
    if annotation is not None:
        return ast.unparse(annotation).rpartition(".")[2] == "TypeAlias"
    match value:
        case ast.Call():
            return _makes(value, TYPES)
        case ast.Subscript() | ast.BinOp(op=ast.BitOr()):
            return bool(ALIAS.match(name))
        case _:
            return False


def _makes(value: ast.expr | None, makers: frozenset[str]) -> bool:
    """``value`` is a call of one of them, by whatever module it is named."""
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in makers


def _said(comment: ast.stmt | None) -> str:
    """The string literal that stands under an assignment and describes it."""
    match comment:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return ""


def _symbol(path: str, node: ast.stmt, kind: SymbolKind, name: str, signature: str, *, doc: str) -> Symbol:
    return Symbol(name=name, kind=kind, file=path, line=node.lineno, signature=signature, description=first_line(doc))
