"""Gateways that take the money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .errors import PaymentFailed
from .money import Money


class Gateway(Protocol):
    def charge(self, account: str, price: Money) -> str: ...


class TestGateway:
    """Takes every account but those it was told to refuse."""

    __test__ = False

    def __init__(self, refuse: tuple[str, ...] = ()) -> None:
        self.refuse = refuse
        self.charged: list[tuple[str, Money]] = []

    def charge(self, account: str, price: Money) -> str:
        """Take the money; the receipt's number.

        Raises:
            PaymentFailed: the account is refused.
        """
        if account in self.refuse:
            raise PaymentFailed("refused")
        self.charged.append((account, price))
        return f"R{len(self.charged)}"


def retrying(charge: Callable[[str, Money], str], attempts: int = 3) -> Callable[[str, Money], str]:
    """The same, tried several times."""

    def tried(account: str, price: Money) -> str:
        for attempt in range(attempts):
            try:
                return charge(account, price)
            except PaymentFailed:
                if attempt == attempts - 1:
                    raise
        raise AssertionError("unreachable")

    return tried
