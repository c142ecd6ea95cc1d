"""Public symbols of Rust source: ``pub``, and ``pub(crate)``, which the other sessions of the same crate can use."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_rust
from tree_sitter import Node

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols.found import Found, one_line
from orchestrator.verbs.symbols.syntax import declarations, doc_of, header, members, name_of, parse, said, symbol

VISIBLE = frozenset({"pub", "pub(crate)"})
CONSTANTS = frozenset({"const_item", "static_item"})


def read(path: str, text: bytes) -> Found:
    """What the file offers; the intact parts when it does not parse."""
    root = parse(tree_sitter_rust.language(), text)
    return Found(list(_items(path, declarations(root), "")), whole=not root.has_error)


def _items(path: str, items: Iterator[Node], prefix: str) -> Iterator[Symbol]:
    for node in items:
        if node.type == "impl_item":
            yield from _impl(path, node, prefix)
        elif node.type == "mod_item" and _visible(node) and (body := node.child_by_field_name("body")) is not None:
            yield from _items(path, iter(body.named_children), f"{prefix}{name_of(node)}.")
        elif _visible(node) and name_of(node):
            yield from _item(path, node, prefix + name_of(node))


def _visible(node: Node) -> bool:
    return any(c.type == "visibility_modifier" and said(c).replace(" ", "") in VISIBLE for c in node.children)


def _item(path: str, node: Node, name: str) -> Iterator[Symbol]:
    doc = doc_of(node)
    match node.type:
        case "function_item" | "function_signature_item":
            if signature := header(node):
                yield symbol(path, node, SymbolKind.function, name, signature, doc=doc)
        case "struct_item" | "union_item":
            if not node.has_error:
                yield symbol(path, node, SymbolKind.cls, name, _struct(node), doc=doc)
        case "enum_item":
            if not node.has_error:
                yield symbol(path, node, SymbolKind.type, name, header(node) + members(_body(node), ", "), doc=doc)
        case "trait_item":
            if signature := header(node):
                yield symbol(path, node, SymbolKind.type, name, signature, doc=doc)
                yield from _trait_methods(path, node, name)
        case "type_item":
            if not node.has_error:
                yield symbol(path, node, SymbolKind.type, name, said(node).rstrip(";"), doc=doc)
        case kind if kind in CONSTANTS:
            yield symbol(path, node, SymbolKind.constant, name, one_line(said(node).rstrip(";"), 120), doc=doc)
        case _:
            return


def _body(node: Node) -> Node | None:
    return node.child_by_field_name("body")


def _struct(node: Node) -> str:
    """Its header and the fields others can see."""
    body = _body(node)
    if body is None or body.type != "field_declaration_list":
        return said(node).rstrip(";")
    fields = [one_line(said(f)) for f in body.named_children if f.type == "field_declaration" and _visible(f)]
    return header(node) + (f" {{ {', '.join(fields)} }}" if fields else "")


def _impl(path: str, node: Node, prefix: str) -> Iterator[Symbol]:
    """Visible members of ``impl Type``; what ``impl Trait for Type`` offers is the trait's."""
    body, owner = _body(node), said(node.child_by_field_name("type")).partition("<")[0]
    if body is None or node.child_by_field_name("trait") is not None:
        return
    for member in body.named_children:
        name = f"{prefix}{owner}.{name_of(member)}"
        if member.type == "function_item" and _visible(member) and (signature := header(member)):
            yield symbol(path, member, SymbolKind.method, name, signature, doc=doc_of(member))
        elif member.type == "const_item" and _visible(member):
            yield symbol(path, member, SymbolKind.constant, name, said(member).rstrip(";"), doc=doc_of(member))


def _trait_methods(path: str, node: Node, owner: str) -> Iterator[Symbol]:
    body = _body(node)
    for member in body.named_children if body is not None else []:
        if member.type in {"function_item", "function_signature_item"} and (signature := header(member)):
            yield symbol(path, member, SymbolKind.method, f"{owner}.{name_of(member)}", signature, doc=doc_of(member))
