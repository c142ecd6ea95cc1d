"""Scores of a suite that asks yes or no: confusion, precision and recall with intervals, figures of time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

RESAMPLES = 1000


@dataclass(frozen=True)
class Answer:
    """What was said of one case, and what is right."""

    name: str
    kind: str
    right: bool
    said: bool
    ms: float
    words: str = ""  # why it was said


@dataclass(frozen=True)
class Confusion:
    """How often what was said was right. A score without a case is 1: nothing was missed, nothing was wrong."""

    hits: int = 0
    missed: int = 0
    false_alarms: int = 0
    quiet: int = 0

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false_alarms) if self.hits + self.false_alarms else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def confusion(answers: Sequence[Answer]) -> Confusion:
    """Count the answers."""
    pairs = [(answer.right, answer.said) for answer in answers]
    return Confusion(
        hits=pairs.count((True, True)),
        missed=pairs.count((True, False)),
        false_alarms=pairs.count((False, True)),
        quiet=pairs.count((False, False)),
    )


def by_kind(answers: Sequence[Answer]) -> dict[str, Confusion]:
    """The confusion of each kind, by its name."""
    return {kind: confusion([a for a in answers if a.kind == kind]) for kind in sorted({a.kind for a in answers})}


def interval(answers: Sequence[Answer], score: Callable[[Confusion], float], seed: int = 1) -> tuple[float, float]:
    """The middle 95 % of a score over samples of the cases, drawn with replacement."""
    chance = random.Random(seed)
    scores = sorted(score(confusion(chance.choices(answers, k=len(answers)))) for _ in range(RESAMPLES))
    return scores[round(0.025 * RESAMPLES)], scores[round(0.975 * RESAMPLES) - 1]


def latency(answers: Sequence[Answer]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds for a case."""
    if len(answers) < 2:
        return {"p50": answers[0].ms, "p95": answers[0].ms}
    parts = quantiles([answer.ms for answer in answers], n=20, method="inclusive")
    return {"p50": round(parts[9], 2), "p95": round(parts[18], 2)}


def document(suite: str, policy: str, answers: Sequence[Answer]) -> dict[str, object]:
    """The scores of a suite as one JSON document."""
    whole = confusion(answers)
    return {
        "suite": suite,
        "n": len(answers),
        "policy": policy,
        "scores": {name: round(score(whole), 4) for name, score in SCORES.items()},
        "intervals": {name: [round(end, 4) for end in interval(answers, score)] for name, score in SCORES.items()},
        "per_kind": {kind: _counts(one) for kind, one in by_kind(answers).items()},
        "latency_ms": latency(answers),
        "wrong": [{"name": a.name, "kind": a.kind, "conflict": a.right, "said": a.words} for a in answers if a.right is not a.said],
    }


SCORES: dict[str, Callable[[Confusion], float]] = {
    "precision": lambda one: one.precision,
    "recall": lambda one: one.recall,
    "f1": lambda one: one.f1,
}


def _counts(one: Confusion) -> dict[str, float]:
    counts = {"hits": one.hits, "missed": one.missed, "false_alarms": one.false_alarms, "quiet": one.quiet}
    return {**counts, "precision": round(one.precision, 4), "recall": round(one.recall, 4)}
