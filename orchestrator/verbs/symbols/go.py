"""Exported symbols of Go source: what begins with a capital letter (go.dev/ref/spec#Exported_identifiers)."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_go
from tree_sitter import Node

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols.found import Found, one_line
from orchestrator.verbs.symbols.syntax import declarations, doc_of, header, members, name_of, parse, said, symbol


def read(path: str, text: bytes) -> Found:
    """What the file exports; the intact parts when it does not parse."""
    root = parse(tree_sitter_go.language(), text)
    symbols = [s for node in declarations(root) for s in _declaration(path, node)]
    return Found(symbols, whole=not root.has_error)


def _declaration(path: str, node: Node) -> Iterator[Symbol]:
    match node.type:
        case "function_declaration":
            if (name := name_of(node))[:1].isupper() and (signature := header(node)):
                yield symbol(path, node, SymbolKind.function, name, signature, doc=doc_of(node))
        case "method_declaration":
            owner = _receiver(node.child_by_field_name("receiver"))
            name = name_of(node)
            if name[:1].isupper() and owner[:1].isupper() and (signature := header(node)):
                yield symbol(path, node, SymbolKind.method, f"{owner}.{name}", signature, doc=doc_of(node))
        case "type_declaration":
            for spec in node.named_children:
                yield from _type(path, node, spec)
        case "const_declaration" | "var_declaration":
            specs = [s for s in node.named_children if s.type == "var_spec_list"]
            for spec in specs[0].named_children if specs else node.named_children:
                yield from _values(path, node, spec)
        case _:
            return


def _receiver(parameters: Node | None) -> str:
    """``Account`` for ``(a *Account)`` and ``List`` for ``(l List[T])``."""
    inside = said(parameters).strip("()").partition("[")[0]
    return inside.rpartition(" ")[2].lstrip("*")


def _type(path: str, node: Node, spec: Node) -> Iterator[Symbol]:
    name, kind = name_of(spec), spec.child_by_field_name("type")
    if spec.type not in {"type_spec", "type_alias"} or not name[:1].isupper() or kind is None or spec.has_error:
        return
    doc = doc_of(spec) or doc_of(node)
    match kind.type:
        case "struct_type":
            fields = next((c for c in kind.named_children if c.type == "field_declaration_list"), None)
            yield symbol(path, spec, SymbolKind.cls, name, f"type {header(spec, until='type')} struct{members(fields)}", doc=doc)
        case "interface_type":
            yield symbol(path, spec, SymbolKind.type, name, f"type {header(spec, until='type')} interface{members(kind)}", doc=doc)
        case _:
            yield symbol(path, spec, SymbolKind.type, name, f"type {one_line(said(spec))}", doc=doc)


def _values(path: str, node: Node, spec: Node) -> Iterator[Symbol]:
    if spec.type not in {"const_spec", "var_spec"} or spec.has_error:
        return
    word = node.type.partition("_")[0]
    doc = doc_of(spec) or (doc_of(node) if node.named_child_count == 1 else "")
    for name in spec.children_by_field_name("name"):
        if said(name)[:1].isupper():
            yield symbol(path, spec, SymbolKind.constant, said(name), f"{word} {one_line(said(spec), 100)}", doc=doc)
