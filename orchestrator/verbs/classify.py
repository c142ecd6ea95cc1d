"""Classify: what kind of work a text asks for. Deterministic, with a confidence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.nouns.deciding import Classified
from orchestrator.nouns.work import TaskType
from orchestrator.verbs.split import clauses

LOOKED_AT = 4000
"""Characters; a longer text says at its beginning what it wants."""

HEAD = 60
"""Characters in which a text says what it is mainly about, unless its first piece is shorter."""

T = TaskType

CONVENTIONAL: dict[str, TaskType] = {
    "feat": T.implement, "feature": T.implement, "fix": T.fix, "bugfix": T.fix, "hotfix": T.fix, "refactor": T.refactor,
    "test": T.test, "tests": T.test, "docs": T.docs, "doc": T.docs, "perf": T.perf, "chore": T.chore, "build": T.chore,
    "ci": T.chore, "style": T.refactor, "security": T.security, "merge": T.integrate,
}  # fmt: skip
"""Prefixes of the Conventional Commits specification and their usual variants."""


@dataclass(frozen=True)
class Sign:
    """A pattern that speaks for a type. ``weight`` is how strongly; a verb at the start of a clause weighs more than a noun."""

    type: TaskType
    weight: float
    pattern: re.Pattern[str]


def _sign(type_: TaskType, weight: float, pattern: str) -> Sign:
    return Sign(type_, weight, re.compile(pattern, re.IGNORECASE))


_START = r"(?:^|[.;:!?\n]\s*|\b(?:then|please|and|to|should|must|can you|could you|let'?s)\s+)"
SIGNS: tuple[Sign, ...] = (
    _sign(T.implement, 2.0, _START + r"(?:implement|add|create|build|introduce|support|allow|enable|expose|provide|write|make)\b"),
    _sign(T.implement, 0.8, r"\b(?:feature|endpoint|new (?:command|option|flag|page|api))\b"),
    _sign(T.fix, 2.6, _START + r"(?:fix|repair|correct|resolve|debug|handle|prevent|restore)\b"),
    _sign(T.fix, 1.8, r"\b(?:bug|crash(?:es|ed)?|broken|regression|fails?|failing|raises?|wrong(?:ly)?|incorrect(?:ly)?|hangs?)\b"),
    _sign(T.fix, 1.4, r"\b(?:does(?:n't| not) work|no longer|instead of|off by one|traceback|stack trace|error when)\b"),
    _sign(
        T.refactor,
        3.0,
        _START + r"(?:refactor|restructure|simplify|clean ?up|extract|rename|move|split|inline|deduplicate|unify)\b",
    ),
    _sign(
        T.refactor,
        1.2,
        r"\b(?:refactoring|duplicat(?:e|ed|ion)|readab(?:le|ility)|dead code|tech(?:nical)? debt|without changing)\b",
    ),
    _sign(T.test, 3.4, _START + r"(?:test|cover)\b"),
    _sign(T.test, 3.2, r"\b(?:add|write|extend|create|run|more)\s+(?:\w+\s+){0,4}?(?:tests?|specs?|fixtures?)\b"),
    _sign(T.test, 1.4, r"\b(?:test coverage|unit tests?|integration tests?|test cases?|test suite|pytest|coverage)\b"),
    _sign(T.review, 4.0, _START + r"(?:review|look over|critique|check over|proof-?read|inspect)\b"),
    _sign(T.review, 2.0, r"\b(?:code review|pull request|feedback on|second pair of eyes)\b"),
    _sign(T.security, 3.6, _START + r"(?:audit|harden|pen-?test|threat[- ]model)\b"),
    _sign(T.security, 2.4, r"\b(?:security|vulnerab\w+|injection|xss|csrf|cve|exploit\w*|sanitiz\w+|secrets? leak\w*|attack\w*)\b"),
    _sign(T.docs, 3.2, _START + r"(?:document|explain in the docs|describe)\b"),
    _sign(T.docs, 2.6, r"\b(?:docs?|documentation|readme|docstrings?|changelog|tutorial|comments?|typos?|guide)\b"),
    _sign(T.perf, 3.0, _START + r"(?:optimi[sz]e|speed up|profile|cache|reduce (?:the )?(?:memory|time|latency))\b"),
    _sign(T.perf, 2.4, r"\b(?:slow(?:ly|er)?|faster|performance|latency|throughput|memory usage|too long|bottleneck)\b"),
    _sign(T.chore, 2.8, _START + r"(?:bump|upgrade|pin|release|configure|set up|update (?:the )?(?:dependenc\w+|version|ci))\b"),
    _sign(
        T.chore,
        2.0,
        r"\b(?:dependenc(?:y|ies)|ci|pipeline|workflow file|docker\w*|makefile|lint(?:er|ing)?|version|build system)\b",
    ),
    _sign(T.integrate, 3.6, _START + r"(?:merge|integrate|rebase|combine|cherry-?pick)\b(?!.{0,20}\binto the (?:ui|api|app))"),
    _sign(T.integrate, 1.6, r"\b(?:branches|merge conflicts?|resolve conflicts?)\b"),
    _sign(T.question, 3.6, r"^\s*(?:why|what|how|where|when|who|which|is|are|does|do|did|can|could|should)\b[^.\n]*\?\s*$"),
    _sign(T.question, 2.4, _START + r"(?:explain|tell me|show me|find out|summari[sz]e)\b"),
    _sign(T.question, 1.0, r"\?\s*$"),
)
FOLLOW_UP = re.compile(
    r"^(?:test|review|document|merge|check|verify|cover|audit|land|commit|try)(?:\s+(?:and|or|,)?\s*(?:test|review|document|check|verify))*"
    r"(?:\s+(?:it|them|that|this|everything|all(?: of it)?|the (?:result|changes?|work|code|whole thing)))?"
    r"(?:\s+(?:thoroughly|carefully|well|too|again|properly|afterwards|please))*$",
    re.IGNORECASE,
)
"""A piece of a compound instruction that names no thing of its own."""
_PREFIX = re.compile(r"^\s*([a-z]+)(?:\([^)]*\))?!?:\s", re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(?:don'?t|do not|never|no need to|without|avoid|not)\s+(?:\w+ing\b|\w+)(?:\s+(?:any|the|or|\w+)){0,2}", re.IGNORECASE
)


def classify(text: str) -> Classified:
    """The type with the strongest signs. Confidence grows with the lead over the runner-up; a conventional prefix settles it."""
    looked = text[:LOOKED_AT]
    prefix = _PREFIX.match(looked)
    if prefix and prefix[1].lower() in CONVENTIONAL:
        kind = CONVENTIONAL[prefix[1].lower()]
        return Classified(type=kind, confidence=0.95, reason=f"it begins with {prefix[1]!r}")
    scores, reasons = _scores(*_main(_NEGATED.sub(" ", looked)))
    ranked = sorted(scores.items(), key=lambda item: (-item[1], list(TaskType).index(item[0])))
    if not ranked:
        return Classified(type=T.implement, confidence=0.2, reason="nothing in it says what kind of work it is")
    best, score = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    lead = (score - second) / (score + 1.0)
    confidence = round(min(0.92, 0.3 + 0.55 * lead + 0.06 * min(score, 4.0)), 3)
    return Classified(type=best, confidence=confidence, reason=f"it says {reasons[best]!r}")


def _main(text: str) -> tuple[str, int]:
    """The text without the pieces that only say what is to be done with the others ("; test it", "and review everything"),
    and how far it is about the first of those that stay."""
    pieces = clauses(text)
    main = [piece for piece in pieces if not FOLLOW_UP.match(piece)]
    whole = "; ".join(main) if 0 < len(main) < len(pieces) else text
    compound = len(main) > 1 and "\n" not in text  # a text of several lines explains its first, rather than to ask for more
    return whole, min(HEAD, len(main[0])) if compound else HEAD


def _scores(text: str, head: int) -> tuple[dict[TaskType, float], dict[TaskType, str]]:
    """Points by type, signs in the first ``head`` characters worth more; and the strongest sign of each as found."""
    scores: dict[TaskType, float] = {}
    reasons: dict[TaskType, str] = {}
    strongest: dict[TaskType, float] = {}
    for sign in SIGNS:
        found = sign.pattern.search(text)
        if found is None:
            continue
        weight = sign.weight * (1.0 if found.start() < head else 0.6)
        scores[sign.type] = scores.get(sign.type, 0.0) + weight
        if weight > strongest.get(sign.type, 0.0):
            strongest[sign.type] = weight
            reasons[sign.type] = " ".join(found[0].split()).strip(".;:!? ")
    return scores, reasons
