"""What is found of one use, and where it is looked at."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.nouns.code import AWAITED, CALLED, ELEMENT, Chain, Definition, DefinitionKind
from orchestrator.nouns.conflict import Cause, Severity
from orchestrator.verbs.semantic.link import Linker
from orchestrator.verbs.semantic.sides import Side
from orchestrator.verbs.semantic.target import Target

FUNCTIONS = frozenset({DefinitionKind.function, DefinitionKind.method})


class Trouble(NamedTuple):
    """``subject`` is the name of what changed, at ``path`` and ``line`` as the user of it knows it."""

    cause: Cause
    severity: Severity
    path: str
    subject: str
    before: Definition | None
    now_path: str
    now: Definition | None
    words: str  # complete the sentence that begins with the subject


class Hit(NamedTuple):
    """A trouble at one place of the side that uses the subject."""

    trouble: Trouble
    path: str
    line: int


class Places(NamedTuple):
    """Where a use is read: its own side's tree, the merged one, and whoever changed something."""

    old: Linker
    new: Linker
    old_path: str
    new_path: str
    other: Side


def told(cause: Cause, before: Target, after: Target, words: str, severity: Severity = Severity.high) -> Trouble | None:
    old = before.definition
    if old is None:
        return None
    return Trouble(cause, severity, before.path, old.name, old, after.path, after.definition, words)


def value_of_call(chain: Chain) -> Chain | None:
    """The chain of what is called, when a use is of a variable that holds what a call gave."""
    if chain[-1] == CALLED and len(chain) > 1:
        return chain[:-1]
    if chain[-1] in {AWAITED, ELEMENT} and chain[-2:-1] == (CALLED,):
        return chain[:-2]
    return None
