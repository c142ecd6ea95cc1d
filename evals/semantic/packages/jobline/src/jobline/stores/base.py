"""What every store can do."""

from __future__ import annotations

import abc
from typing import Optional

from ..errors import StoreClosed
from ..job import Job


class Store(abc.ABC):
    name = "store"

    def __init__(self) -> None:
        self.closed = False

    @abc.abstractmethod
    def put(self, job: Job) -> None:
        """Keep it, in place of the one with its number."""

    @abc.abstractmethod
    def get(self, job_id: int) -> Optional[Job]:
        """The job with this number, or None."""

    @abc.abstractmethod
    def every(self) -> list[Job]:
        """All jobs, in the order of their numbers."""

    def size(self) -> int:
        return len(self.every())

    def close(self) -> None:
        self.closed = True

    def check_open(self) -> None:
        if self.closed:
            raise StoreClosed(self.name)
