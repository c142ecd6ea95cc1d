"""A model with written answers: for tests, demonstrations and evaluations without a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.nouns.deciding import Usage
from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel
from orchestrator.nouns.policy import ModelPolicy
from prompts import load

from .cost import check_affordable, cost_usd, most_tokens, most_usd
from .protocol import Answer, Question, Size
from .reply import faults_of

T = TypeVar("T", bound=BaseModel)


class ScriptedModel:
    """Answers by prompt name: a value of the asked type, plain data for it, or an exception to raise.

    A list is one such entry for each call, the last one for all further calls. Prompts are rendered and budgets are checked as
    for a real model; the tokens of its usage are estimates. ``questions`` records what was asked.
    """

    def __init__(self, answers: Mapping[str, Any], policy: ModelPolicy | None = None) -> None:
        self._answers = {name: list(entry) if isinstance(entry, list) else [entry] for name, entry in answers.items()}
        self._policy = policy or ModelPolicy()
        self.questions: list[Question[Any]] = []

    @property
    def absent(self) -> WhyNoModel | None:
        return None

    async def ask(self, question: Question[T]) -> Answer[T]:
        prompt = load(question.prompt)
        rendered = prompt.render(question.variables)
        model = self._policy.small if question.size is Size.small else self._policy.large
        price, tokens = self._policy.price(model), most_tokens(rendered.system, rendered.user)
        check_affordable(most_usd(price, tokens, question.max_tokens), question.left_usd)
        self.questions.append(question)
        given = self._next(question.prompt)
        usage = Usage(model=model, prompt=prompt.version, tokens_in=tokens, tokens_out=most_tokens(str(given)))
        usage = usage.model_copy(update={"cost_usd": cost_usd(price, usage)})
        try:
            data = given.model_dump() if isinstance(given, BaseModel) else given
            return Answer(value=question.answer.model_validate(data), usage=usage)
        except ValidationError as error:
            text = f"the model's answer does not fit: {faults_of(error)}"
            raise ModelUnavailable(WhyNoModel.malformed, text, usage=usage) from error

    async def close(self) -> None:
        """Nothing is open."""

    def _next(self, prompt: str) -> Any:
        entries = self._answers.get(prompt)
        if not entries:
            raise ModelUnavailable(WhyNoModel.rejected, f"no answer is written for prompt {prompt!r}")
        given = entries.pop(0) if len(entries) > 1 else entries[0]
        if isinstance(given, Exception):
            raise given
        return given
