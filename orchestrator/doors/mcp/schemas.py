"""The tools as an MCP client sees them: what they take and give as JSON schemas, what they are for, an example."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from mcp import types

from orchestrator.engine.coordination.tool import Tool
from orchestrator.engine.coordination.tools import TOOLS
from orchestrator.nouns.base import Noun

NAMING = frozenset({"properties", "$defs"})
"""Keywords whose keys are names, not keywords."""


@cache
def described(name: str) -> types.Tool:
    """The tool of that name."""
    tool = TOOLS[name]
    return types.Tool(
        name=tool.name,
        description=f"{tool.description}\n\nExample: {json.dumps(tool.example, ensure_ascii=False)}",
        input_schema=schema(tool.asks, "validation"),
        output_schema=schema(tool.gives, "serialization"),
        annotations=_annotations(tool),
    )


def _annotations(tool: Tool) -> types.ToolAnnotations:
    hints = {"destructive_hint": False, "open_world_hint": False}
    return types.ToolAnnotations(read_only_hint=tool.reads, idempotent_hint=tool.reads, **hints)


def schema(noun: type[Noun], mode: Any) -> dict[str, Any]:
    """The JSON schema without what only repeats names: every agent reads all of it, and pays for it."""
    stripped: dict[str, Any] = _stripped(noun.model_json_schema(by_alias=True, mode=mode))
    stripped.pop("description", None)
    return stripped


def _stripped(part: Any, *, names: bool = False) -> Any:
    if isinstance(part, list):
        return [_stripped(value) for value in part]
    if not isinstance(part, dict):
        return part
    return {key: _stripped(value, names=key in NAMING and not names) for key, value in part.items() if names or key != "title"}
