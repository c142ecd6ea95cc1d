"""Money: whole cents of one currency."""

from __future__ import annotations

from dataclasses import dataclass

BASE_CURRENCY = "EUR"
CENTS = 100


@dataclass(frozen=True, order=True)
class Money:
    cents: int
    currency: str = BASE_CURRENCY

    @classmethod
    def of(cls, amount: float, currency: str = BASE_CURRENCY) -> Money:
        return cls(round(amount * CENTS), currency)

    @property
    def amount(self) -> float:
        return self.cents / CENTS

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return Money(self.cents + other.cents, self.currency)

    def times(self, factor: float) -> Money:
        return Money(round(self.cents * factor), self.currency)

    def __str__(self) -> str:
        return f"{self.amount:.2f} {self.currency}"


def zero(currency: str = BASE_CURRENCY) -> Money:
    return Money(0, currency)


def total_of(prices: list[Money]) -> Money:
    total = zero()
    for price in prices:
        total = total + price
    return total
