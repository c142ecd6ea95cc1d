"""Words: how the ranking verbs read text, identifiers and paths."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

LONGEST_TEXT = 20_000
"""Characters looked at. What decides a routing stands at the beginning."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*|[^\W\d_a-zA-Z]+|\d+")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")

STOP = frozenset(
    "a an and are as at be but by can do does for from has have how i if in into is it its let me my of on or our out please so that "
    "the their them then there these this those to up us was we what when where which who why will with would you your should must "
    "add new make use using also all any each every not no need needs want able".split()
)  # fmt: skip


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A light stem: plural, -ing, -ed, -er endings. Enough to join ``payments`` and ``payment``, ``logged`` and ``log``."""
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + kept
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiosl":
        word = word[:-1]
    return word


def words(text: str) -> list[str]:
    """Stems of the words in ``text``, identifiers split at case and underscores, stop words left out."""
    found = []
    for word in _WORD.findall(text[:LONGEST_TEXT]):
        for part in _CAMEL.findall(word):
            lower = part.lower()
            if lower not in STOP and (len(lower) > 1 or lower.isdigit()):
                found.append(stem(lower))
    return found


def overlap(asked: Iterable[str], known: Iterable[str]) -> float:
    """The share of the asked words that are known, 0..1."""
    wanted = set(asked)
    return len(wanted & set(known)) / len(wanted) if wanted else 0.0
