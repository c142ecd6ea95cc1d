"""What two instructions have in common, in numbers: shared words, and the kinds of work that get into each other's way."""

from __future__ import annotations

import math
import re

from orchestrator.verbs.words import stem, words

READ = 120
"""Characters of an instruction that are looked at: how it begins. The weights were fitted to titles, and length is weighed."""

SHORTEST, LONGEST = 4, 12
"""Words of a title that are told apart: about nine in ten have as many."""

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NAME = re.compile(r"\b(?:\w+(?:[_.]\w+)+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*)\b")


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


SWEEPING = _stems(
    "remove drop deprecate deprecated deprecation refactor cleanup clean typing types annotations hints lint format ruff black isort "
    "pylint mypy pyupgrade eslint prettier gofmt rename move migrate replace restore revert modernize rewrite split merge simplify "
    "convert switch unify reorganize consolidate style extract"
)
"""Work that touches many lines in many places."""

WIDE = _stems("all various most some everything everywhere codebase multiple several full whole entire many old legacy")
PROJECT = _stems(
    "dependency dependencies pyproject upgrade bump update version release python node config configuration package ci tox "
    "pre-commit requirements lock pin unpin build setup extra optional"
)
"""Work on the few files that every project has."""

NARROW = _stems("fix typo correct handle missing message check skip avoid ensure prevent wrong invalid crash error null none bug")
"""Work on a few lines."""

PROSE = _stems("doc docs document documentation docstring readme example clarify link tutorial")
KINDS = {"sweeping": SWEEPING, "wide": WIDE, "project": PROJECT, "narrow": NARROW, "prose": PROSE}
COMMON = frozenset().union(*KINDS.values(), _stems("test tests support implement allow introduce option feature enable set run change"))

Numbers = dict[str, float]


def in_common(a: str, b: str) -> Numbers:
    """The features of two instructions by name. The order of the two makes no difference."""
    a, b = a[:READ], b[:READ]
    ours, theirs = frozenset(words(a)), frozenset(words(b))
    shared = ours & theirs
    numbers = {
        "words": len(shared) / max(SHORTEST, math.sqrt(len(ours) * len(theirs))),
        "contained": len(shared) / max(SHORTEST, min(len(ours), len(theirs))),
        "telling": float(any(len(word) > 3 and word not in COMMON for word in shared)),
        "letters": _alike(_pieces(a), _pieces(b)),
        "named": float(bool(set(_NAME.findall(a)) & set(_NAME.findall(b)))),
        "length": _length(ours) + _length(theirs),
    }
    for name, kind in KINDS.items():
        either, both = bool(kind & ours) or bool(kind & theirs), bool(kind & ours) and bool(kind & theirs)
        numbers[name], numbers[f"{name}_both"] = float(either), float(both)
    return numbers


def _length(said: frozenset[str]) -> float:
    """Within what titles have: beyond that it was fitted to nothing."""
    return math.log1p(max(SHORTEST, min(LONGEST, len(said))))


def _pieces(text: str) -> frozenset[str]:
    """Four letters each, so that ``type`` and ``typing`` are not strangers."""
    padded = (f" {word} " for word in _NOT_WORD.sub(" ", text.lower()).split())
    return frozenset(word[at : at + 4] for word in padded for at in range(max(1, len(word) - 3)))


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0
