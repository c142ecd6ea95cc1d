"""``python -m shopkit.cli``."""

from __future__ import annotations

import argparse
import sys

from .cart import Cart
from .catalog import Catalog, Product
from .money import Money
from .pricing import with_tax

COMMANDS = {}


def command(name):
    def keep(function):
        COMMANDS[name] = function
        return function

    return keep


def sample_catalog() -> Catalog:
    catalog = Catalog()
    catalog.register(Product("mug", "Mug", Money.of(9.5), 300, frozenset({"kitchen"})), 10)
    catalog.register(Product("pen", "Pen", Money.of(1.2), 12, frozenset({"office"})), 100)
    return catalog


@command("list")
def list_products(arguments: list[str]) -> str:
    return "\n".join(f"{product.sku} {product.price}" for product in sample_catalog())


@command("price")
def price(arguments: list[str]) -> str:
    cart = Cart()
    for sku in arguments:
        cart.add(sample_catalog().find(sku))
    return str(with_tax(cart.total()))


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shopkit")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args(words)
    print(COMMANDS[given.command](given.arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
