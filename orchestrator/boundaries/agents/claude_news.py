"""News for a Claude Code at work: after each of its tool calls it is told, in our words, that something waits for it."""

from __future__ import annotations

import logging

from claude_agent_sdk import HookContext, HookInput, HookJSONOutput, HookMatcher
from claude_agent_sdk.types import HookEvent

from orchestrator.boundaries.agents.protocol import News

log = logging.getLogger("televibe.claude")

SECONDS = 10.0


def hooks(news: News | None) -> dict[HookEvent, list[HookMatcher]] | None:
    """For ``ClaudeAgentOptions``; None when there is nobody to ask."""
    if news is None:
        return None

    async def after_tool(given: HookInput, tool_use_id: str | None, context: HookContext) -> HookJSONOutput:
        del given, tool_use_id, context
        try:
            line = await news()
        except Exception:  # news are a courtesy: the agent's work does not stop for them
            log.warning("action=news_failed", exc_info=True)
            return {}
        return {"hookSpecificOutput": {"hookEventName": "PostToolUse", "additionalContext": line}} if line else {}

    return {"PostToolUse": [HookMatcher(hooks=[after_tool], timeout=SECONDS)]}
