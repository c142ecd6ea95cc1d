"""Schema: the same keys for an editor, as a JSON schema (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.verbs.workflow.keys import DEFAULTS, FILE_KEYS, MOST_STAGES, STAGE_KEYS, Key


def workflow_schema() -> dict[str, Any]:
    """What an editor can check of a file; circles, unknown roles and the like are left to ``televibe workflow check``."""
    stage = {
        "type": "object",
        "additionalProperties": False,
        "required": ["stage_id", "instruction"],
        "not": {"required": ["role", "session"]},
        "dependentRequired": {"rounds": ["rework"]},
        "properties": _properties(STAGE_KEYS),
    }
    own = _properties(FILE_KEYS)
    for key in DEFAULTS:
        own[key]["description"] = f"For each stage that does not say its own. {own[key]['description']}"
    stages = {"type": "array", "minItems": 1, "maxItems": MOST_STAGES, "items": stage, "description": "The stages, in any order."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TeleVibe workflow",
        "description": "Stages that hand their work on: televibe workflow run FILE.",
        "type": "object",
        "additionalProperties": False,
        "required": ["stages"],
        "properties": {**own, "stages": stages},
    }


def _properties(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {name: {**key.kind.schema, "description": key.meaning} for name, key in keys.items()}
