"""Figures for the owner of the shop."""

from __future__ import annotations

from collections import Counter

from .money import Money, total_of
from .orders import Order, OrderStatus


def turnover(orders: list[Order]) -> Money:
    return total_of([order.price for order in orders if order.status is not OrderStatus.CANCELLED])


def by_status(orders: list[Order]) -> dict[str, int]:
    return dict(Counter(order.status.value for order in orders))


def total(numbers: list[int]) -> int:
    """Of plain numbers: articles, visitors."""
    return sum(numbers)


def best_customers(orders: list[Order], limit: int = 3) -> list[str]:
    counted = Counter(order.owner for order in orders)
    return [owner for owner, _ in counted.most_common(limit)]
