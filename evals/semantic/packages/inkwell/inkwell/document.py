"""A document: fields and a tree."""

from __future__ import annotations

from functools import cached_property

from .frontmatter import split_fields, tags_of
from .nodes import Heading, Link, Node, plain_text, walk
from .parser import parse


class Document:
    def __init__(self, source: str, name: str = "untitled") -> None:
        self.source = source
        self.name = name
        self.fields, self.body = split_fields(source)

    @classmethod
    def from_lines(cls, lines: list[str], name: str = "untitled") -> Document:
        return cls("\n".join(lines), name)

    @cached_property
    def tree(self) -> Node:
        return parse(self.body)

    @property
    def title(self) -> str:
        return self.fields.get("title") or self.first_heading() or self.name

    @property
    def tags(self) -> list[str]:
        return tags_of(self.fields)

    def first_heading(self) -> str | None:
        for node in walk(self.tree):
            if isinstance(node, Heading):
                return plain_text(node)
        return None

    def headings(self, depth: int = 6) -> list[Heading]:
        return [node for node in walk(self.tree) if isinstance(node, Heading) and node.level <= depth]

    def links(self) -> list[str]:
        return [node.target for node in walk(self.tree) if isinstance(node, Link)]

    def word_count(self) -> int:
        return len(plain_text(self.tree).split())
