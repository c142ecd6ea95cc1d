"""``python -m evals.suites.conflict DIR``: how well conflicts of two pieces of work are foreseen.

``DIR/conflict_pairs.jsonl`` has a pair a line: ``repo``, ``conflict`` (whether it did), and ``a`` and ``b`` with ``title`` and
``files``. Nothing else of a line is looked at.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.scoring import auc, average_precision, calibration_error
from orchestrator.boundaries.learned import conflict_weights
from orchestrator.verbs.predict.chance import ConflictWeights, of_files, of_titles

FILE = "conflict_pairs.jsonl"


@dataclass(frozen=True)
class Pair:
    """Two changes of one repository that were made beside each other."""

    repo: str
    a: tuple[str, tuple[str, ...]]  # title, files
    b: tuple[str, tuple[str, ...]]
    conflict: bool


def pairs_of(directory: Path) -> list[Pair]:
    """The pairs of a directory, in the order of the file."""
    rows = (json.loads(line) for line in (directory / FILE).read_text(encoding="utf-8").splitlines() if line.strip())
    return [Pair(row["repo"], _side(row["a"]), _side(row["b"]), bool(row["conflict"])) for row in rows]


def _side(said: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    return said["title"], tuple(said["files"])


def scores(pairs: Sequence[Pair], weights: ConflictWeights) -> dict[str, float]:
    """``auc_titles``, ``auc_files``, ``ap_titles``, ``ap_files``, and the expected calibration errors."""
    truths = [pair.conflict for pair in pairs]
    by = {
        "titles": [of_titles(weights, pair.a[0], pair.b[0]) for pair in pairs],
        "files": [of_files(weights, pair.a, pair.b) for pair in pairs],
    }
    return scores_of(by, truths)


def scores_of(by: dict[str, list[float]], truths: Sequence[bool]) -> dict[str, float]:
    """The scores of chances by what they were made from."""
    measures = {"auc": auc, "ap": average_precision, "ece": calibration_error}
    return {
        f"{name}_{track}": round(measure(chances, truths), 4) for name, measure in measures.items() for track, chances in by.items()
    }


def main(directory: Path) -> dict[str, float]:
    pairs = pairs_of(directory)
    begun = time.perf_counter()
    found = scores(pairs, conflict_weights())
    each = (time.perf_counter() - begun) * 1000 / len(pairs)
    return {"pairs": len(pairs), **found, "ms_a_pair": round(each, 3)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), indent=2))
