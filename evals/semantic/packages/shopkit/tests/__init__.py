"""Tests of the shop: ``python -m unittest``."""

from shopkit import Cart, Catalog, Money, Product


def mug() -> Product:
    return Product("mug", "Mug", Money(950), weight=300, tags=frozenset({"kitchen"}))


def stocked() -> Catalog:
    catalog = Catalog()
    catalog.register(mug(), 10)
    catalog.register(Product("pen", "Pen", Money(120), weight=12), 5)
    return catalog


def filled() -> Cart:
    cart = Cart("ann")
    cart.add(mug(), 2)
    return cart
