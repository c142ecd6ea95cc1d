"""Exported symbols of JavaScript and TypeScript: their grammars give the same names to the same things."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols.found import Found, one_line
from orchestrator.verbs.symbols.syntax import COMMENTS, declarations, doc_of, header, members, name_of, said, symbol

FUNCTIONS = frozenset({"function_declaration", "generator_function_declaration", "function_signature"})
FUNCTION_VALUES = frozenset({"arrow_function", "function_expression", "generator_function", "function"})
CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
TYPES = frozenset({"interface_declaration", "type_alias_declaration", "enum_declaration"})
METHODS = frozenset({"method_definition", "abstract_method_signature", "method_signature"})
VALUE_LIMIT = 60


def exported(path: str, root: Node) -> Found:
    """``export …``, ``export { … }``, ``export default``, ``module.exports = …`` and ``exports.x = …``."""
    top = list(declarations(root))
    local = {name: node for node in top for name, node in _declared(node)}
    symbols = [s for node in top for s in _exported(path, node, local)]
    return Found(symbols, whole=not root.has_error)


def _declared(node: Node) -> Iterator[tuple[str, Node]]:
    """Names a top-level declaration makes, for ``export { … }`` lists that name them later."""
    inner = node.child_by_field_name("declaration") if node.type == "export_statement" else node
    if inner is None:
        return
    for one in inner.named_children if inner.type in {"lexical_declaration", "variable_declaration"} else [inner]:
        if name := name_of(one):
            yield name, one


def _exported(path: str, node: Node, local: dict[str, Node]) -> Iterator[Symbol]:
    match node.type:
        case "export_statement" if node.child_by_field_name("source") is None:
            yield from _export_statement(path, node, local)
        case "expression_statement":
            for child in node.named_children:
                if child.type == "assignment_expression":
                    yield from _common_js(path, child, local)
        case _:
            return


def _export_statement(path: str, node: Node, local: dict[str, Node]) -> Iterator[Symbol]:
    default = any(c.type == "default" for c in node.children)
    doc = doc_of(node)
    if (declaration := node.child_by_field_name("declaration")) is not None:
        yield from _declaration(path, declaration, doc, "default" if default else "")
    elif (value := node.child_by_field_name("value")) is not None:
        known = local.get(said(value))
        if known is not None:
            yield from _declaration(path, known, doc or doc_of(known), "")
        else:
            yield from _value(path, node, "default", value, doc)
    for clause in node.named_children:
        if clause.type == "export_clause":
            yield from _listed(path, clause, local)


def _listed(path: str, clause: Node, local: dict[str, Node]) -> Iterator[Symbol]:
    for specifier in clause.named_children:
        known = local.get(name_of(specifier))
        alias = said(specifier.child_by_field_name("alias"))
        if known is not None:
            for found in _declaration(path, known, doc_of(known), ""):
                first, dot, rest = found.name.partition(".")
                yield found.model_copy(update={"name": f"{alias or first}{dot}{rest}"})


def _declaration(path: str, node: Node, doc: str, unnamed: str) -> Iterator[Symbol]:
    """The symbols of one declaration; ``unnamed`` is what it is called when it has no name of its own."""
    name = name_of(node) or unnamed
    kind = node.type
    if kind in {"lexical_declaration", "variable_declaration"}:
        for declarator in node.named_children:
            if declarator.type == "variable_declarator":
                yield from _variable(path, declarator, doc or doc_of(node))
    elif kind == "variable_declarator":
        yield from _variable(path, node, doc)
    elif kind == "ambient_declaration":
        for child in node.named_children:
            yield from _declaration(path, child, doc, "")
    elif kind in FUNCTIONS and name and (signature := header(node)):
        yield symbol(path, node, SymbolKind.function, name, signature, doc=doc)
    elif kind in CLASSES and name and (signature := header(node, skip=frozenset({"decorator"}))):
        yield symbol(path, node, SymbolKind.cls, name, signature, doc=doc)
        yield from _methods(path, node, name)
    elif kind in TYPES and name and not node.has_error:
        yield symbol(path, node, SymbolKind.type, name, _type(node), doc=doc)
    elif kind in {"internal_module", "module"} and (body := node.child_by_field_name("body")) is not None:
        for inner in body.named_children:
            for found in _exported(path, inner, {}):
                yield found.model_copy(update={"name": f"{name}.{found.name}"})


def _type(node: Node) -> str:
    body = node.child_by_field_name("body")
    if body is None:
        return one_line(said(node).rstrip(";"))
    return header(node) + members(body, ", " if node.type == "enum_declaration" else "; ")


def _variable(path: str, node: Node, doc: str) -> Iterator[Symbol]:
    value = node.child_by_field_name("value")
    if (name := name_of(node)) and name.replace("$", "_").isidentifier() and not node.is_error:
        yield from _value(path, node, name, value, doc)


def _value(path: str, node: Node, name: str, value: Node | None, doc: str) -> Iterator[Symbol]:
    """``const name = value``: a function, a class, or a constant."""
    if value is not None and value.type in FUNCTION_VALUES:
        if signature := header(value):
            shape = signature.removesuffix("=>").removeprefix("function").strip()
            word = "export default" if name == "default" else f"const {name} ="
            yield symbol(path, node, SymbolKind.function, name, f"{word} {shape}", doc=doc)
    elif value is not None and value.type in CLASSES:
        yield symbol(path, node, SymbolKind.cls, name, f"class {name} {header(value).removeprefix('class')}".strip(), doc=doc)
        yield from _methods(path, value, name)
    elif value is None or not value.has_error:
        kind = said(node.child_by_field_name("type"))
        text = one_line(said(value))
        shown = f" = {text if len(text) <= VALUE_LIMIT else '…'}" if text else ""
        yield symbol(path, node, SymbolKind.constant, name, f"const {name}{kind}{shown}", doc=doc)


def _methods(path: str, node: Node, owner: str) -> Iterator[Symbol]:
    body = node.child_by_field_name("body")
    for member in body.named_children if body is not None else []:
        name = name_of(member)
        hidden = any(c.type == "accessibility_modifier" and said(c) != "public" for c in member.children)
        if member.type not in METHODS or hidden or not name or name.startswith(("_", "#")):
            continue
        if signature := header(member, skip=frozenset({"decorator"})):
            called = "constructor" if name == "constructor" else name
            yield symbol(path, member, SymbolKind.method, f"{owner}.{called}", signature, doc=doc_of(member))


def _common_js(path: str, node: Node, local: dict[str, Node]) -> Iterator[Symbol]:
    left, right = said(node.child_by_field_name("left")), node.child_by_field_name("right")
    statement = node.parent or node
    if right is None:
        return
    if left == "module.exports" and right.type == "object":
        yield from _object(path, right, local)
    elif left == "module.exports" and (known := local.get(said(right))) is not None:
        yield from _declaration(path, known, doc_of(known), "")
    elif left.startswith(("exports.", "module.exports.")):
        name = left.rpartition(".")[2]
        if (known := local.get(said(right))) is not None:
            yield from _declaration(path, known, doc_of(statement) or doc_of(known), "")
        elif not name.startswith("_"):
            yield from _value(path, node, name, right, doc_of(statement))


def _object(path: str, node: Node, local: dict[str, Node]) -> Iterator[Symbol]:
    for entry in node.named_children:
        if entry.type in COMMENTS:
            continue
        named = said(entry.child_by_field_name("value")) if entry.type == "pair" else said(entry)
        if (known := local.get(named)) is not None:
            yield from _declaration(path, known, doc_of(known), "")
        elif entry.type == "pair":
            key = said(entry.child_by_field_name("key")).strip("'\"")
            yield from _value(path, entry, key, entry.child_by_field_name("value"), doc_of(entry))
        elif entry.type == "method_definition" and (signature := header(entry)):
            yield symbol(path, entry, SymbolKind.function, name_of(entry), signature, doc=doc_of(entry))
