"""How often somebody does something: a window of a minute that slides."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0


class Rate:
    """Counts by name. A name that was quiet for a minute costs nothing any more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._swept = clock()

    def wait(self, name: str, limit: int) -> float:
        """Seconds until one more is allowed; 0: it is, and was counted."""
        now = self._clock()
        self._sweep(now)
        times = self._times.setdefault(name, deque())
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        if len(times) >= limit:
            return times[0] + WINDOW_SECONDS - now
        times.append(now)
        return 0.0

    def _sweep(self, now: float) -> None:
        if now - self._swept < WINDOW_SECONDS:
            return
        self._swept = now
        self._times = {name: times for name, times in self._times.items() if times and times[-1] > now - WINDOW_SECONDS}
