"""What was fitted to facts and ships as a file: read once, checked as it is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from orchestrator.verbs.predict.chance import ConflictWeights

CONFLICT = Path(__file__).with_name("conflict.json")
"""``python -m evals.fit.conflict DIR`` makes it."""


@cache
def conflict_weights() -> ConflictWeights:
    """The weights of prediction."""
    return ConflictWeights.model_validate_json(CONFLICT.read_bytes())
