"""The tree of a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator, NamedTuple, Union

__all__ = ["Bold", "Code", "Heading", "Item", "Link", "Node", "Paragraph", "Position", "Text", "plain_text", "walk"]


class Position(NamedTuple):
    line: int
    column: int


@dataclass
class Node:
    children: list[Node] = field(default_factory=list)

    def accept(self, visitor: "Visitor") -> str:
        return visitor.visit(self)


@dataclass
class Text(Node):
    value: str = ""


@dataclass
class Bold(Node):
    pass


@dataclass
class Code(Node):
    source: str = ""
    language: str = ""


@dataclass
class Link(Node):
    target: str = ""

    @property
    def external(self) -> bool:
        return self.target.startswith(("http://", "https://"))


@dataclass
class Heading(Node):
    level: int = 1


@dataclass
class Paragraph(Node):
    pass


@dataclass
class Item(Node):
    pass


Inline = Union[Text, Bold, Code, Link]


class Visitor:
    """Turns nodes into text: ``visit_<kind>`` for each kind, ``generic`` for the others."""

    def visit(self, node: Node) -> str:
        method = getattr(self, f"visit_{type(node).__name__.lower()}", self.generic)
        return method(node)

    def generic(self, node: Node) -> str:
        return "".join(self.visit(child) for child in node.children)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def plain_text(node: Node) -> str:
    return "".join(one.value for one in walk(node) if isinstance(one, Text))
