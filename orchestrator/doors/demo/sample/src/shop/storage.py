"""Storage: the shop in one JSON file, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from shop.catalogue import Catalogue, Product
from shop.money import Money


class Storage:
    """What is kept between two runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save_catalogue(self, catalogue: Catalogue) -> None:
        """Keep the catalogue; everything else in the file stays."""
        products = [{"sku": p.sku, "name": p.name, "cents": p.price.cents} for p in catalogue]
        self._write({**self._read(), "products": products})

    def load_catalogue(self) -> Catalogue:
        """The catalogue that was kept; an empty one before the first time."""
        kept = self._read().get("products", [])
        return Catalogue(Product(p["sku"], p["name"], Money(p["cents"])) for p in kept)

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        content: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return content

    def _write(self, content: dict[str, Any]) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(new, self._path)
