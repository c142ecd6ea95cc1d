"""What Claude Code's messages mean: Started, Said, Did, and how the run ended, in words a user can act on."""

from __future__ import annotations

from typing import Any

from claude_agent_sdk import AssistantMessage, Message, ResultMessage, SystemMessage, TextBlock, ToolUseBlock

from orchestrator.boundaries.agents.claude_roles import MCP_SERVER
from orchestrator.boundaries.agents.protocol import AgentEvent, AgentOrder, Broke, Did, Finished, Said, Started
from orchestrator.nouns.policy import ClaudePolicy

DETAIL_CHARS = 200
DETAILS = ("file_path", "notebook_path", "command", "pattern", "path", "question", "decision", "content")
"""Inputs that say best what a tool was used for, best first."""
NOT_PERMITTED = "not permitted for this role"
LOG_IN = "set ANTHROPIC_API_KEY, or log in once with `claude` and /login (for a server: `claude setup-token`)"
CONNECTED = "connected"
NO_TOOLS = "try the job again; if it stays so, look for a proxy or firewall between it and 127.0.0.1"
LOGIN_ATTEMPTS = 2
"""Claude Code tries ten times, for minutes; the second time it had refreshed what can be refreshed."""


class Reading:
    """Turns one run's messages into events. It remembers what was said last and whether the end came."""

    def __init__(self, order: AgentOrder, policy: ClaudePolicy) -> None:
        self._order = order
        self._policy = policy
        self._started = False
        self._last_text = ""
        self.stop_asked = False
        self.over = False

    def events(self, message: Message) -> list[AgentEvent]:
        """The events of one message; after the last one ``over`` is True."""
        match message:
            case SystemMessage(subtype="init", data=data) if not self._started:
                self._started = True
                if self._order.mcp is not None and (status := _status(data)) != CONNECTED:
                    return [self._end(Broke(reason=f"Claude Code cannot use TeleVibe's tools (its MCP server: {status}) — {NO_TOOLS}"))]
                return [Started(conversation=str(data.get("session_id", "")))]
            case SystemMessage(subtype="api_retry", data=data) if _login_refused(data):
                return [self._end(Broke(reason=f"Anthropic's API does not accept the login — {LOG_IN}"))]
            case SystemMessage(subtype="permission_denied", data=data):
                return [Did(tool=str(data.get("tool_name", "")), detail=NOT_PERMITTED)]
            case AssistantMessage(parent_tool_use_id=None, error=None, content=content):
                return [event for block in content if (event := self._block(block)) is not None]
            case ResultMessage():
                return [self._end(self._ending(message))]
            case _:
                return []

    def _block(self, block: object) -> AgentEvent | None:
        match block:
            case TextBlock(text=text) if text.strip():
                self._last_text = text
                return Said(text=text)
            case ToolUseBlock(name=name, input=given):
                return Did(tool=name, detail=detail(given))
            case _:
                return None

    def _end(self, event: AgentEvent) -> AgentEvent:
        self.over = True
        return event

    def _ending(self, result: ResultMessage) -> AgentEvent:
        cost = result.total_cost_usd
        if (result.terminal_reason or "").startswith("aborted") or (self.stop_asked and result.is_error):
            return Broke(reason="it was stopped", interrupted=True, cumulative_cost_usd=cost)
        if result.is_error:
            return Broke(reason=self._reason(result), cumulative_cost_usd=cost)
        usage = result.usage or {}
        return Finished(
            summary=(result.result or self._last_text).strip(),
            cumulative_cost_usd=cost or 0.0,
            tokens_in=sum(int(usage.get(kind) or 0) for kind in INPUT_TOKENS),
            tokens_out=int(usage.get("output_tokens") or 0),
        )

    def _reason(self, result: ResultMessage) -> str:
        said = "; ".join(result.errors or []) or (result.result or "").strip() or result.subtype
        match result.subtype, result.api_error_status:
            case "error_max_turns", _:
                return f"it was not done after {self._policy.max_turns} turns — raise claude.max_turns, or split the task"
            case "error_max_budget_usd", _:
                return f"it used up the ${self._order.budget_usd or 0:.2f} that were left — raise budget.goal_usd or budget.day_usd"
            case _, 401 | 403:
                return f"Anthropic's API does not accept the login ({said}) — {LOG_IN}"
            case _, 429:
                return f"Anthropic's rate limit ({said}) — wait, or lower limits.parallel_jobs"
            case _, int():
                return f"Anthropic's API failed ({said}) — try again later"
            case _ if "/login" in said:
                return f"Claude Code is not logged in ({said}) — {LOG_IN}"
            case _:
                return said


INPUT_TOKENS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""Everything the model read, from the cache or not."""


def _status(init: dict[str, Any]) -> str:
    """Of our server, as Claude Code's first message has it. Without the tools it would go on, and say that all is well."""
    servers = init.get("mcp_servers") or []
    return next((str(server.get("status")) for server in servers if server.get("name") == MCP_SERVER), "not there")


def _login_refused(retry: dict[str, Any]) -> bool:
    return retry.get("error_status") in {401, 403} and int(retry.get("attempt", 0)) >= LOGIN_ATTEMPTS


def detail(given: dict[str, Any]) -> str:
    """One line about a tool's input."""
    told = next((str(given[name]) for name in DETAILS if given.get(name)), "")
    line = " ".join(told.split())
    return line if len(line) <= DETAIL_CHARS else line[: DETAIL_CHARS - 1] + "…"
