"""Things that are remembered as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def remember(known: OrderedDict[Key, Value], key: Key, value: Value, limit: int) -> None:
    """As the newest; the oldest makes room."""
    known[key] = value
    known.move_to_end(key)
    while len(known) > limit:
        known.popitem(last=False)
