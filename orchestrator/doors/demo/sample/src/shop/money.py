"""Money: exact amounts in cents."""

from __future__ import annotations

import re
from dataclasses import dataclass

_AMOUNT = re.compile(r"(\d+)(?:\.(\d\d))?")


@dataclass(frozen=True, order=True)
class Money:
    """An amount in cents, never negative."""

    cents: int

    def __post_init__(self) -> None:
        if self.cents < 0:
            raise ValueError("an amount is never negative")

    @classmethod
    def parse(cls, text: str) -> Money:
        """``"12.50"`` or ``"12"``; ``ValueError`` for anything else."""
        found = _AMOUNT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"not an amount: {text!r}")
        return cls(int(found[1]) * 100 + int(found[2] or 0))

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.cents * quantity)

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02d}"
