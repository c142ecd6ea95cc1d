"""HTML."""

from __future__ import annotations

from html import escape

from ..nodes import Bold, Code, Heading, Item, Link, Node, Paragraph
from ..slugs import slugify
from ..nodes import plain_text
from .base import Renderer


class HtmlRenderer(Renderer):
    suffix = ".html"

    def escape(self, text: str) -> str:
        return escape(text)

    def wrap(self, body: str, title: str) -> str:
        return f"<title>{self.escape(title)}</title>{body}" if title else body

    def element(self, name: str, node: Node, **attributes: str) -> str:
        said = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
        return f"<{name}{said}>{self.generic(node)}</{name}>"

    def visit_bold(self, node: Bold) -> str:
        return self.element("b", node)

    def visit_code(self, node: Code) -> str:
        return f"<code>{escape(node.source)}</code>"

    def visit_link(self, node: Link) -> str:
        return self.element("a", node, href=node.target)

    def visit_heading(self, node: Heading) -> str:
        return self.element(f"h{node.level}", node, id=slugify(plain_text(node)))

    def visit_paragraph(self, node: Paragraph) -> str:
        return self.element("p", node)

    def visit_item(self, node: Item) -> str:
        return self.element("li", node)


def render_html(node: Node, title: str = "") -> str:
    return HtmlRenderer().render(node, title)
