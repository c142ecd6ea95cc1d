"""Lanes: whose turn it is; one piece of work at a time in each lane in the order of their numbers, and so many altogether.

A lane is a session for jobs, and a goal, a session or a project for reactions.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

REMEMBERED = 1000
"""How many that are over are not expected again. Who submits a thing twice does so within moments."""


class Lanes:
    """Work is announced with ``expect`` and then waits for its ``turn``; what was announced holds up what is behind it."""

    def __init__(self, room: int = sys.maxsize) -> None:
        self._waiting: defaultdict[str, dict[str, int]] = defaultdict(dict)  # lane → work → number, until the work is over
        self._room = asyncio.Semaphore(room)
        self._over: deque[str] = deque(maxlen=REMEMBERED)
        self._called: dict[str, asyncio.Event] = {}  # who waits for its turn looks again when it is called
        self._begun: set[str] = set()
        self._dropped: set[str] = set()

    @property
    def expected(self) -> int:
        """How much is announced and not over."""
        return sum(map(len, self._waiting.values()))

    def expect(self, name: str, lane: str, seq: int) -> None:
        """Announce it. Doing so twice is the same as once, also when it is over by then and its end is still being recorded."""
        if name not in self._dropped and name not in self._over:
            self._waiting[lane].setdefault(name, seq)

    def forget(self, name: str, lane: str) -> None:
        """It is over, or its turn is not to come."""
        self._begun.discard(name)
        self._over.append(name)
        self._waiting[lane].pop(name, None)
        if not self._waiting[lane]:
            del self._waiting[lane]
        for waiting in (name, self._first(lane)):
            if waiting in self._called:
                self._called[waiting].set()

    def drop(self, name: str) -> None:
        """Take out what has not begun."""
        if name in self._begun:
            return
        self._dropped.add(name)
        for lane in [lane for lane, announced in self._waiting.items() if name in announced]:
            self.forget(name, lane)

    @asynccontextmanager
    async def turn(self, name: str, lane: str) -> AsyncIterator[bool]:
        """Its turn while the context is open; False at once when it was dropped or is over."""
        await self._come(name, lane)
        async with self._room:
            if name not in self._waiting.get(lane, {}):
                yield False
                return
            self._begun.add(name)
            try:
                yield True
            except Exception:
                self.forget(name, lane)
                raise
            self.forget(name, lane)  # not when it is cancelled: the process ends, and the next one begins it again

    async def _come(self, name: str, lane: str) -> None:
        called = self._called.setdefault(name, asyncio.Event())
        try:
            while name in self._waiting.get(lane, {}) and self._first(lane) != name:
                called.clear()
                await called.wait()
        finally:
            self._called.pop(name, None)

    def _first(self, lane: str) -> str | None:
        announced = self._waiting.get(lane)
        return min(announced, key=announced.__getitem__) if announced else None
