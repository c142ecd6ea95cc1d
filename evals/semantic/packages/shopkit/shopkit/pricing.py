"""Discounts: each one a rule that lowers a price."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .cart import Cart
from .money import Money

DEFAULT_RATE = 0.19


class Discount(ABC):
    """A rule. ``apply`` gets the cart and the price so far."""

    label = "discount"

    @abstractmethod
    def apply(self, cart: Cart, price: Money) -> Money: ...

    def describe(self) -> str:
        return self.label


class PercentOff(Discount):
    label = "percent off"

    def __init__(self, percent: float) -> None:
        self.percent = percent

    def apply(self, cart: Cart, price: Money) -> Money:
        return price.times(1 - self.percent / 100)


class BulkOff(Discount):
    """So much off for each article above a number of articles."""

    label = "bulk"

    def __init__(self, above: int, each: Money) -> None:
        self.above = above
        self.each = each

    def apply(self, cart: Cart, price: Money) -> Money:
        extra = max(cart.count() - self.above, 0)
        return price + self.each.times(-extra)


def with_discounts(cart: Cart, discounts: list[Discount]) -> Money:
    price = cart.total()
    for discount in discounts:
        price = discount.apply(cart, price)
    return price


def with_tax(price: Money, rate: float = DEFAULT_RATE) -> Money:
    return price.times(1 + rate)


def describe_all(discounts: list[Discount]) -> str:
    return ", ".join(discount.describe() for discount in discounts)
