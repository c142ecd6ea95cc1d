"""When a failed job is tried again."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .errors import JobError
from .job import Job

MAX_ATTEMPTS = 3


class RetryRule(ABC):
    limit = MAX_ATTEMPTS

    @abstractmethod
    def delay(self, attempt: int) -> float:
        """Seconds until the next try."""

    def again(self, job: Job, error: Exception) -> float | None:
        """Seconds until it is tried again; None: never."""
        if job.attempts >= self.limit or not getattr(error, "retryable", True):
            return None
        return self.delay(job.attempts)


class Fixed(RetryRule):
    def __init__(self, seconds: float = 10.0) -> None:
        self.seconds = seconds

    def delay(self, attempt: int) -> float:
        return self.seconds


class Growing(RetryRule):
    def __init__(self, first: float = 1.0, factor: float = 2.0) -> None:
        self.first = first
        self.factor = factor

    def delay(self, attempt: int) -> float:
        return self.first * self.factor ** (attempt - 1)


def schedule_of(rule: RetryRule, attempts: int = MAX_ATTEMPTS) -> list[float]:
    return [rule.delay(attempt) for attempt in range(1, attempts + 1)]


def is_final(error: Exception) -> bool:
    return isinstance(error, JobError) and not error.retryable
