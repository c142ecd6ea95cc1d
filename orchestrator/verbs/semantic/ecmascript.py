"""The facts of a JavaScript or TypeScript file, from its tree-sitter tree."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePosixPath

from tree_sitter import Node

from orchestrator.nouns.code import FileFacts, Import, Key, KeyKind
from orchestrator.verbs.semantic.ecmascript_definitions import definitions
from orchestrator.verbs.semantic.ecmascript_uses import ScriptWalk
from orchestrator.verbs.semantic.keys import METHODS, migration_of
from orchestrator.verbs.semantic.walking import child, line_of, literal, text_of
from orchestrator.verbs.symbols.paths import TEST_DIRECTORIES, TEST_NAME
from orchestrator.verbs.symbols.syntax import declarations, name_of, parse, said

GRAMMARS = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
}


def facts_of(path: str, language: str, text: str) -> FileFacts:
    """What the intact parts say; not ``whole`` when it does not parse."""
    module, grammar = GRAMMARS[language]
    root = parse(getattr(import_module(module), grammar)(), text.encode())
    walk = ScriptWalk()
    walk.visit(root)
    defined = tuple(definitions(root))
    return FileFacts(
        path,
        language,
        whole=not root.has_error,
        definitions=defined,
        imports=(*_imports(root), *_exported(root, path)),
        uses=tuple(walk.uses),
        keys=tuple(_keys(path, root)),
        dynamic=any(said(child(_assignment(n), "left")) == "module.exports" and not _is_object(n) for n in declarations(root)),
    )


def _imports(root: Node) -> Iterator[Import]:
    nodes = [root]
    for node in nodes:  # grows while it is walked: ``require`` may stand anywhere
        if node.type == "import_statement":
            yield from _import(node)
        elif node.type == "variable_declarator" and (module := _required(child(node, "value"))):
            yield from _require(node, module)
        else:
            nodes.extend(node.named_children)


def _import(node: Node) -> Iterator[Import]:
    module, line = literal(child(node, "source")), line_of(node)
    typing = text_of(node).startswith("import type ")
    clause = next((c for c in node.named_children if c.type == "import_clause"), None)
    for one in clause.named_children if clause is not None else []:
        match one.type:
            case "identifier":
                yield Import(said(one), module, "default", line, typing_only=typing)
            case "namespace_import":
                yield Import(said(one.named_children[-1]), module, "", line, typing_only=typing)
            case "named_imports":
                for each in one.named_children:
                    if name := name_of(each):
                        yield Import(said(child(each, "alias")) or name, module, name, line_of(each), typing_only=typing)
    if clause is None and module:
        yield Import("", module, "", line)


def _required(value: Node | None) -> str:
    """The module in ``require("module")``."""
    if value is None or value.type != "call_expression" or said(child(value, "function")) != "require":
        return ""
    given = child(value, "arguments")
    return literal(given.named_children[0]) if given is not None and given.named_children else ""


def _require(node: Node, module: str) -> Iterator[Import]:
    name = child(node, "name")
    if name is not None and name.type == "identifier":
        yield Import(said(name), module, "", line_of(node))
    for one in name.named_children if name is not None and name.type == "object_pattern" else []:
        key = said(child(one, "key") or one)
        yield Import(said(child(one, "value")) or key, module, key, line_of(one))


def _exported(root: Node, path: str) -> Iterator[Import]:
    """``export … from``, and names under which a file offers what it has under another one: an import from itself."""
    own = f"./{PurePosixPath(path).name}"
    for node in declarations(root):
        source = literal(child(node, "source"))
        if node.type == "export_statement" and source:
            yield from _passed_on(node, source)
        elif node.type == "export_statement":
            yield from _renamed(node, own)
        elif (assigned := _assignment(node)) is not None and said(child(assigned, "left")) == "module.exports":
            value = child(assigned, "right")
            for one in value.named_children if value is not None and value.type == "object" else []:
                name, held = said(child(one, "key")), child(one, "value")
                if held is not None and held.type == "identifier" and name != said(held):
                    yield Import(name, own, said(held), line_of(one), exported=True)


def _passed_on(node: Node, source: str) -> Iterator[Import]:
    clause = next((c for c in node.named_children if c.type in {"export_clause", "namespace_export"}), None)
    if clause is None:
        yield Import("*", source, "*", line_of(node), exported=True)
    elif clause.type == "namespace_export":
        yield Import(said(clause.named_children[-1]), source, "", line_of(node), exported=True)
    else:
        for one in clause.named_children:
            yield Import(said(child(one, "alias")) or name_of(one), source, name_of(one), line_of(one), exported=True)


def _renamed(node: Node, own: str) -> Iterator[Import]:
    if any(c.type == "default" for c in node.children):
        declared = child(node, "declaration") or child(node, "value")
        name = said(declared) if declared is not None and declared.type == "identifier" else said(child(declared, "name"))
        if name:
            yield Import("default", own, name, line_of(node), exported=True)
    for clause in node.named_children:
        for one in clause.named_children if clause.type == "export_clause" else []:
            alias = said(child(one, "alias"))
            if alias and alias != name_of(one):
                yield Import(alias, own, name_of(one), line_of(one), exported=True)


def _assignment(node: Node) -> Node | None:
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else None
    return inner if inner is not None and inner.type == "assignment_expression" else None


def _is_object(node: Node) -> bool:
    value = child(_assignment(node), "right")
    return value is not None and value.type == "object" and not any(c.type == "spread_element" for c in value.named_children)


def _keys(path: str, root: Node) -> Iterator[Key]:
    """Routes of ``app.get("/x", …)`` and its like, commands, and migration numbers; what tests announce is their own."""
    where = PurePosixPath(path)
    if TEST_NAME.search(where.name) or TEST_DIRECTORIES.intersection(where.parts[:-1]):
        return
    yield from migration_of(path)
    nodes = [root]
    for node in nodes:  # grows while it is walked
        nodes.extend(node.named_children)
        function, given = child(node, "function"), child(node, "arguments")
        if node.type != "call_expression" or function is None or function.type != "member_expression" or given is None:
            continue
        verb, holder = said(child(function, "property")), said(child(function, "object"))
        arguments = given.named_children
        name = literal(arguments[0]) if arguments else ""
        if not name or not holder.replace(".", "").replace("_", "").isalnum():
            continue
        if verb in METHODS | {"all"} and name.startswith("/") and len(arguments) > 1:
            yield Key(KeyKind.route, f"={holder}", f"{verb.upper()} {name}", line_of(node), text_of(arguments[-1])[:60])
        elif verb in {"command", "register"}:
            yield Key(KeyKind.command, f"={holder}", name, line_of(node), text_of(arguments[-1])[:60])
