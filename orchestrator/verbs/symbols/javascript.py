"""Exported symbols of JavaScript source."""

from __future__ import annotations

import tree_sitter_javascript

from orchestrator.verbs.symbols.ecmascript import exported
from orchestrator.verbs.symbols.found import Found
from orchestrator.verbs.symbols.syntax import parse


def read(path: str, text: bytes) -> Found:
    """What the file exports; the intact parts when it does not parse."""
    return exported(path, parse(tree_sitter_javascript.language(), text))
