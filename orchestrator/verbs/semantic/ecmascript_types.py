"""Types of TypeScript in the words that the comparer knows (``str``, ``list[…]``, ``X | None``), and what has them."""

from __future__ import annotations

from tree_sitter import Node

from orchestrator.nouns.code import BY_KEY, CALLED, EACH, Chain
from orchestrator.verbs.semantic.scope import NOTHING, Scope, step
from orchestrator.verbs.semantic.walking import child, instance
from orchestrator.verbs.symbols.syntax import said

PLAIN = {
    "string": "str",
    "number": "float",
    "boolean": "bool",
    "void": "None",
    "undefined": "None",
    "null": "None",
    "any": "Any",
    "unknown": "Any",
    "object": "Any",
    "never": "Any",
    "bigint": "int",
}
LISTS = frozenset({"Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "Iterator", "AsyncIterable", "Generator"})
MAPS = frozenset({"Map", "ReadonlyMap", "Record", "WeakMap"})
WRAPPERS = frozenset({"Promise", "Readonly", "Partial", "Required", "NonNullable", "Awaited", "PromiseLike"})


def inner(node: Node | None) -> Node | None:
    """The type in ``: type``."""
    if node is not None and node.type == "type_annotation":
        return node.named_children[0] if node.named_children else None
    return node


def written(node: Node | None) -> str:
    """The type as the comparer reads it; empty: none is said."""
    node = inner(node)
    match node.type if node is not None else "":
        case "":
            return ""
        case "predefined_type" | "literal_type" | "type_identifier":
            return _plain(node)
        case "array_type":
            return f"list[{_first(node)}]"
        case "tuple_type":
            return f"tuple[{', '.join(map(written, node.named_children))}]" if node else ""
        case "union_type":
            return " | ".join(dict.fromkeys(map(written, node.named_children))) if node else ""
        case "parenthesized_type" | "readonly_type":
            return _first(node)
        case "generic_type":
            return _generic(node)
        case _:
            return "Any"


def _plain(node: Node | None) -> str:
    text = said(node)
    if node is not None and node.type == "literal_type":
        kind = node.named_children[0].type if node.named_children else ""
        return {"string": "str", "number": "float", "true": "bool", "false": "bool"}.get(kind, "None")
    return PLAIN.get(text, text)


def _first(node: Node | None) -> str:
    return written(node.named_children[0]) if node is not None and node.named_children else "Any"


def _generic(node: Node | None) -> str:
    name, given = said(child(node, "name")), child(node, "type_arguments")
    parts = [written(one) for one in given.named_children] if given is not None else []
    if name in WRAPPERS and parts:
        return parts[0]
    if name in LISTS and parts:
        return f"list[{parts[0]}]"
    return f"dict[{', '.join(parts)}]" if name in MAPS and parts else name


def value_of(node: Node | None, scope: Scope) -> Chain:
    """What has the type, as a chain."""
    node = inner(node)
    match node.type if node is not None else "":
        case "type_identifier":
            return instance(scope.lookup(said(node)))
        case "nested_type_identifier":
            return instance(tuple(said(node).split(".")))
        case "array_type":
            return step(value_of(node.named_children[0], scope), EACH) if node and node.named_children else NOTHING
        case "union_type" if node is not None:
            kept = [one for one in node.named_children if written(one) != "None"]
            return value_of(kept[0], scope) if len(kept) == 1 else NOTHING
        case "parenthesized_type" | "readonly_type" if node is not None and node.named_children:
            return value_of(node.named_children[0], scope)
        case "generic_type":
            return _value_of_generic(node, scope)
        case _:
            return NOTHING


def _value_of_generic(node: Node | None, scope: Scope) -> Chain:
    name, given = said(child(node, "name")), child(node, "type_arguments")
    parts = given.named_children if given is not None else []
    if name in WRAPPERS and parts:
        return value_of(parts[0], scope)
    if name in LISTS and parts:
        return step(value_of(parts[0], scope), EACH)
    if name in MAPS and parts:
        return step(value_of(parts[-1], scope), BY_KEY)
    return (*scope.lookup(name), CALLED)
