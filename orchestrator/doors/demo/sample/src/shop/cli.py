"""The command line: list, search, total."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shop.cart import Cart
from shop.catalogue import SAMPLE, Catalogue, UnknownProduct
from shop.storage import Storage


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when it did not."""
    parser = argparse.ArgumentParser(prog="shop")
    parser.add_argument("--file", type=Path, default=Path("shop.json"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every product")
    search = commands.add_parser("search", help="products by words of their name")
    search.add_argument("words", nargs="+")
    total = commands.add_parser("total", help="what products cost together")
    total.add_argument("items", nargs="+", metavar="SKU[:QUANTITY]")
    given = parser.parse_args(arguments)
    catalogue = Storage(given.file).load_catalogue() if given.file.exists() else SAMPLE
    try:
        return _run(given, catalogue)
    except (UnknownProduct, ValueError) as error:
        print(f"shop: {error}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace, catalogue: Catalogue) -> int:
    if given.command == "total":
        cart = Cart(catalogue)
        for item in given.items:
            sku, _, quantity = item.partition(":")
            cart.add(sku, int(quantity or 1))
        print(cart.total)
        return 0
    found = catalogue.search(" ".join(given.words)) if given.command == "search" else catalogue
    for product in found:
        print(f"{product.sku:12} {product.price!s:>8}  {product.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
