"""Scores of a yes-or-no prediction: how well it ranks, and whether its numbers mean what they say."""

from __future__ import annotations

from collections.abc import Sequence

BINS = 10


def auc(chances: Sequence[float], truths: Sequence[bool]) -> float:
    """The share of (true, false) pairs in which the true one is ranked higher; ties count half. 0.5 is luck."""
    ranked = sorted(range(len(chances)), key=lambda at: chances[at])
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and chances[ranked[end]] == chances[ranked[at]]:
            end += 1
        total += sum(truths[i] for i in ranked[at:end]) * (at + end + 1) / 2  # the mean rank of the tied, from 1
        at = end
    yes = sum(truths)
    no = len(truths) - yes
    if not yes or not no:
        raise ValueError("an AUC needs both outcomes")
    return (total - yes * (yes + 1) / 2) / (yes * no)


def average_precision(chances: Sequence[float], truths: Sequence[bool]) -> float:
    """The mean of the precision at each true one, from the highest chance down; of those that tie, the false ones first."""
    found, total = 0, 0.0
    for place, at in enumerate(sorted(range(len(chances)), key=lambda i: (-chances[i], truths[i])), start=1):
        if truths[at]:
            found += 1
            total += found / place
    return total / found if found else 0.0


def calibration_error(chances: Sequence[float], truths: Sequence[bool]) -> float:
    """The expected calibration error: how far the mean chance and the share of true ones are apart, over ten bins of equal width."""
    bins: list[list[int]] = [[] for _ in range(BINS)]
    for at, chance in enumerate(chances):
        bins[min(BINS - 1, int(chance * BINS))].append(at)
    gaps = (abs(sum(chances[i] for i in found) - sum(truths[i] for i in found)) for found in bins if found)
    return sum(gaps) / len(chances)
