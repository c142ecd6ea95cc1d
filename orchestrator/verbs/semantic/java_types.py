"""Types of Java in the words that the comparer knows, and what has them."""

from __future__ import annotations

from tree_sitter import Node

from orchestrator.nouns.code import BY_KEY, EACH, Chain
from orchestrator.verbs.semantic.scope import NOTHING, Scope, step
from orchestrator.verbs.semantic.walking import instance
from orchestrator.verbs.symbols.syntax import said

PLAIN = {
    "String": "str",
    "CharSequence": "str",
    "int": "int",
    "long": "int",
    "short": "int",
    "byte": "int",
    "Integer": "int",
    "Long": "int",
    "double": "float",
    "float": "float",
    "Double": "float",
    "Float": "float",
    "boolean": "bool",
    "Boolean": "bool",
    "void": "None",
    "Object": "Any",
    "var": "",
}
LISTS = frozenset(
    {"List", "Set", "Collection", "Iterable", "Iterator", "Stream", "Queue", "Deque", "ArrayList", "HashSet", "LinkedList"}
)
MAPS = frozenset({"Map", "HashMap", "TreeMap", "LinkedHashMap", "ConcurrentHashMap"})


def written(node: Node | None) -> str:
    """The type as the comparer reads it; of one letter, it is a variable and says nothing."""
    if node is None:
        return ""
    if node.type == "array_type":
        return f"list[{written(node.named_children[0])}]"
    if node.type != "generic_type":
        text = said(node)
        return PLAIN.get(text, "Any" if len(text) == 1 else text)
    name, parts = said(node.named_children[0]), [written(one) for one in _arguments(node)]
    if name in LISTS and parts:
        return f"list[{parts[0]}]"
    return f"dict[{', '.join(parts)}]" if name in MAPS and parts else name


def value_of(node: Node | None, scope: Scope) -> Chain:
    """What has the type, as a chain."""
    match node.type if node is not None else "":
        case "type_identifier":
            return instance(scope.lookup(said(node))) if said(node) not in PLAIN else NOTHING
        case "scoped_type_identifier":
            first, *rest = said(node).split(".")
            return instance((*scope.lookup(first), *rest))
        case "array_type" if node is not None:
            return step(value_of(node.named_children[0], scope), EACH)
        case "generic_type" if node is not None:
            name, parts = said(node.named_children[0]), _arguments(node)
            if name in LISTS and parts:
                return step(value_of(parts[0], scope), EACH)
            if name in MAPS and parts:
                return step(value_of(parts[-1], scope), BY_KEY)
            return instance(scope.lookup(name))
        case _:
            return NOTHING


def _arguments(node: Node) -> list[Node]:
    return [one for given in node.named_children if given.type == "type_arguments" for one in given.named_children]
