"""The facts of a Rust file, from its tree-sitter tree: what it defines, imports and uses, its routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter_rust
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
from orchestrator.verbs.semantic.keys import migration_of
from orchestrator.verbs.semantic.rust_types import path_of, value_of, written
from orchestrator.verbs.semantic.rust_uses import RustWalk
from orchestrator.verbs.semantic.scope import Scope, known
from orchestrator.verbs.semantic.walking import child, digest, line_of, text_of
from orchestrator.verbs.symbols.found import one_line
from orchestrator.verbs.symbols.syntax import declarations, header, parse, said

ROUTE = re.compile(r'#\[(get|post|put|patch|delete)\("(/[^"]*)"')
VALUES = frozenset({"const_item", "static_item", "type_item"})


def facts_of(path: str, language: str, text: str) -> FileFacts:
    """What the intact parts say; not ``whole`` when it does not parse."""
    root = parse(tree_sitter_rust.language(), text.encode())
    walk = RustWalk()
    walk.visit(root)
    imports = [one for node in declarations(root) for one in _imports(node)]
    spelled = {use.chain[0] for use in walk.uses if "::" in use.chain[0]}
    return FileFacts(
        path,
        language,
        whole=not root.has_error,
        definitions=tuple(_definitions(root)),
        imports=(*imports, *(Import(name, name, "") for name in sorted(spelled))),
        uses=tuple(walk.uses),
        keys=(*migration_of(path), *_routes(text)),
    )


def _imports(node: Node) -> Iterator[Import]:
    if node.type == "mod_item" and child(node, "body") is None:
        name = said(child(node, "name"))
        yield Import(name, f"self::{name}", "", line_of(node), exported=True)
    elif node.type == "use_declaration":
        exported = any(one.type == "visibility_modifier" for one in node.named_children)
        for one in _used(child(node, "argument"), ()):
            yield one._replace(line=line_of(node), exported=exported)


def _used(node: Node | None, before: tuple[str, ...]) -> Iterator[Import]:
    """``a::{b, c as d, self, e::*}``, one by one."""
    match node.type if node is not None else "":
        case "use_list" if node is not None:
            for one in node.named_children:
                yield from _used(one, before)
        case "scoped_use_list":
            yield from _used(child(node, "list"), (*before, *_parts(child(node, "path"))))
        case "use_as_clause":
            for got in _used(child(node, "path"), before):
                yield got._replace(name=said(child(node, "alias")))
        case "use_wildcard" if node is not None:
            yield Import("*", "::".join([*before, *_parts(node.named_children[0] if node.named_children else None)]), "*")
        case "self" if before:
            yield _named(before)
        case "identifier" | "scoped_identifier" | "crate" | "super":
            yield _named((*before, *_parts(node)))
        case _:
            return


def _named(parts: tuple[str, ...]) -> Import:
    return Import(parts[-1], "::".join(parts[:-1]) or parts[-1], parts[-1] if parts[:-1] else "")


def _parts(node: Node | None) -> tuple[str, ...]:
    return tuple(said(node).split("::")) if node is not None else ()


def _definitions(root: Node) -> Iterator[Definition]:
    scope = Scope()
    nodes = list(declarations(root))
    traits: dict[str, list[Chain]] = {}
    for node in nodes:
        if node.type == "impl_item" and (trait := child(node, "trait")) is not None:
            traits.setdefault(_implemented(node), []).append(path_of(child(trait, "type") or trait, scope))
    for node in nodes:
        for one in _defined(node, scope):
            yield one._replace(bases=tuple(traits.get(one.name, ()))) if one.kind is DefinitionKind.cls else one


def _implemented(node: Node) -> str:
    kind = child(node, "type")
    return said(child(kind, "type") or kind)


def _defined(node: Node, scope: Scope) -> Iterator[Definition]:
    name = said(child(node, "name"))
    match node.type:
        case "function_item":
            yield _function(node, name, DefinitionKind.function, scope)
        case "struct_item":
            yield from _struct(node, name, scope)
        case "enum_item":
            yield _type(node, name, Trait.enum)
            body = child(node, "body")
            for one in body.named_children if body is not None else []:
                if one.type == "enum_variant":
                    yield Definition(f"{name}.{said(child(one, 'name'))}", DefinitionKind.member, line_of(one), text_of(one)[:120])
        case "trait_item":
            yield _type(node, name, Trait.interface)
            yield from _methods(node, name)
        case "impl_item":
            yield from _methods(node, _implemented(node))
        case kind if kind in VALUES:
            yield _value(node, name, DefinitionKind.variable, scope)
        case "macro_definition":
            yield Definition(f"{name}!", DefinitionKind.variable, line_of(node), f"macro_rules! {name}")
        case _:
            return


def _type(node: Node, name: str, trait: Trait) -> Definition:
    return Definition(
        name=name,
        kind=DefinitionKind.cls,
        line=line_of(node),
        signature=one_line(header(node)),
        value=(name, CALLED),
        traits=frozenset({trait}),
        digest=digest(node, name),
    )


def _struct(node: Node, name: str, scope: Scope) -> Iterator[Definition]:
    yield _type(node, name, Trait.record)
    body = child(node, "body")
    named = body is not None and body.type == "field_declaration_list"
    kinds = (
        [one for one in body.named_children if one.type not in {"visibility_modifier", "attribute_item"}] if body is not None else []
    )
    for i, one in enumerate(kinds):
        if "comment" in one.type:
            continue
        short = said(child(one, "name")) if named else str(i)
        field = _value(one, f"{name}.{short}", DefinitionKind.field, scope)
        kind = ParameterKind.keyword if named else ParameterKind.positional
        yield field._replace(parameters=(Parameter(short, kind, True, field.returns),))


def _methods(node: Node, owner: str) -> Iterator[Definition]:
    scope = Scope(of_class=owner)
    body = child(node, "body")
    for one in body.named_children if body is not None else []:
        name = f"{owner}.{said(child(one, 'name'))}"
        if one.type in {"function_item", "function_signature_item"}:
            yield _function(one, name, DefinitionKind.method, scope)
        elif one.type in VALUES:
            yield _value(one, name, DefinitionKind.field, scope)


def _function(node: Node, name: str, kind: DefinitionKind, scope: Scope) -> Definition:
    given, result = child(node, "parameters"), child(node, "return_type")
    parameters = given.named_children if given is not None else []
    bound = any(one.type == "self_parameter" for one in parameters)
    traits = set()
    if kind is DefinitionKind.method and not bound:
        traits.add(Trait.static)
    if node.type == "function_signature_item":
        traits.add(Trait.abstract)
    if any(one.type == "function_modifiers" and "async" in said(one) for one in node.named_children):
        traits.add(Trait.asynchronous)
    value = value_of(result, scope)
    return Definition(
        name=name,
        kind=kind,
        line=line_of(node),
        signature=one_line(header(node) or text_of(node)),
        parameters=tuple(
            Parameter(said(child(one, "pattern")), ParameterKind.positional, True, written(child(one, "type")))
            for one in parameters
            if one.type == "parameter"
        ),
        returns=written(result),
        value=value if known(value) else (),
        traits=frozenset(traits),
        digest=digest(node, name),
    )


def _value(node: Node, name: str, kind: DefinitionKind, scope: Scope) -> Definition:
    told = child(node, "type") or node
    value, held = value_of(told, scope), child(node, "value")
    return Definition(
        name=name,
        kind=kind,
        line=line_of(node),
        signature=one_line(text_of(node), 120),
        returns=written(told),
        value=value if known(value) else (),
        literal=text_of(held)[:60] if held is not None and held.type.endswith("literal") else "",
    )


def _routes(text: str) -> Iterator[Key]:
    """``#[get("/x")]`` of actix and rocket."""
    for found in ROUTE.finditer(text):
        yield Key(KeyKind.route, "routes", f"{found[1].upper()} {found[2]}", text.count("\n", 0, found.start()) + 1)
