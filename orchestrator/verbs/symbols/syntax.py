"""Reading syntax trees of tree-sitter: the parts that the languages share."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter
from tree_sitter import Node

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols.found import first_line, one_line

COMMENTS = frozenset({"comment", "line_comment", "block_comment"})
BETWEEN = frozenset({"attribute_item", "decorator"})
"""What may stand between a doc comment and what it describes."""

BODY_LIMIT = 200
"""Characters of the members of a type that its signature shows."""


def parse(grammar: object, text: bytes) -> Node:
    """The root of the tree; ``has_error`` when parts of the text are not of the language."""
    return tree_sitter.Parser(tree_sitter.Language(grammar)).parse(text).root_node


def declarations(root: Node) -> Iterator[Node]:
    """What stands at the top, inside unparsable stretches too."""
    for child in root.named_children:
        if child.type == "ERROR":
            yield from declarations(child)
        else:
            yield child


def said(node: Node | None) -> str:
    """The node's text."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def name_of(node: Node) -> str:
    """The text of its ``name``; empty when it has none or the name is broken."""
    name = node.child_by_field_name("name")
    return said(name) if name is not None and not name.is_missing else ""


def header(node: Node, *, until: str = "body", skip: frozenset[str] = frozenset()) -> str:
    """The node's text up to its ``until`` field, comments and the types in ``skip`` left out; empty if that part is broken."""
    end = node.child_by_field_name(until)
    parts = []
    for child in node.children:
        if end is not None and child.start_byte >= end.start_byte:
            break
        if child.type in COMMENTS or child.type in skip:
            continue
        if child.is_error or child.is_missing or child.has_error:
            return ""
        parts.append(child)
    return joined(parts)


def joined(parts: list[Node]) -> str:
    """The nodes' texts, with a blank wherever the source has white space or a comment between them."""
    text, end = "", -1
    for part in parts:
        gap = " " if text and part.start_byte > end else ""
        text, end = text + gap + _uncommented(part), part.end_byte
    return " ".join(text.split()).rstrip("{;= ").rstrip()


def _uncommented(node: Node) -> str:
    """The node's text without the comments inside."""
    text, inner = node.text or b"", [node]
    for one in inner:  # grows while it is walked: breadth first
        inner.extend(one.children)
    for comment in sorted((n for n in inner if n.type in COMMENTS), key=lambda n: -n.start_byte):
        text = text[: comment.start_byte - node.start_byte] + text[comment.end_byte - node.start_byte :]
    return text.decode("utf-8", "replace")


def members(body: Node | None, separator: str = "; ") -> str:
    """The members of a type in braces, on one line; long ones are cut."""
    if body is None or body.has_error:
        return ""
    lines = [" ".join(_uncommented(c).split()).rstrip(",;") for c in body.named_children if c.type not in COMMENTS]
    return f" {{ {one_line(separator.join(lines), BODY_LIMIT)} }}" if lines else ""


def doc_of(node: Node) -> str:
    """The first line of the comment that stands directly above, without its markers."""
    lines: list[str] = []
    below, above = node, node.prev_sibling
    while above is not None and (above.type in COMMENTS or above.type in BETWEEN):
        if below.start_point.row - _last_row(above) > 1 or _trails(above):
            break
        if above.type in COMMENTS:
            lines.insert(0, said(above))
        below, above = above, above.prev_sibling
    return first_line("\n".join(_bare(line) for text in lines for line in text.splitlines()))


def symbol(path: str, node: Node, kind: SymbolKind, name: str, signature: str, *, doc: str) -> Symbol:
    """A symbol that stands where ``node`` does."""
    line = node.start_point.row + 1
    return Symbol(name=name, kind=kind, file=path, line=line, signature=one_line(signature), description=doc)


def _last_row(node: Node) -> int:
    """A Rust doc comment's node ends at column 0 of the row after it."""
    return node.end_point.row - (1 if node.end_point.column == 0 and node.end_point.row > node.start_point.row else 0)


def _trails(comment: Node) -> bool:
    """Whether it stands behind code on that code's line, and so belongs to that."""
    before = comment.prev_sibling
    return before is not None and before.type not in COMMENTS and _last_row(before) == comment.start_point.row


def _bare(line: str) -> str:
    line = line.strip().removesuffix("*/")
    text = line.lstrip("/*!").strip()
    return "" if text.startswith("@") or text.startswith(("go:", "eslint", "nolint", "ts-", "prettier")) else text
