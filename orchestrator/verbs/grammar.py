"""Grammar: numbers, money and names in a sentence, so that one task is not "1 tasks" and an implementer not "a implementer"."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 task``, ``2 tasks``, ``1,000 checks``; ``plural`` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def one(noun: str) -> str:
    """The noun with its indefinite article, by its first letter: ``an implementer``, ``a reviewer``."""
    return f"{'an' if noun[:1].lower() in 'aeiou' and noun else 'a'} {noun}"


def usd(amount: float) -> str:
    """US dollars as a person reads them; a cost too small for two digits is not shown as nothing."""
    return f"${amount:.4f}" if 0 < amount < 0.01 else f"${amount:.2f}"
