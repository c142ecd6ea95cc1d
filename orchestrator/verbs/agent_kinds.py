"""The kinds of coding agents there are."""

from __future__ import annotations

from orchestrator.nouns.errors import Unknown

AGENT_KINDS = ("claude", "scripted")


def check_agent_kind(kind: str) -> str:
    """``kind`` if it exists, else ``Unknown`` with those that do."""
    if kind not in AGENT_KINDS:
        raise Unknown(f"there is no agent kind {kind!r}", f"kinds: {', '.join(AGENT_KINDS)}")
    return kind
