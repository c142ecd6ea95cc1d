"""Blocks into nodes."""

from __future__ import annotations

import re

from . import lexer
from .errors import SyntaxProblem
from .lexer import Kind
from .nodes import Bold, Code, Heading, Item, Link, Node, Paragraph, Text

MAX_LEVEL = 6
INLINE = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<label>[^\]]+)\]\((?P<target>[^)]*)\)")


def parse_inline(text: str) -> list[Node]:
    """The nodes inside of a line."""
    nodes: list[Node] = []
    position = 0
    for match in INLINE.finditer(text):
        if match.start() > position:
            nodes.append(Text(value=text[position : match.start()]))
        if match["bold"]:
            nodes.append(Bold([Text(value=match["bold"])]))
        elif match["code"]:
            nodes.append(Code(source=match["code"]))
        else:
            nodes.append(Link([Text(value=match["label"])], match["target"]))
        position = match.end()
    if position < len(text):
        nodes.append(Text(value=text[position:]))
    return nodes


def parse_heading(line: str, number: int = 0) -> Heading:
    """A heading.

    :raises SyntaxProblem: its level is deeper than six
    """
    level = len(line) - len(line.lstrip("#"))
    if level > MAX_LEVEL:
        raise SyntaxProblem(f"a heading of level {level}", number)
    return Heading(parse_inline(line[level:].strip()), level)


def parse(text: str) -> Node:
    """The tree of a text."""
    root = Node()
    for block in lexer.blocks(text):
        if block.kind is Kind.HEADING:
            root.children.append(parse_heading(block.text, block.line))
        elif block.kind is Kind.ITEM:
            root.children.append(Item(parse_inline(block.text[2:])))
        elif block.kind is Kind.FENCE:
            root.children.append(Code(source=block.text))
        elif block.kind is Kind.TEXT:
            root.children.append(Paragraph(parse_inline(block.text)))
    return root
