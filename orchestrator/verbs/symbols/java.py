"""Public symbols of Java source: public types, their public methods and constructors, public static final constants."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_java
from tree_sitter import Node

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols.found import Found, one_line
from orchestrator.verbs.symbols.syntax import declarations, doc_of, header, name_of, parse, said, symbol

TYPES = {
    "class_declaration": SymbolKind.cls,
    "record_declaration": SymbolKind.cls,
    "interface_declaration": SymbolKind.type,
    "enum_declaration": SymbolKind.type,
    "annotation_type_declaration": SymbolKind.type,
}
METHODS = frozenset({"method_declaration", "constructor_declaration"})
OPEN = frozenset({"interface_declaration", "annotation_type_declaration"})
"""Types whose members are public without saying so (JLS 9.4)."""


def read(path: str, text: bytes) -> Found:
    """What the file offers; the intact parts when it does not parse."""
    root = parse(tree_sitter_java.language(), text)
    symbols = [s for node in declarations(root) if node.type in TYPES for s in _type(path, node, "", open_=False)]
    return Found(symbols, whole=not root.has_error)


def _words(node: Node) -> set[str]:
    """Its modifiers, annotations left out."""
    modifiers = next((c for c in node.children if c.type == "modifiers"), None)
    return {said(c) for c in modifiers.children if not c.is_named} if modifiers is not None else set()


def _head(node: Node) -> str:
    """``public static`` and so on, then the declaration without annotations; empty if it is broken."""
    rest = header(node, skip=frozenset({"modifiers"}))
    modifiers = next((c for c in node.children if c.type == "modifiers"), None)
    kept = [said(c) for c in modifiers.children if not c.is_named] if modifiers is not None else []
    return " ".join([*kept, rest]) if rest else ""


def _type(path: str, node: Node, prefix: str, *, open_: bool) -> Iterator[Symbol]:
    name, head = name_of(node), _head(node)
    if not name or not head or not (open_ or "public" in _words(node)):
        return
    values = ", ".join(_enum_values(node))
    shown = f"{head} {{ {one_line(values, 200)} }}" if values else head
    yield symbol(path, node, TYPES[node.type], prefix + name, shown, doc=doc_of(node))
    for member in _members(node):
        yield from _member(path, member, f"{prefix}{name}.", open_=node.type in OPEN)


def _members(node: Node) -> Iterator[Node]:
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else []:
        if child.type == "enum_body_declarations":
            yield from child.named_children
        else:
            yield child


def _enum_values(node: Node) -> Iterator[str]:
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else []:
        if child.type == "enum_constant":
            yield name_of(child)


def _member(path: str, node: Node, prefix: str, *, open_: bool) -> Iterator[Symbol]:
    words = _words(node)
    visible = "public" in words or (open_ and "private" not in words)
    if node.type in TYPES:
        yield from _type(path, node, prefix, open_=open_)
    elif node.type in METHODS and visible and (head := _head(node)):
        yield symbol(path, node, SymbolKind.method, prefix + name_of(node), head.rstrip(";"), doc=doc_of(node))
    elif node.type == "constant_declaration" or (node.type == "field_declaration" and {"public", "static", "final"} <= words):
        for declarator in node.named_children:
            if declarator.type == "variable_declarator" and not node.has_error:
                shown = f"{said(node.child_by_field_name('type'))} {one_line(said(declarator), 80)}"
                yield symbol(path, node, SymbolKind.constant, prefix + name_of(declarator), shown, doc=doc_of(node))
