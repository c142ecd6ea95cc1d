"""Our coordination tools as Claude Code sees them: an MCP server inside of this process, bound to the session that uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from claude_agent_sdk import McpSdkServerConfig, SdkMcpTool, create_sdk_mcp_server

from orchestrator.boundaries.agents.claude_roles import MCP_SERVER
from orchestrator.boundaries.agents.protocol import ToolCall
from orchestrator.nouns.errors import TeleVibeError

Schema = dict[str, Any]


def _schema(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_TEXT = {"type": "string"}
COORDINATION: dict[str, tuple[str, Schema]] = {
    "record_decision": (
        "Record something that is settled and that the other sessions must follow, with the reason.",
        _schema(("decision",), decision=_TEXT, rationale=_TEXT),
    ),
    "send_cross_session_message": (
        "Write to another session, or to all of them when to_session is left out. It is part of their next brief.",
        _schema(
            ("content",),
            content=_TEXT,
            to_session={"type": "string", "description": "such as S12"},
            message_type={"type": "string", "enum": ["interface_ready", "need_input", "fyi"]},
        ),
    ),
    "get_available_interfaces": ("The functions and classes that other sessions' branches offer, with signatures.", _schema()),
    "get_decisions": ("What is settled in this project, and why.", _schema()),
    "get_inbox": ("Messages that other sessions sent to you.", _schema()),
}
"""Name → description and input schema of the tools that ``AgentOrder.call_tool`` answers."""


@dataclass
class Question:
    """What the agent asked the user in this run; empty as long as it did not."""

    text: str = ""


def coordination_server(call_tool: ToolCall | None, question: Question) -> McpSdkServerConfig:
    """The server for one run. ``ask_user`` is always there; the others when the order brings a ``call_tool``."""
    tools = [_ask_user(question)]
    if call_tool is not None:
        tools += [_tool(name, description, schema, call_tool) for name, (description, schema) in COORDINATION.items()]
    return create_sdk_mcp_server(MCP_SERVER, tools=tools)


def _tool(name: str, description: str, schema: Schema, call_tool: ToolCall) -> SdkMcpTool[Any]:
    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return _said(json.dumps(await call_tool(name, arguments), ensure_ascii=False))
        except TeleVibeError as error:
            return {**_said(error.line()), "is_error": True}

    return SdkMcpTool(name=name, description=description, input_schema=schema, handler=call)


def _ask_user(question: Question) -> SdkMcpTool[Any]:
    async def ask(arguments: dict[str, Any]) -> dict[str, Any]:
        question.text = str(arguments["question"]).strip()
        return _said("The question is passed on. End your turn now; the answer comes as your next instruction.")

    return SdkMcpTool(
        name="ask_user",
        description="Ask the user something only they can decide. Then end your turn.",
        input_schema=_schema(("question",), question=_TEXT),
        handler=ask,
    )


def _said(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}
