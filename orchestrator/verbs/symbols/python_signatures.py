"""Signatures of Python definitions, each on one line: what a caller has to know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from orchestrator.verbs.symbols.found import one_line

VALUE_LIMIT = 60
"""Characters of a default or a constant's value; a longer one is shown as ``...``."""

SECRET = re.compile(r"SECRET|TOKEN|PASSW|API_?KEY|PRIVATE", re.IGNORECASE)
SHOWN_DECORATORS = (
    "property",
    "cached_property",
    "classmethod",
    "staticmethod",
    "abstractmethod",
    "overload",
    "contextmanager",
)
CONSTRUCTED = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "pydantic_dataclass"})
FIELD_BASES = frozenset({"BaseModel", "BaseSettings", "NamedTuple", "TypedDict"})


def decorator_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    """Last names of the decorators, without their arguments; ``balance.setter`` keeps its dot."""
    names = []
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(called)
        names.append(name if name.endswith((".setter", ".deleter")) else name.rpartition(".")[2])
    return names


def function_signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """``@property async def name(self, a: int = 3) -> str``."""
    names = decorator_names(node)
    marks = "".join(f"@{n} " for n in SHOWN_DECORATORS if n in names)
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return one_line(f"{marks}{word} {node.name}({_arguments(node.args)}){returns}")


def class_signature(node: ast.ClassDef) -> str:
    """``@dataclass class Account(Base): __init__(name: str, balance: int = 0)``; for an enum its members; where a base
    class may make the constructor, the annotated fields alone."""
    bases = [ast.unparse(b) for b in node.bases] + [f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords if k.arg]
    mark = "@dataclass " if "dataclass" in decorator_names(node) else ""
    head = f"{mark}class {node.name}" + (f"({', '.join(bases)})" if bases else "")
    if any(base.endswith(("Enum", "Flag")) for base in bases):
        members = ", ".join(_members(node))
        return one_line(f"{head}: {members}" if members else head)
    arguments = _constructor(node, {b.partition("[")[0].rpartition(".")[2] for b in bases})
    if arguments is not None:
        return one_line(f"{head}: __init__({arguments})")
    fields = ", ".join(_fields(node))
    return one_line(f"{head}: {fields}" if fields else head)


def constant_signature(name: str, annotation: ast.expr | None, value: ast.expr | None) -> str:
    """``LIMIT: int = 5``. Values of what is named like a secret are not shown."""
    kind = f": {ast.unparse(annotation)}" if annotation else ""
    secret = SECRET.search(name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
    shown = "" if value is None else " = ..." if secret else f" = {_value(value)}"
    return one_line(f"{name}{kind}{shown}")


def alias_signature(name: str, value: ast.expr | None) -> str:
    """``Event = Started | Said``: for an alias the value is the interface, so that it is shown whole."""
    return one_line(f"{name} = {ast.unparse(value)}" if value is not None else name)


def _value(value: ast.expr) -> str:
    text = one_line(ast.unparse(value))
    return text if len(text) <= VALUE_LIMIT else "..."


def _arguments(arguments: ast.arguments) -> str:
    for default in (*arguments.defaults, *arguments.kw_defaults):
        if default is not None and len(ast.unparse(default)) > VALUE_LIMIT:
            return ast.unparse(_shortened(arguments))
    return ast.unparse(arguments)


def _shortened(arguments: ast.arguments) -> ast.arguments:
    def short(default: ast.expr) -> ast.expr:
        return ast.Constant(value=...) if len(ast.unparse(default)) > VALUE_LIMIT else default

    return ast.arguments(
        posonlyargs=arguments.posonlyargs,
        args=arguments.args,
        vararg=arguments.vararg,
        kwonlyargs=arguments.kwonlyargs,
        kw_defaults=[None if d is None else short(d) for d in arguments.kw_defaults],
        kwarg=arguments.kwarg,
        defaults=[short(d) for d in arguments.defaults],
    )


def _members(node: ast.ClassDef) -> Iterator[str]:
    for member in node.body:
        match member:
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
                yield name
            case _:
                continue


def _constructor(node: ast.ClassDef, bases: set[str]) -> str | None:
    """What ``__init__`` takes without ``self``, written out or generated from the fields; None when it is inherited."""
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return re.sub(r"^self(: [^,]+)?(, |$)", "", _arguments(member.args))
    if CONSTRUCTED.intersection(decorator_names(node)) or FIELD_BASES & bases:
        return ", ".join(_fields(node))
    return None


def _fields(node: ast.ClassDef) -> Iterator[str]:
    if any(isinstance(d, ast.Call) and _true(d, "kw_only") for d in node.decorator_list):
        yield "*"
    for member in node.body:
        match member:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                kind = ast.unparse(annotation)
            case _:
                continue
        if "ClassVar" in kind or (isinstance(value, ast.Call) and _false(value, "init")):
            continue
        yield "*" if kind.rpartition(".")[2] == "KW_ONLY" else f"{name}: {kind}{_default(value)}"


def _default(value: ast.expr | None) -> str:
    """Of a field: a plain value, or the ``default`` of ``field(…)`` / ``Field(…)``; a factory shows as ``...``."""
    match value:
        case None:
            return ""
        case ast.Call(func=function) if ast.unparse(function).rpartition(".")[2] in {"field", "Field", "ib"}:
            named = {k.arg: k.value for k in value.keywords if k.arg}
            given = named.get("default") or (value.args[0] if value.args else None)
            if given is None:
                return " = ..." if {"default_factory", "factory"} & named.keys() else ""
            return "" if isinstance(given, ast.Constant) and given.value is ... else f" = {_value(given)}"
        case _:
            return f" = {_value(value)}"


def _true(call: ast.Call, name: str) -> bool:
    return any(k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords)


def _false(call: ast.Call, name: str) -> bool:
    return any(k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is False for k in call.keywords)
