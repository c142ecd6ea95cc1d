"""Plain text."""

from __future__ import annotations

from ..nodes import Code, Heading, Item, Node, Paragraph
from .base import Renderer


class TextRenderer(Renderer):
    suffix = ".text"
    bullet = "*"

    def escape(self, text: str) -> str:
        return text

    def visit_code(self, node: Code) -> str:
        return node.source

    def visit_heading(self, node: Heading) -> str:
        return self.generic(node).upper() + "\n"

    def visit_paragraph(self, node: Paragraph) -> str:
        return self.generic(node) + "\n"

    def visit_item(self, node: Item) -> str:
        return f"{self.bullet} {self.generic(node)}\n"


def render_text(node: Node) -> str:
    return TextRenderer().render(node)
