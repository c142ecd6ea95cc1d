"""What the Messages API sends back, as far as we read it, and how an answer of the asked type is taken out of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar, assert_never

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.nouns.deciding import Usage
from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel

T = TypeVar("T", bound=BaseModel)


class Stop(StrEnum):
    """Why the model stopped (``stop_reason``); whatever is new there is ``other`` and read as an ordinary end."""

    end_turn = "end_turn"
    max_tokens = "max_tokens"
    window = "model_context_window_exceeded"
    refusal = "refusal"
    other = "other"

    @classmethod
    def _missing_(cls, _: object) -> Stop:
        return cls.other


class Theirs(BaseModel):
    """A value of somebody else's format: frozen, and fields we do not know are none of our business."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Block(Theirs):
    """One content block; of a thinking block only the type is read."""

    type: str
    text: str = ""


class Tokens(Theirs):
    """``usage``: ``input_tokens`` are those neither read from the cache nor written to it."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int | None = 0
    cache_creation_input_tokens: int | None = 0


class Reply(Theirs):
    """The body of a successful response."""

    content: tuple[Block, ...]
    stop_reason: Stop | None = None
    usage: Tokens = Tokens()

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.content if block.type == "text")

    def added_to(self, usage: Usage) -> Usage:
        """``usage`` with this reply's tokens on top; cost and time are the caller's."""
        tokens = self.usage
        return usage.model_copy(
            update={
                "tokens_in": usage.tokens_in + tokens.input_tokens,
                "tokens_out": usage.tokens_out + tokens.output_tokens,
                "tokens_cache_read": usage.tokens_cache_read + (tokens.cache_read_input_tokens or 0),
                "tokens_cache_write": usage.tokens_cache_write + (tokens.cache_creation_input_tokens or 0),
            }
        )


def read_reply(body: str) -> Reply:
    """The response's body. ``ModelUnavailable`` (malformed) when it is not one: a proxy's page, half a document."""
    try:
        return Reply.model_validate_json(body)
    except ValidationError as error:
        raise ModelUnavailable(
            WhyNoModel.malformed, "what came back is not a reply of the Messages API", "check ANTHROPIC_BASE_URL"
        ) from error


def read_answer(reply: Reply, answer: type[T]) -> T:
    """The typed answer. ``ModelUnavailable`` for a refusal and a cut-off text; ``ValidationError`` when it does not fit."""
    match reply.stop_reason:
        case Stop.refusal:
            raise ModelUnavailable(WhyNoModel.refused, "the model refused to answer")
        case Stop.max_tokens | Stop.window:
            raise ModelUnavailable(
                WhyNoModel.truncated, "the model's answer was cut off", "a smaller goal or a lower model.effort helps"
            )
        case Stop.end_turn | Stop.other | None:
            return answer.model_validate_json(reply.text)
        case never:
            assert_never(never)


def faults_of(error: ValidationError) -> str:
    """What is wrong with an answer, without quoting it: ``tasks.0.type: Input should be …; …``, the first five."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in found[:5])
