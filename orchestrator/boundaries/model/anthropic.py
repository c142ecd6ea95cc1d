"""The model behind Anthropic's Messages API: one question, one typed answer, every failure with its reason.

The SDK is imported at the first question (3 s of CPU) and its own retries are off: tenacity is the one retry layer.
``messages.create`` with ``output_config`` is used rather than ``messages.parse``: a text that does not fit the type makes
``parse`` raise without the usage, which was billed all the same.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from orchestrator.nouns.deciding import Usage
from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel
from orchestrator.nouns.policy import ModelPolicy
from prompts import load

from .cost import check_affordable, cost_usd, most_tokens, most_usd
from .failure import as_unavailable, asked_wait, is_transient, wait_seconds
from .protocol import Answer, Question, Size
from .reply import Reply, faults_of, read_answer, read_reply

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic
    from anthropic.types import MessageParam, OutputConfigParam

T = TypeVar("T", bound=BaseModel)

DEFAULT_URL = "https://api.anthropic.com"


@dataclass
class _Talk:
    """One question on its way: what is said so far and what that has cost."""

    model: str
    setting: str
    system: str
    schema: dict[str, Any]
    max_tokens: int
    left_usd: float
    messages: list[MessageParam]
    usage: Usage
    began: float = field(default_factory=time.monotonic)


class AnthropicModel:
    """``policy`` says which models, how long, how often. ``sleep`` takes seconds; tests pass one that returns at once."""

    def __init__(
        self,
        policy: ModelPolicy,
        api_key: str,
        *,
        base_url: str | None = None,
        http_client: httpx2.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._policy = policy
        self._key = api_key
        self._url = base_url or DEFAULT_URL
        self._http = http_client
        self._sleep = sleep
        self._client: AsyncAnthropic | None = None

    @property
    def absent(self) -> WhyNoModel | None:
        return None

    async def ask(self, question: Question[T]) -> Answer[T]:
        """The answer; ``ModelUnavailable`` with the reason, and the usage if anything was billed."""
        await asyncio.to_thread(import_module, "anthropic")
        client = self._client = self._client or self._open()
        talk = self._begin(question)
        try:
            value = await self._answer(client, talk, question.answer)
        except ModelUnavailable as error:
            error.usage = talk.usage if talk.usage.tokens_in or talk.usage.tokens_out else None
            raise
        return Answer(value=value, usage=talk.usage)

    async def close(self) -> None:
        """Give the connections back. The next question opens new ones."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    def _open(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic

        return AsyncAnthropic(
            api_key=self._key,
            base_url=self._url,
            max_retries=0,
            timeout=self._policy.timeout_seconds,
            http_client=self._http,
        )

    def _begin(self, question: Question[T]) -> _Talk:
        from anthropic import transform_schema

        prompt = load(question.prompt)
        rendered = prompt.render(question.variables)
        model = self._policy.small if question.size is Size.small else self._policy.large
        return _Talk(
            model=model,
            setting=f"model.{question.size.value}",
            system=rendered.system,
            schema=transform_schema(question.answer.model_json_schema()),
            max_tokens=question.max_tokens,
            left_usd=question.left_usd,
            messages=[{"role": "user", "content": rendered.user}],
            usage=Usage(model=model, prompt=prompt.version),
        )

    async def _answer(self, client: AsyncAnthropic, talk: _Talk, answer: type[T]) -> T:
        """Ask; if the text does not fit the type, say what is wrong and ask once more."""
        reply = await self._reply(client, talk)
        try:
            return read_answer(reply, answer)
        except ValidationError as error:
            wrong = faults_of(error)
        talk.messages += [
            {"role": "assistant", "content": reply.text.strip() or "(nothing)"},
            {"role": "user", "content": f"That does not fit the schema: {wrong}. Give the whole answer again, corrected."},
        ]
        try:
            return read_answer(await self._reply(client, talk), answer)
        except ValidationError as error:
            raise ModelUnavailable(WhyNoModel.malformed, f"the model's answer does not fit: {faults_of(error)}") from error

    async def _reply(self, client: AsyncAnthropic, talk: _Talk) -> Reply:
        """One reply within the budget, after as many attempts as the policy allows; its tokens count for the talk."""
        price = self._policy.price(talk.model)
        tokens = most_tokens(talk.system, json.dumps(talk.schema), json.dumps(talk.messages, ensure_ascii=False))
        check_affordable(most_usd(price, tokens, talk.max_tokens), talk.left_usd - talk.usage.cost_usd)
        retrying = AsyncRetrying(
            stop=self._enough,
            wait=_wait,
            retry=retry_if_exception(is_transient),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            body: str = await retrying(self._post, client, talk)
        except Exception as error:
            unavailable = as_unavailable(error, talk.model, talk.setting)
            if unavailable is None:
                raise
            raise unavailable from error
        reply = read_reply(body)
        used = reply.added_to(talk.usage)
        spent = round((time.monotonic() - talk.began) * 1000)
        talk.usage = used.model_copy(update={"cost_usd": cost_usd(price, used), "milliseconds": spent})
        return reply

    async def _post(self, client: AsyncAnthropic, talk: _Talk) -> str:
        output: OutputConfigParam = {"format": {"type": "json_schema", "schema": talk.schema}}
        if self._policy.effort is not None:
            output["effort"] = self._policy.effort.value
        response = await client.messages.with_raw_response.create(
            model=talk.model,
            max_tokens=talk.max_tokens,
            system=[{"type": "text", "text": talk.system, "cache_control": {"type": "ephemeral"}}],
            messages=talk.messages,
            output_config=output,
        )
        return await response.text()

    def _enough(self, state: RetryCallState) -> bool:
        """No further attempt: the policy's number is reached, or the server wants us to wait for longer than a whole attempt
        may take. The deterministic answer is better then."""
        asked = asked_wait(_error(state), datetime.now(UTC))
        return state.attempt_number >= self._policy.attempts or (asked or 0.0) > self._policy.timeout_seconds


def _wait(state: RetryCallState) -> float:
    return wait_seconds(state.attempt_number, asked_wait(_error(state), datetime.now(UTC)))


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
