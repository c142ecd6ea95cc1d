"""Split: a goal's text into clauses, each of which asks for one piece of work."""

from __future__ import annotations

import re

LOOKED_AT = 20_000
MOST = 30
"""Clauses looked at; a goal with more is a project plan and belongs in a file."""

VERBS = (
    "add|implement|create|build|introduce|support|write|make|fix|repair|refactor|rename|move|extract|simplify|clean|remove|delete|"
    "replace|update|upgrade|bump|test|cover|review|audit|harden|document|describe|explain|optimi[sz]e|speed|profile|cache|merge|"
    "integrate|rebase|check|verify|change|convert|migrate|allow|enable|expose|show|log|validate|handle|release|deploy|design|let"
)
_LIST = re.compile(r"^\s*(?:[-*•]|\(?\d+[.)]|\[[ x]\])\s+", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|;\s*|\n{2,}|\n(?=\s*(?:[-*•]|\(?\d+[.)])\s)")
_THEN = re.compile(rf",?\s+(?:and\s+)?(?:then|after that|afterwards|finally)[,]?\s+(?=(?:{VERBS})\b)", re.IGNORECASE)
_AND_VERB = re.compile(rf",?\s+and\s+(?=(?:also\s+)?(?:{VERBS})\b)|,\s+(?=(?:{VERBS})\b)", re.IGNORECASE)
_AND_NEW_THING = re.compile(r",\s+and\s+(?=[a-z])", re.IGNORECASE)
_LEADING = re.compile(r"^(?:and|also|then|first|second|third|next|finally|please|after that|afterwards)[,:]?\s+", re.IGNORECASE)


def clauses(goal: str) -> list[str]:
    """The pieces, in the order of the text, each without list marks and leading conjunctions."""
    text = goal[:LOOKED_AT].strip()
    found: list[str] = []
    for sentence in _sentences(text):
        for part in _THEN.split(sentence):
            found.extend(_parts(part))
    return [c for c in (_tidy(f) for f in found) if c][:MOST]


def _sentences(text: str) -> list[str]:
    if _LIST.search(text):
        lines = [_LIST.sub("", line) for line in text.splitlines()]
        head = [lines[0]] if lines and not _LIST.match(text.splitlines()[0]) and not lines[0].rstrip().endswith(":") else []
        listed = [line for raw, line in zip(text.splitlines(), lines, strict=True) if _LIST.match(raw)]
        return head + listed
    return [s for s in _SENTENCE.split(text) if s.strip()]


def _parts(sentence: str) -> list[str]:
    """Split at "and <verb>", and at ", and <another thing>" when the sentence begins with a verb that both share."""
    pieces = _AND_VERB.split(sentence)
    out: list[str] = []
    for piece in pieces:
        things = _AND_NEW_THING.split(piece, maxsplit=3)
        verb = re.match(rf"\s*((?:{VERBS})\b)", piece, re.IGNORECASE)
        if verb and len(things) > 1 and all(len(t.split()) >= 2 for t in things):
            out.append(things[0])
            out.extend(f"{verb[1]} {thing}" for thing in things[1:])
        else:
            out.append(piece)
    return out


def _tidy(clause: str) -> str:
    text = clause.strip().strip(";,. \t\n")
    while (shorter := _LEADING.sub("", text)) != text:
        text = shorter
    return text
