"""A site: pages that link to each other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .document import Document
from .errors import BrokenLink
from .filters import run_filters
from .render import HtmlRenderer, Renderer
from .slugs import unique_slug

CONFIG = Path(__file__).with_name("site.json")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"twice in site.json: {keys}")
    return dict(pairs)


def site_config() -> dict[str, Any]:
    return json.loads(CONFIG.read_text(encoding="utf-8"), object_pairs_hook=_once)


@dataclass
class Page:
    document: Document
    slug: str

    @property
    def address(self) -> str:
        return f"/{self.slug}/"


@dataclass
class Site:
    title: str
    pages: list[Page] = field(default_factory=list)
    renderer: Renderer = field(default_factory=HtmlRenderer)

    def add(self, source: str, filters: tuple[str, ...] = ()) -> Page:
        document = Document(run_filters(source, list(filters)))
        page = Page(document, unique_slug(document.title, {one.slug for one in self.pages}))
        self.pages.append(page)
        return page

    def find(self, slug: str) -> Page | None:
        return next((page for page in self.pages if page.slug == slug), None)

    def check_links(self) -> int:
        """How many links there are; BrokenLink if one leads to no page."""
        addresses = {page.address for page in self.pages}
        count = 0
        for page in self.pages:
            for target in page.document.links():
                count += 1
                if target.startswith("/") and target not in addresses:
                    raise BrokenLink(target)
        return count

    def build(self) -> dict[str, str]:
        return {page.address: self.renderer.render(page.document.tree, page.document.title) for page in self.pages}
