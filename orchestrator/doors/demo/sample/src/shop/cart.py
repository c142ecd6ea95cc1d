"""The cart: what a customer wants to buy, and the order it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from shop.catalogue import Catalogue, Product
from shop.money import Money


class EmptyCart(ValueError):
    """There is nothing to order."""


@dataclass(frozen=True)
class Line:
    """A product and how many of it."""

    product: Product
    quantity: int

    @property
    def price(self) -> Money:
        return self.product.price * self.quantity


@dataclass(frozen=True)
class Order:
    """What was in a cart at checkout, and what it costs together."""

    lines: tuple[Line, ...]
    total: Money


class Cart:
    """Products and quantities, in the order in which they were first added."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._quantities: dict[str, int] = {}

    def add(self, sku: str, quantity: int = 1) -> None:
        """Put a product into the cart; ``ValueError`` for less than one."""
        if quantity < 1:
            raise ValueError("a quantity is at least one")
        self._catalogue.find(sku)
        self._quantities[sku] = self._quantities.get(sku, 0) + quantity

    def remove(self, sku: str) -> None:
        """Take a product out, however many there are of it."""
        self._quantities.pop(sku, None)

    @property
    def lines(self) -> tuple[Line, ...]:
        found = self._quantities.items()
        return tuple(Line(self._catalogue.find(sku), quantity) for sku, quantity in found)

    @property
    def total(self) -> Money:
        return sum((line.price for line in self.lines), Money(0))


def checkout(cart: Cart) -> Order:
    """Turn a cart into an order; ``EmptyCart`` when there is nothing in it."""
    if not cart.lines:
        raise EmptyCart("the cart is empty")
    return Order(cart.lines, cart.total)
