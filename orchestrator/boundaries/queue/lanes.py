"""Lanes: whose turn it is among jobs; one at a time for each session in the order of their numbers, and so many altogether."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lanes:
    """A job is announced with ``expect`` and then waits for its ``turn``; one that was announced holds up those behind it."""

    def __init__(self, room: int) -> None:
        self._waiting: defaultdict[str, dict[str, int]] = defaultdict(dict)  # session → job → number, until the job is over
        self._room = asyncio.Semaphore(room)
        self._moved = asyncio.Condition()
        self._begun: set[str] = set()
        self._dropped: set[str] = set()

    def expect(self, job_id: str, session_id: str, seq: int) -> None:
        """Announce a job. Doing it twice is the same as once."""
        if job_id not in self._dropped:
            self._waiting[session_id].setdefault(job_id, seq)

    async def forget(self, job_id: str, session_id: str) -> None:
        """A job that is over, or whose turn is not to come."""
        self._begun.discard(job_id)
        self._waiting[session_id].pop(job_id, None)
        if not self._waiting[session_id]:
            del self._waiting[session_id]
        async with self._moved:
            self._moved.notify_all()

    async def drop(self, job_id: str) -> None:
        """Take a job out that has not begun."""
        if job_id in self._begun:
            return
        self._dropped.add(job_id)
        for session_id in [s for s, jobs in self._waiting.items() if job_id in jobs]:
            await self.forget(job_id, session_id)

    @asynccontextmanager
    async def turn(self, job_id: str, session_id: str) -> AsyncIterator[bool]:
        """The job's turn while the context is open; False at once when it was dropped or is over."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._first(session_id) == job_id or job_id not in self._waiting.get(session_id, {}))
        async with self._room:
            if job_id not in self._waiting.get(session_id, {}):
                yield False
                return
            self._begun.add(job_id)
            try:
                yield True
            except Exception:
                await self.forget(job_id, session_id)
                raise
            await self.forget(job_id, session_id)  # not when it is cancelled: the process ends, and the next one begins it again

    def _first(self, session_id: str) -> str | None:
        jobs = self._waiting.get(session_id)
        return min(jobs, key=jobs.__getitem__) if jobs else None
