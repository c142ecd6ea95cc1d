"""Titles as parts of an address."""

from __future__ import annotations

import re

SEPARATOR = "-"


def slugify(title: str, separator: str = SEPARATOR) -> str:
    return re.sub(r"[^a-z0-9]+", separator, title.lower()).strip(separator)


def unique_slug(title: str, taken: set[str]) -> str:
    slug = slugify(title)
    number = 2
    while slug in taken:
        slug = f"{slugify(title)}-{number}"
        number += 1
    return slug
