"""Which model there is on this machine: decided once, at start-up, from the policy and the environment."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.nouns.errors import WhyNoModel
from orchestrator.nouns.policy import ModelPolicy

from .anthropic import AnthropicModel
from .none import NoModel
from .protocol import Model

KEY = "ANTHROPIC_API_KEY"


def open_model(policy: ModelPolicy, environ: Mapping[str, str]) -> Model:
    """The configured model, or ``NoModel`` with the reason. Opens nothing and imports nothing heavy.

    ``ANTHROPIC_API_KEY`` is the key, ``ANTHROPIC_BASE_URL`` another address, ``TELEVIBE_NO_MODEL=1`` switches the model off.
    """
    if environ.get("TELEVIBE_NO_MODEL", "") not in {"", "0"}:
        return NoModel(WhyNoModel.switched_off, "the model is switched off", "unset TELEVIBE_NO_MODEL")
    key = environ.get(KEY, "").strip()
    if not key:
        return NoModel(WhyNoModel.no_key, f"{KEY} is not set", f"set {KEY} to let a model decide where the rules are unsure")
    if not (key.isascii() and key.isprintable()) or " " in key:
        return NoModel(WhyNoModel.bad_key, f"{KEY} holds characters that no key has", f"set {KEY} to a valid key")
    return AnthropicModel(policy, key, base_url=environ.get("ANTHROPIC_BASE_URL", "").strip() or None)
