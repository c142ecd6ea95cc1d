"""The table of contents."""

from __future__ import annotations

from .document import Document
from .nodes import plain_text
from .slugs import slugify


def entries(document: Document, depth: int = 3) -> list[tuple[int, str, str]]:
    """Level, title and address of each heading."""
    found = []
    for heading in document.headings(depth):
        title = plain_text(heading)
        found.append((heading.level, title, "#" + slugify(title)))
    return found


def contents(document: Document, depth: int = 3) -> str:
    return "\n".join("  " * (level - 1) + f"- [{title}]({address})" for level, title, address in entries(document, depth))
