"""The chance that two pieces of work conflict: what they have in common, weighed."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from pydantic import Field

from orchestrator.nouns.base import Noun
from orchestrator.verbs.predict.paths import shared_by
from orchestrator.verbs.predict.titles import Numbers, in_common
from orchestrator.verbs.words import words

NAMED, ALL_WORDS, GUESSED = 0.8, 0.3, 0.15
"""How sure it is that a file is touched which was guessed from an instruction: one that the instruction names, one all of whose
name's words are in it, any other. Measured with the planner's guesses on four repositories' histories: 0.80, 0.30, 0.15."""


class Weights(Noun):
    """A logistic regression: the weight of each feature by name."""

    bias: float
    weights: dict[str, float]

    def chance(self, numbers: Numbers) -> float:
        """0..1; ``KeyError`` when a feature has no weight."""
        total = self.bias + sum(self.weights[name] * value for name, value in numbers.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class ConflictWeights(Noun):
    """What was fitted, and by what."""

    made_by: str
    titles: Weights
    files: Weights


class Work(Noun):
    """A piece of work as it is looked at: what it says, and what it will touch. ``sure`` is how certain the files are: 1 when they
    are known, because it touched them already."""

    text: str
    files: tuple[str, ...] = ()
    sure: float = Field(default=0.0, ge=0, le=1)


def of_titles(weights: ConflictWeights, a: str, b: str) -> float:
    """The chance from what the two say alone."""
    return weights.titles.chance(in_common(a, b))


def of_files(weights: ConflictWeights, a: tuple[str, Collection[str]], b: tuple[str, Collection[str]]) -> float:
    """The chance when it is known which files each will touch."""
    return weights.files.chance({**in_common(a[0], b[0]), **shared_by(a[1], b[1], (a[0], b[0]))})


def of_work(weights: ConflictWeights, a: Work, b: Work) -> float:
    """The chance when the files are as certain as they are: between that of the files and that of the words alone."""
    words_alone = of_titles(weights, a.text, b.text)
    if not a.files or not b.files:
        return words_alone
    both = sureness(a, b)
    return both * of_files(weights, (a.text, a.files), (b.text, b.files)) + (1 - both) * words_alone


def sureness(a: Work, b: Work) -> float:
    """How certain it is that both touch the surest file that they share; if they share none, that both lists are right."""
    shared = set(a.files) & set(b.files)
    if not shared:
        return _of(a) * _of(b)
    return max(_certain(a, path) * _certain(b, path) for path in shared)


def _of(work: Work) -> float:
    return sum(_certain(work, path) for path in work.files) / len(work.files)


def _certain(work: Work, path: str) -> float:
    return max(work.sure, certainty(work.text, path))


def certainty(text: str, path: str) -> float:
    """How certain it is that who has ``text`` to do touches ``path``, a file that was guessed for it."""
    name = path.rpartition("/")[2]
    stem = name.partition(".")[0]
    if any(re.search(rf"(?<![\w/.-]){re.escape(named)}(?![\w/-])", text) for named in (path, name) if "." in named or "/" in named):
        return NAMED
    in_name = set(words(stem))
    return ALL_WORDS if in_name and in_name <= set(words(text)) else GUESSED
