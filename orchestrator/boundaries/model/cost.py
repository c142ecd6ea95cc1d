"""What a call costs: an upper bound before it is made, the real figure after it."""

from __future__ import annotations

from orchestrator.nouns.deciding import Usage
from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel
from orchestrator.nouns.policy import Price

MILLION = 1_000_000

OVERHEAD_TOKENS = 600
"""What the API adds for the message frame and the structured output."""

BYTES_PER_TOKEN = 2
"""English is at 3–4 bytes of UTF-8 for a token, code at 2.5–3, Chinese at 2–3: two is the careful side."""


def most_tokens(*texts: str) -> int:
    """An upper bound of the input tokens of these texts, without a tokenizer."""
    return OVERHEAD_TOKENS + sum(-(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN) for text in texts)


def most_usd(price: Price, tokens_in: int, max_tokens: int) -> float:
    """The dearest that a call can be: everything written to the cache, and the answer as long as it may get."""
    return (tokens_in * max(price.input, price.cache_write) + max_tokens * price.output) / MILLION


def cost_usd(price: Price, usage: Usage) -> float:
    """What the tokens of ``usage`` cost."""
    return (
        usage.tokens_in * price.input
        + usage.tokens_out * price.output
        + usage.tokens_cache_read * price.cache_read
        + usage.tokens_cache_write * price.cache_write
    ) / MILLION


def check_affordable(most: float, left: float) -> None:
    """``ModelUnavailable`` (over_budget) when a call that may cost ``most`` does not fit into what is ``left``; both in USD."""
    if most > left:
        raise ModelUnavailable(
            WhyNoModel.over_budget,
            f"the call may cost up to ${most:.4f}, and ${max(left, 0.0):.4f} of the budget is left",
            "raise budget.goal_usd or budget.day_usd in .televibe/config.yaml",
        )
