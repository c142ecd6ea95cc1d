"""``python -m evals.fit.conflict DIR``: fit the weights of prediction to pairs that did, or did not, conflict, and write them.

First every repository is left out once and foretold by what the others say: those are the scores that may be believed. Then all
are fitted and the file is written. Fewer and plainer weights carry further than the last hundredth here: the ridge is strong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.suites.conflict import Pair, pairs_of, scores_of
from orchestrator.boundaries.learned import CONFLICT
from orchestrator.verbs.predict.chance import ConflictWeights, Weights, of_files, of_titles
from orchestrator.verbs.predict.paths import shared_by
from orchestrator.verbs.predict.titles import Numbers, in_common

RIDGE_TITLES = 60.0
RIDGE_FILES = 15.0
"""How strongly weights are held back, on features of unit variance. Chosen by leaving repositories out; from a third to three times
as much moves no AUC by more than 0.02."""

STEPS = 30

Matrix = NDArray[np.float64]


def fitted(pairs: Sequence[Pair]) -> ConflictWeights:
    """Weights from these pairs."""
    titles = [in_common(pair.a[0], pair.b[0]) for pair in pairs]
    files = [{**said, **shared_by(p.a[1], p.b[1], (p.a[0], p.b[0]))} for said, p in zip(titles, pairs, strict=True)]
    truths = np.array([pair.conflict for pair in pairs], dtype=np.float64)
    made_by = f"python -m evals.fit.conflict, from {len(pairs)} pairs of {len({p.repo for p in pairs})} repositories"
    return ConflictWeights(made_by=made_by, titles=_fit(titles, truths, RIDGE_TITLES), files=_fit(files, truths, RIDGE_FILES))


def left_out(pairs: Sequence[Pair]) -> dict[str, float]:
    """Scores of every pair by weights that have seen nothing of its repository: of all together, and the mean over repositories."""
    found: dict[str, list[float]] = {"titles": [], "files": []}
    truths: list[bool] = []
    each: list[dict[str, float]] = []
    for repo in sorted({pair.repo for pair in pairs}):
        weights = fitted([pair for pair in pairs if pair.repo != repo])
        held = [pair for pair in pairs if pair.repo == repo]
        here = {
            "titles": [of_titles(weights, p.a[0], p.b[0]) for p in held],
            "files": [of_files(weights, p.a, p.b) for p in held],
        }
        each.append(scores_of(here, [p.conflict for p in held]))
        truths += [p.conflict for p in held]
        found = {track: found[track] + here[track] for track in found}
    means = {f"mean_{name}": round(sum(one[name] for one in each) / len(each), 4) for name in ("auc_titles", "auc_files")}
    return {**scores_of(found, truths), **means}


def _fit(rows: Sequence[Numbers], truths: Matrix, ridge: float) -> Weights:
    """A logistic regression by Newton's steps, on features of unit variance; then the weights are those of the plain features."""
    names = list(rows[0])
    plain = np.array([[row[name] for name in names] for row in rows])
    mean, spread = plain.mean(axis=0), plain.std(axis=0) + 1e-9
    spread[spread < 1e-6] = np.inf  # a feature that never differs here says nothing
    features = np.c_[np.ones(len(plain)), (plain - mean) / spread]
    held = np.diag([1e-6] + [ridge] * len(names))
    weights = np.zeros(len(names) + 1)
    for _ in range(STEPS):
        chances = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (chances - truths) + held @ weights
        weights -= np.linalg.solve((features.T * (chances * (1 - chances))) @ features + held, slope)
    back = weights[1:] / spread
    return Weights(
        bias=round(float(weights[0] - back @ mean), 4),
        weights={name: round(float(weight), 4) for name, weight in zip(names, back, strict=True)},
    )


def main(directory: Path, target: Path) -> None:
    pairs = pairs_of(directory)
    print(json.dumps({"left out": left_out(pairs)}, indent=2))
    target.write_text(json.dumps(fitted(pairs).model_dump(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else CONFLICT)
