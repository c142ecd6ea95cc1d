"""Types of Go in the words that the comparer knows, and what has them."""

from __future__ import annotations

from tree_sitter import Node

from orchestrator.nouns.code import BY_KEY, EACH, Chain
from orchestrator.verbs.semantic.scope import NOTHING, Scope, step
from orchestrator.verbs.semantic.walking import child, instance
from orchestrator.verbs.symbols.syntax import said

PLAIN = {
    "string": "str",
    "bool": "bool",
    "float32": "float",
    "float64": "float",
    "any": "Any",
    "interface{}": "Any",
    **{f"{sign}int{bits}": "int" for sign in ("", "u") for bits in ("", "8", "16", "32", "64")},
    "byte": "int",
    "rune": "int",
}
LISTS = frozenset({"slice_type", "array_type"})


def written(node: Node | None) -> str:
    """The type as the comparer reads it; empty: a function that gives nothing."""
    match node.type if node is not None else "":
        case "":
            return ""
        case "pointer_type" | "parenthesized_type" if node is not None:
            return written(node.named_children[0])
        case kind if kind in LISTS and node is not None:
            return f"list[{written(child(node, 'element'))}]"
        case "map_type":
            return f"dict[{written(child(node, 'key'))}, {written(child(node, 'value'))}]"
        case "parameter_list" if node is not None:
            parts = [written(child(one, "type")) for one in node.named_children for _ in one.children_by_field_name("name") or [one]]
            return parts[0] if len(parts) == 1 else f"tuple[{', '.join(parts)}]"
        case "type_identifier" | "qualified_type" | "generic_type" | "interface_type":
            return PLAIN.get(said(node), said(node).partition("[")[0].partition("{")[0])
        case _:
            return "Any"


def value_of(node: Node | None, scope: Scope) -> Chain:
    """What has the type, as a chain. Of several results it is the first."""
    match node.type if node is not None else "":
        case "pointer_type" | "parenthesized_type" if node is not None:
            return value_of(node.named_children[0], scope)
        case "type_identifier":
            return instance(scope.lookup(said(node))) if said(node) not in PLAIN else NOTHING
        case "qualified_type":
            return instance((*scope.lookup(said(child(node, "package"))), said(child(node, "name"))))
        case "generic_type":
            return value_of(child(node, "type"), scope)
        case kind if kind in LISTS:
            return step(value_of(child(node, "element"), scope), EACH)
        case "map_type":
            return step(value_of(child(node, "value"), scope), BY_KEY)
        case "parameter_list" if node is not None and node.named_children:
            return value_of(child(node.named_children[0], "type"), scope)
        case _:
            return NOTHING
