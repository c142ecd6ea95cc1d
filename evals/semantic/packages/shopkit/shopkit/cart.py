"""A cart: what somebody is about to buy."""

from __future__ import annotations

from dataclasses import dataclass, field

from .catalog import Product
from .money import Money, zero

MAX_LINES = 50


@dataclass(frozen=True)
class CartLine:
    product: Product
    quantity: int

    @property
    def subtotal(self) -> Money:
        return self.product.price.times(self.quantity)


@dataclass
class Cart:
    owner: str = "guest"
    lines: list[CartLine] = field(default_factory=list)

    def add(self, product: Product, quantity: int = 1) -> CartLine:
        """Put products into the cart."""
        if len(self.lines) >= MAX_LINES:
            raise ValueError("the cart is full")
        line = CartLine(product, quantity)
        self.lines.append(line)
        return line

    def remove(self, sku: str) -> int:
        before = len(self.lines)
        self.lines = [line for line in self.lines if line.product.sku != sku]
        return before - len(self.lines)

    def total(self) -> Money:
        """What all of it costs."""
        total = zero()
        for line in self.lines:
            total = total + line.subtotal
        return total

    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    def is_empty(self) -> bool:
        return not self.lines

    def clear(self) -> None:
        self.lines = []


def merge_carts(first: Cart, second: Cart) -> Cart:
    return Cart(first.owner, [*first.lines, *second.lines])
