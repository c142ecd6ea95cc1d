"""Time, so that tests can turn it."""

from __future__ import annotations

import time


class Clock:
    def now(self) -> float:
        return time.time()


class FrozenClock(Clock):
    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def forward(self, seconds: float) -> float:
        self.at += seconds
        return self.at


def minutes(count: float) -> float:
    return count * 60


def pretty(seconds: float) -> str:
    whole, rest = divmod(int(seconds), 60)
    return f"{whole}m{rest:02d}s"
