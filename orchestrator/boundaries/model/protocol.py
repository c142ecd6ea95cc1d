"""The model as the rest of the program sees it: a question with a typed answer, or ``ModelUnavailable`` with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from orchestrator.nouns.deciding import Usage
from orchestrator.nouns.errors import WhyNoModel

T = TypeVar("T", bound=BaseModel)


class Size(StrEnum):
    """Which of the two configured models."""

    small = "small"
    large = "large"


@dataclass(frozen=True)
class Question(Generic[T]):
    """One decision put to the model. ``prompt`` names a file in ``prompts/``; ``variables`` must be exactly those it uses."""

    prompt: str
    variables: dict[str, Any]
    answer: type[T]
    size: Size = Size.small
    max_tokens: int = 4096
    left_usd: float = float("inf")  # what the goal's and the day's budget still allow; the call is refused beyond it


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The model's answer and what it cost."""

    value: T
    usage: Usage


class Model(Protocol):
    """Raises ``ModelUnavailable``, never returns a made-up answer; the usage of a billed failure rides on the exception."""

    @property
    def absent(self) -> WhyNoModel | None:
        """Why there is no model at all (decided at start-up), or None."""
        ...

    async def ask(self, question: Question[T]) -> Answer[T]: ...

    async def close(self) -> None:
        """Give connections back; a later question opens new ones."""
        ...
