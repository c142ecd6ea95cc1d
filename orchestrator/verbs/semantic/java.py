"""The facts of a Java file, from its tree-sitter tree: its classes with their members, what it imports and uses, its routes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import tree_sitter_java
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
from orchestrator.verbs.semantic.java_types import value_of, written
from orchestrator.verbs.semantic.java_uses import TYPES, JavaWalk, bases, inside_of
from orchestrator.verbs.semantic.keys import migration_of
from orchestrator.verbs.semantic.scope import Scope, known
from orchestrator.verbs.semantic.walking import CONSTRUCTOR, child, digest, line_of, literal, text_of
from orchestrator.verbs.symbols.found import one_line
from orchestrator.verbs.symbols.syntax import header, parse, said

MAPPINGS = {"GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "DeleteMapping": "DELETE", "PatchMapping": "PATCH"}


def facts_of(path: str, language: str, text: str) -> FileFacts:
    """What the intact parts say; not ``whole`` when it does not parse."""
    root = parse(tree_sitter_java.language(), text.encode())
    package = next((said(one.named_children[-1]) for one in root.named_children if one.type == "package_declaration"), "")
    imports, names = _imports(root)
    scope = Scope(names=names)
    walk = JavaWalk(scope=Scope(outer=scope))
    defined: list[Definition] = []
    for node in root.named_children:
        if node.type in TYPES:
            walk.visit(node)
            defined.extend(_type(node, "", scope))
    counted = Counter(one.name for one in defined)
    return FileFacts(
        path,
        language,
        whole=not root.has_error,
        package=package,
        definitions=tuple(one._replace(traits=one.traits | {Trait.overloaded}) if counted[one.name] > 1 else one for one in defined),
        imports=tuple(imports),
        uses=tuple(walk.uses),
        keys=(*migration_of(path), *_routes(root)),
    )


def _imports(root: Node) -> tuple[list[Import], dict[str, Chain]]:
    """Classes that are imported, and what their static members and inner classes are called here."""
    found, names = list[Import](), dict[str, Chain]()
    for node in root.named_children:
        if node.type != "import_declaration" or any(c.type == "asterisk" for c in node.named_children):
            continue
        parts = said(node.named_children[0]).split(".")
        owner = next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
        found.append(Import(parts[owner], ".".join(parts[: owner + 1]), parts[owner], line_of(node)))
        if owner < len(parts) - 1:
            names[parts[-1]] = tuple(parts[owner:])
    return found, names


def _type(node: Node, within: str, outer: Scope) -> Iterator[Definition]:
    name = f"{within}.{said(child(node, 'name'))}".removeprefix(".")
    scope = inside_of(node, name, outer)
    words = _modifiers(node)
    traits = {
        trait
        for one, trait in (
            ("interface_declaration", Trait.interface),
            ("enum_declaration", Trait.enum),
            ("record_declaration", Trait.record),
        )
        if node.type == one
    }
    yield Definition(
        name=name,
        kind=DefinitionKind.cls,
        line=line_of(node),
        signature=one_line(header(node)),
        value=(*name.split("."), CALLED),
        bases=tuple(bases(node, scope)),
        decorators=tuple((word,) for word in words if word[:1].isupper()),
        traits=frozenset(traits),
        digest=digest(node, name),
    )
    for one in _parameters(child(node, "parameters")) if node.type == "record_declaration" else ():
        parameter = one._replace(kind=ParameterKind.positional)
        yield Definition(
            f"{name}.{one.name}", DefinitionKind.method, line_of(node), one.name, parameters=(), returns=parameter.annotation
        )
    for member in _members(node):
        yield from _member(member, name, scope, interface=node.type == "interface_declaration")


def _members(node: Node) -> Iterator[Node]:
    body = child(node, "body")
    for one in body.named_children if body is not None else []:
        yield from one.named_children if one.type == "enum_body_declarations" else [one]


def _member(node: Node, owner: str, scope: Scope, *, interface: bool) -> Iterator[Definition]:
    match node.type:
        case _ if node.type in TYPES:
            yield from _type(node, owner, scope)
        case "method_declaration" | "constructor_declaration":
            yield _method(node, owner, scope, interface=interface)
        case "field_declaration" | "constant_declaration":
            for one in node.named_children:
                if one.type == "variable_declarator":
                    yield _field(node, one, owner, scope)
        case "enum_constant":
            name = f"{owner}.{said(child(node, 'name'))}"
            yield Definition(name, DefinitionKind.member, line_of(node), text_of(node)[:120])
        case _:
            return


def _method(node: Node, owner: str, scope: Scope, *, interface: bool) -> Definition:
    words, kind = _modifiers(node), child(node, "type")
    short = CONSTRUCTOR if node.type == "constructor_declaration" else said(child(node, "name"))
    bare = child(node, "body") is None and "native" not in words
    traits = {trait for word, trait in (("static", Trait.static), ("private", Trait.private)) if word in words}
    if "abstract" in words or (interface and bare):
        traits.add(Trait.abstract)
    value = value_of(kind, scope)
    thrown = [scope.lookup(said(one)) for c in node.named_children if c.type == "throws" for one in c.named_children]
    return Definition(
        name=f"{owner}.{short}",
        kind=DefinitionKind.method,
        line=line_of(node),
        signature=one_line(header(node)),
        parameters=tuple(_parameters(child(node, "parameters"))),
        returns=written(kind),
        value=value if known(value) else (),
        raises=tuple(thrown),
        traits=frozenset(traits),
        digest=digest(node, short),
    )


def _field(node: Node, one: Node, owner: str, scope: Scope) -> Definition:
    value = value_of(child(node, "type"), scope)
    given = child(one, "value")
    return Definition(
        name=f"{owner}.{said(child(one, 'name'))}",
        kind=DefinitionKind.field,
        line=line_of(one),
        signature=one_line(text_of(node), 120),
        returns=written(child(node, "type")),
        value=value if known(value) else (),
        literal=text_of(given)[:60] if given is not None and given.type.endswith("literal") else "",
    )


def _parameters(node: Node | None) -> Iterator[Parameter]:
    for one in node.named_children if node is not None else []:
        if one.type == "formal_parameter":
            yield Parameter(said(child(one, "name")), ParameterKind.positional, True, written(child(one, "type")))
        elif one.type == "spread_parameter":
            yield Parameter(said(one.named_children[-1]), ParameterKind.rest, False, "")


def _modifiers(node: Node) -> list[str]:
    """``public``, ``static`` …, and the names of annotations."""
    found = next((c for c in node.named_children if c.type == "modifiers"), None)
    return [said(child(c, "name")) or said(c) for c in found.children] if found is not None else []


def _routes(root: Node) -> Iterator[Key]:
    """``@GetMapping("/x")`` below the ``@RequestMapping`` of its class."""
    nodes = [root]
    for node in nodes:  # grows while it is walked
        nodes.extend(node.named_children)
        if node.type != "method_declaration":
            continue
        cls = node.parent.parent if node.parent is not None else None
        prefix = next((path for name, path in _annotations(cls) if name == "RequestMapping"), "")
        for name, path in _annotations(node):
            if name in MAPPINGS:
                route = re.sub("/+", "/", f"/{prefix}/{path}").rstrip("/")
                yield Key(KeyKind.route, "routes", f"{MAPPINGS[name]} {route}", line_of(node), said(child(node, "name")))


def _annotations(node: Node | None) -> Iterator[tuple[str, str]]:
    for group in node.named_children if node is not None else []:
        for one in group.named_children if group.type == "modifiers" else []:
            given = child(one, "arguments")
            texts = [literal(c) for c in given.named_children if c.type == "string_literal"] if given is not None else []
            yield said(child(one, "name")), texts[0] if texts else ""
