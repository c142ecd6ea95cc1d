"""How a call of the model API fails, why that was, and whether another attempt is worth it.

The statuses are those of https://platform.claude.com/docs/en/api/errors; 529 means overloaded.
"""

from __future__ import annotations

import random
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel

if TYPE_CHECKING:
    from datetime import datetime

    from anthropic import APIStatusError

FIRST_WAIT = 0.5
"""Seconds before the second attempt; doubled for each further one."""

LONGEST_WAIT = 20.0


def wait_seconds(attempt: int, asked: float | None) -> float:
    """How long to wait after the ``attempt``-th failure (from 1): what the server asked for, else exponential with full jitter
    on its upper half, so that many callers do not come back together."""
    if asked is not None:
        return asked
    most = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return random.uniform(most / 2, most)


def is_transient(error: BaseException) -> bool:
    """True when the same call may go well a little later: no connection, timeout, 408, 409, 429, 529 and every other 5xx."""
    from anthropic import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        if error.response.headers.get("x-should-retry") == "false":
            return False
        return error.status_code in {408, 409, 429} or error.status_code >= 500
    return isinstance(error, APIConnectionError)


def asked_wait(error: BaseException | None, now: datetime) -> float | None:
    """Seconds from the ``retry-after`` header (a number or a date, RFC 9110 §10.2.3), or None."""
    from anthropic import APIStatusError

    if not isinstance(error, APIStatusError):
        return None
    header = error.response.headers.get("retry-after", "")
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):  # not a date either, or one without a zone
        return None


def as_unavailable(error: Exception, model: str, setting: str) -> ModelUnavailable | None:
    """The reason in our words, or None for an error that is not the API's. ``setting`` names the model (``model.small``)."""
    from anthropic import APIConnectionError, APIError, APIStatusError, APITimeoutError

    match error:
        case APIStatusError():
            return _refusal(error, model, setting)
        case APITimeoutError():
            return ModelUnavailable(WhyNoModel.timeout, "the model did not answer in time", "raise model.timeout_seconds")
        case APIConnectionError():
            cause = f": {error.__cause__}" if error.__cause__ else ""
            return ModelUnavailable(
                WhyNoModel.network, f"the model API cannot be reached{cause}", "check the network and ANTHROPIC_BASE_URL"
            )
        case APIError():
            return ModelUnavailable(WhyNoModel.malformed, f"the model API sent what cannot be read: {error.message}")
        case _:
            return None


def _refusal(error: APIStatusError, model: str, setting: str) -> ModelUnavailable:
    said = (error.api_message or f"status {error.status_code}")[:300]
    match error.status_code:
        case 401 | 403:
            return ModelUnavailable(
                WhyNoModel.bad_key,
                f"the model API does not accept the key ({error.status_code}): {said}",
                "set ANTHROPIC_API_KEY in the environment to a valid key (console.anthropic.com → API keys)",
            )
        case 404:
            return ModelUnavailable(
                WhyNoModel.rejected,
                f"there is no model {model!r}: {said}",
                f"set {setting} in .televibe/config.yaml to a model your key can use",
            )
        case 408:
            return ModelUnavailable(WhyNoModel.timeout, f"the model API gave up waiting: {said}")
        case 409 | 429:
            return ModelUnavailable(WhyNoModel.overloaded, f"the model API is at its limit ({error.status_code}): {said}")
        case status if status >= 500:
            return ModelUnavailable(WhyNoModel.overloaded, f"the model API is in trouble ({status}): {said}")
        case status:
            return ModelUnavailable(
                WhyNoModel.rejected,
                f"the model API rejected the request ({status}): {said}",
                f"check {setting} ({model}) and model.effort in .televibe/config.yaml",
            )
