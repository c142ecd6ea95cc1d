"""Types of Rust in the words that the comparer knows, and what has them."""

from __future__ import annotations

from tree_sitter import Node

from orchestrator.nouns.code import BY_KEY, EACH, Chain
from orchestrator.verbs.semantic.scope import NOTHING, Scope, step
from orchestrator.verbs.semantic.walking import child, instance
from orchestrator.verbs.symbols.syntax import said

NUMBERS = {f"{sign}{bits}": "int" for sign in "iu" for bits in ("8", "16", "32", "64", "128", "size")}
PLAIN = {**NUMBERS, "f32": "float", "f64": "float", "bool": "bool", "str": "str", "String": "str", "char": "str", "()": "None"}
LISTS = frozenset({"Vec", "VecDeque", "HashSet", "BTreeSet", "Iterator"})
MAPS = frozenset({"HashMap", "BTreeMap"})
HOLDERS = frozenset({"Box", "Rc", "Arc", "Ref", "RefCell", "Cell", "Mutex", "RwLock", "Option", "Result", "Cow", "Pin"})
"""What is inside is reached by dereferencing, unwrapping or locking."""

INSIDE = frozenset({"reference_type", "abstract_type", "dynamic_type", "pointer_type"})


def written(node: Node | None) -> str:
    """The type as the comparer reads it; empty: none is said."""
    match node.type if node is not None else "":
        case "":
            return ""
        case kind if kind in INSIDE:
            return written(child(node, "type") or child(node, "trait"))
        case "tuple_type" if node is not None:
            return f"tuple[{', '.join(map(written, node.named_children))}]"
        case "array_type" | "slice_type":
            return f"list[{written(child(node, 'element'))}]"
        case "generic_type":
            return _generic(node)
        case "type_identifier" | "primitive_type" | "unit_type" | "scoped_type_identifier":
            text = said(node).rpartition("::")[2]
            return PLAIN.get(text, "Any" if len(text) == 1 else text)
        case _:
            return "Any"


def _generic(node: Node | None) -> str:
    name, parts = said(child(node, "type")).rpartition("::")[2], arguments(node)
    inner = written(parts[0]) if parts else "Any"
    if name == "Option":
        return f"{inner} | None"
    if name in HOLDERS:
        return inner
    if name in LISTS:
        return f"list[{inner}]"
    return f"dict[{inner}, {written(parts[-1])}]" if name in MAPS and parts else name


def arguments(node: Node | None) -> list[Node]:
    given = child(node, "type_arguments")
    return [one for one in given.named_children if one.type != "lifetime"] if given is not None else []


def value_of(node: Node | None, scope: Scope) -> Chain:
    """What has the type, or is inside of it, as a chain."""
    match node.type if node is not None else "":
        case kind if kind in INSIDE:
            return value_of(child(node, "type") or child(node, "trait"), scope)
        case "type_identifier":
            name = said(node)
            own = tuple(scope.of_class.split(".")) if name == "Self" and scope.of_class else scope.lookup(name)
            return instance(own) if name not in PLAIN else NOTHING
        case "scoped_type_identifier":
            return instance(path_of(node, scope))
        case "array_type" | "slice_type":
            return step(value_of(child(node, "element"), scope), EACH)
        case "generic_type":
            name, parts = said(child(node, "type")).rpartition("::")[2], arguments(node)
            if name in HOLDERS and parts:
                return value_of(parts[0], scope)
            if name in LISTS and parts:
                return step(value_of(parts[0], scope), EACH)
            if name in MAPS and parts:
                return step(value_of(parts[-1], scope), BY_KEY)
            return value_of(child(node, "type"), scope)
        case _:
            return NOTHING


def path_of(node: Node | None, scope: Scope) -> Chain:
    """``Cart::new``, ``crate::money::zero``. The part that is a module for sure is one step, which ``modules_of`` imports."""
    parts = said(node).partition("<")[0].split("::")
    if parts[0] in {"crate", "self", "super"} and len(parts) > 1:
        cut = next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
        return ("::".join(parts[:cut]), *parts[cut:])
    first = tuple(scope.of_class.split(".")) if parts[0] == "Self" and scope.of_class else scope.lookup(parts[0])
    return (*first, *parts[1:])
