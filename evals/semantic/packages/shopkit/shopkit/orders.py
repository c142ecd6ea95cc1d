"""Orders: carts that were paid for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .cart import Cart, CartLine
from .catalog import Catalog
from .money import Money
from .payment import Gateway


class OrderStatus(Enum):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (OrderStatus.SHIPPED, OrderStatus.CANCELLED)


@dataclass
class Order:
    number: str
    owner: str
    lines: tuple[CartLine, ...]
    price: Money
    status: OrderStatus = OrderStatus.NEW
    receipt: str | None = None

    def pay(self, receipt: str) -> None:
        self.receipt = receipt
        self.status = OrderStatus.PAID

    def ship(self) -> None:
        if self.status is not OrderStatus.PAID:
            raise ValueError("only what was paid is shipped")
        self.status = OrderStatus.SHIPPED

    def cancel(self) -> None:
        self.status = OrderStatus.CANCELLED


def order_number(sequence: int) -> str:
    return f"O-{sequence:05d}"


def place_order(cart: Cart, catalog: Catalog, gateway: Gateway, sequence: int = 1) -> Order:
    """Take the articles from the stock, take the money, empty the cart."""
    for line in cart.lines:
        catalog.take(line.product.sku, line.quantity)
    order = Order(order_number(sequence), cart.owner, tuple(cart.lines), cart.total())
    order.pay(gateway.charge(cart.owner, order.price))
    cart.clear()
    return order


def open_orders(orders: list[Order]) -> list[Order]:
    return [order for order in orders if not order.status.final]
