"""The facts of a Go file, from its tree-sitter tree: what it defines, imports and uses, its routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter_go
from tree_sitter import Node

from orchestrator.nouns.code import (
    CALLED,
    Chain,
    Definition,
    DefinitionKind,
    FileFacts,
    Import,
    Key,
    KeyKind,
    Parameter,
    ParameterKind,
    Trait,
)
from orchestrator.verbs.semantic.go_types import value_of, written
from orchestrator.verbs.semantic.go_uses import GoWalk, embedded, meaning, receiver
from orchestrator.verbs.semantic.keys import migration_of
from orchestrator.verbs.semantic.scope import Scope, known
from orchestrator.verbs.semantic.walking import child, digest, line_of, literal, text_of
from orchestrator.verbs.symbols.found import one_line
from orchestrator.verbs.symbols.syntax import declarations, header, parse, said

VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
HANDLING = frozenset({"Handle", "HandleFunc"})
VERSION = re.compile(r"^v\d+$")


def facts_of(path: str, language: str, text: str) -> FileFacts:
    """What the intact parts say; not ``whole`` when it does not parse."""
    root = parse(tree_sitter_go.language(), text.encode())
    walk = GoWalk()
    walk.visit(root)
    package = next((said(one.named_children[0]) for one in root.named_children if one.type == "package_clause"), "")
    return FileFacts(
        path,
        language,
        whole=not root.has_error,
        package=package,
        definitions=tuple(one for node in declarations(root) for one in _defined(node)),
        imports=tuple(_imports(root)),
        uses=tuple(walk.uses),
        keys=() if path.endswith("_test.go") else (*migration_of(path), *_routes(root)),
    )


def _imports(root: Node) -> Iterator[Import]:
    for declaration in root.named_children:
        groups = declaration.named_children if declaration.type == "import_declaration" else []
        for one in [spec for group in groups for spec in ([group] if group.type == "import_spec" else group.named_children)]:
            module, given = literal(child(one, "path")), said(child(one, "name"))
            parts = [part for part in module.split("/") if not VERSION.match(part)]
            if given not in {"_", "."} and parts:
                yield Import(given or parts[-1].removeprefix("go-").partition(".")[0], module, "", line_of(one))


def _defined(node: Node) -> Iterator[Definition]:
    scope = Scope()
    match node.type:
        case "function_declaration":
            yield _function(node, said(child(node, "name")), DefinitionKind.function, scope)
        case "method_declaration":
            yield _function(node, f"{receiver(node)}.{said(child(node, 'name'))}", DefinitionKind.method, scope)
        case "type_declaration":
            for spec in node.named_children:
                yield from _type(spec, scope)
        case "const_declaration" | "var_declaration":
            specs = [
                one for group in node.named_children for one in (group.named_children if group.type.endswith("_list") else [group])
            ]
            for spec in specs:
                yield from _values(spec, scope)
        case _:
            return


def _function(node: Node, name: str, kind: DefinitionKind, scope: Scope) -> Definition:
    result = child(node, "result")
    value = value_of(result, scope)
    return Definition(
        name=name,
        kind=kind,
        line=line_of(node),
        signature=one_line(header(node) or text_of(node)),
        parameters=tuple(_parameters(child(node, "parameters"))),
        returns=written(result),
        value=value if known(value) else (),
        traits=frozenset({Trait.abstract}) if node.type == "method_elem" else frozenset(),
        digest=digest(node, name),
    )


def _parameters(node: Node | None) -> Iterator[Parameter]:
    for one in node.named_children if node is not None else []:
        kind = written(child(one, "type"))
        if one.type == "variadic_parameter_declaration":
            yield Parameter(said(child(one, "name")) or "_", ParameterKind.rest, False, kind)
        elif one.type == "parameter_declaration":
            for name in one.children_by_field_name("name") or [one]:
                yield Parameter(said(name) if name != one else "_", ParameterKind.positional, True, kind)


def _type(spec: Node, scope: Scope) -> Iterator[Definition]:
    name, kind = said(child(spec, "name")), child(spec, "type")
    if not name or kind is None:
        return
    interface = kind.type == "interface_type"
    yield Definition(
        name=name,
        kind=DefinitionKind.cls,
        line=line_of(spec),
        signature=one_line(f"type {text_of(spec)}", 160),
        value=(name, CALLED),
        bases=embedded(kind, scope),
        traits=frozenset({Trait.interface}) if interface else frozenset(),
        digest=digest(spec, name),
    )
    for group in kind.named_children:
        if group.type == "method_elem":
            yield _function(group, f"{name}.{said(child(group, 'name'))}", DefinitionKind.method, scope)
        for one in group.named_children if group.type == "field_declaration_list" else []:
            for field in one.children_by_field_name("name"):
                yield _field(one, f"{name}.{said(field)}", DefinitionKind.field, scope)


def _field(node: Node, name: str, kind: DefinitionKind, scope: Scope) -> Definition:
    value = value_of(child(node, "type"), scope)
    told = written(child(node, "type"))
    return Definition(name, kind, line_of(node), one_line(text_of(node), 120), returns=told, value=value if known(value) else ())


def _values(spec: Node, scope: Scope) -> Iterator[Definition]:
    given = child(spec, "value")
    values = given.named_children if given is not None else []
    for i, name in enumerate(spec.children_by_field_name("name")):
        if said(name) != "_":
            one = _field(spec, said(name), DefinitionKind.variable, scope)
            held: Chain = meaning(values[i], scope) if not one.value and i < len(values) else one.value
            yield one._replace(value=held if held and known(held) else (), literal=text_of(values[i])[:60] if i < len(values) else "")


def _routes(root: Node) -> Iterator[Key]:
    """``r.GET("/x", …)`` and ``http.HandleFunc("GET /x", …)``."""
    nodes = [root]
    for node in nodes:  # grows while it is walked
        nodes.extend(node.named_children)
        function, given = child(node, "function"), child(node, "arguments")
        if node.type != "call_expression" or function is None or function.type != "selector_expression" or given is None:
            continue
        verb, holder, arguments = said(child(function, "field")), said(child(function, "operand")), given.named_children
        name = literal(arguments[0]) if len(arguments) > 1 else ""
        if "/" in name and holder.isidentifier() and (verb.upper() in VERBS or verb in HANDLING):
            method = "" if verb in HANDLING else f"{verb.upper()} "
            space = "routes" if holder == "http" else f"={holder}"
            yield Key(KeyKind.route, space, f"{method}{name}", line_of(node), text_of(arguments[-1])[:60])
