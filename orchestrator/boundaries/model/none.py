"""No model: every question is answered with the reason why there is none."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel

from .protocol import Answer, Question

T = TypeVar("T", bound=BaseModel)


class NoModel:
    """Stands where a model would be; ``message`` and ``remedy`` are what its errors say."""

    def __init__(self, why: WhyNoModel, message: str = "there is no model", remedy: str = "") -> None:
        self._why = why
        self._message = message
        self._remedy = remedy

    @property
    def absent(self) -> WhyNoModel | None:
        return self._why

    async def ask(self, question: Question[T]) -> Answer[T]:
        raise ModelUnavailable(self._why, f"no answer to {question.prompt!r}: {self._message}", self._remedy)

    async def close(self) -> None:
        """Nothing is open."""
