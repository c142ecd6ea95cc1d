"""What two lists of files have in common, in numbers: how many, of which kind, and how much of each side's work they are."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from enum import StrEnum

from orchestrator.verbs.predict.titles import Numbers
from orchestrator.verbs.words import words

COUNTED = 12
"""Files a side from which on more make no difference: the weights were fitted to lists of so many at most."""


class FileKind(StrEnum):
    """What a file is, as far as that says how its changes meet."""

    notes = "notes"  # a change log: everybody adds at one place
    generated = "generated"  # made by a tool, locks too
    settings = "settings"
    register = "register"  # a list that everybody adds a line to, somewhere
    test = "test"
    prose = "prose"
    entrance = "entrance"  # says what a package offers
    source = "source"


_NOTES = re.compile(r"(^|/)(change(log|s)|news|history|release|what.?s.?new)", re.IGNORECASE)
_GENERATED = re.compile(
    r"(\.lock|-lock\.(json|ya?ml)|\.sum|\.min\.(js|css)|\.pb\.\w+|_pb2\w*\.py|\.snap|\.g\.dart)$|generated|swagger\.json$"
)
_REGISTER = re.compile(r"(^|/)(authors|contributors|codeowners|maintainers|users|thanks|mkdocs)(\.\w+)?$", re.IGNORECASE)
_SETTINGS = re.compile(
    r"(^|/)(setup\.py|conftest\.py|makefile|dockerfile[^/]*|go\.mod|requirements[^/]*|\.[^/]+|build\.gradle[^/]*|\.github/.*)$"
    r"|\.(ya?ml|toml|json|ini|cfg|sh|xml|properties)$",
    re.IGNORECASE,
)
_TEST = re.compile(r"(^|/)(tests?|testing|__tests__|specs?)/|(^|/)test_[^/]*$|[_.-](test|spec)s?\.\w+$|Tests?\.(java|kt|cs|swift)$")
_PROSE = re.compile(r"(^|/)docs?/|\.(md|mdx|rst|adoc|txt)$", re.IGNORECASE)
_ENTRANCE = re.compile(r"(^|/)(__init__\.pyi?|index\.[jt]sx?|mod\.rs|lib\.rs|doc\.go)$")

_KINDS = (
    (_NOTES, FileKind.notes), (_GENERATED, FileKind.generated), (_REGISTER, FileKind.register), (_TEST, FileKind.test),
    (_ENTRANCE, FileKind.entrance), (_PROSE, FileKind.prose), (_SETTINGS, FileKind.settings),
)  # fmt: skip


def kind_of(path: str) -> FileKind:
    """What kind of file it is, from its name."""
    return next((kind for pattern, kind in _KINDS if pattern.search(path)), FileKind.source)


def shared_by(a: Collection[str], b: Collection[str], titles: tuple[str, str]) -> Numbers:
    """The features of two lists of files by name. The order of the two makes no difference."""
    ours, theirs = frozenset(a), frozenset(b)
    shared = ours & theirs
    few, many = sorted((len(ours), len(theirs)))
    kinds = [kind_of(path) for path in shared]
    slight = {FileKind.register, FileKind.settings, FileKind.generated}
    numbers = {
        "any": float(bool(shared)),
        "shared": math.log2(1 + min(len(shared), COUNTED)),
        "share": len(shared) / max(1, min(few, COUNTED)),
        "fewer": math.log2(1 + min(few, COUNTED)),
        "more": math.log2(1 + min(many, COUNTED)),
        "folder": float(bool(_folders(ours) & _folders(theirs))),
        "endings": float(min(3, len({path.rpartition(".")[2] for path in shared}))),
        "depth": float(min(6, max((path.count("/") for path in shared), default=0))),
        "slight": float(bool(shared) and slight.issuperset(kinds)),
        "alone": float(bool(shared)) * (float(len(ours) == 1) + float(len(theirs) == 1)),
        **_spoken_of(shared, titles),
    }
    for kind in FileKind:
        numbers[f"shared_{kind.value}"] = math.log2(1 + min(kinds.count(kind), COUNTED))
    return numbers


def _folders(paths: Collection[str]) -> set[str]:
    return {path.rpartition("/")[0] for path in paths}


def _spoken_of(shared: Collection[str], titles: tuple[str, str]) -> Numbers:
    """Whether a shared file's name is spoken of by either, and by both."""
    said = [frozenset(words(title)) for title in titles]
    names = [frozenset(words(path.rpartition("/")[2].partition(".")[0])) for path in shared]
    one = float(sum(any(name & text for name in names) for text in said))
    return {"spoken": one, "spoken_both": float(any(name & said[0] and name & said[1] for name in names))}
