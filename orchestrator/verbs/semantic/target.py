"""What a chain arrives at in a tree."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from orchestrator.nouns.code import Definition


class Meaning(StrEnum):
    """How far it is known."""

    module = "module"
    thing = "thing"  # a definition itself: a class, a function, a variable
    instance = "instance"  # of the class ``definition``
    parent = "parent"  # the bases of the class ``definition``, seen from its methods
    each = "each"  # a collection of ``inner``
    by_key = "by_key"  # a mapping to it
    promise = "promise"  # to be awaited for it
    missing = "missing"  # it should be there and is not: ``lost`` of ``path`` (and there of ``definition``)
    outside = "outside"  # a builtin name, or of a package that is not in the tree
    unknown = "unknown"


class Target(NamedTuple):
    """``path`` is where it was found."""

    meaning: Meaning
    path: str = ""
    definition: Definition | None = None
    inner: Target | None = None
    lost: str = ""
    bound: bool = False  # reached through an instance: what comes first is given already


UNKNOWN_TARGET = Target(Meaning.unknown)
OUTSIDE_TARGET = Target(Meaning.outside)
