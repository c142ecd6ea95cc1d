"""The shared context file, ``.televibe/context.yaml``, as a value: what it says, and the text it was read from.

Plain dataclasses, not pydantic: git starts a process for each merge of the file, and that must be quick. What a file says is
compared; its comments and the way a value is written are not, but they are kept, so that what is written back is the human's own
text wherever nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FILE = ".televibe/context.yaml"

USER = "user"
"""How the file names the user where a session could stand."""

ANYONE = "anyone"
"""Whom a todo is for that nobody in particular is to do."""


class EntryKind(StrEnum):
    """The three lists of the file."""

    export = "export"  # under interfaces.<topic>.exports
    decision = "decision"  # under decisions
    todo = "todo"  # under todos_for_others


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: its keys and values, ours (texts) and the unknown ones of a human (any value of YAML)."""

    values: Mapping[str, Any]
    lead: str = field(default="", compare=False)  # comments and empty lines above it
    text: str = field(default="", compare=False)  # its own lines; empty: it was never in a file
    line: int = field(default=0, compare=False)

    def get(self, key: str) -> str:
        """The text under one of our keys; empty when it is not there."""
        return str(self.values.get(key) or "")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key with a value of its own: the session of a topic, or what a human added."""

    key: str
    value: Any
    lead: str = field(default="", compare=False)
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """A key with a list of entries."""

    key: str
    kind: EntryKind
    entries: tuple[Entry, ...] = ()
    lead: str = field(default="", compare=False)
    head: str = field(default="", compare=False)  # its first line
    tail: str = field(default="", compare=False)  # comments behind the last entry


@dataclass(frozen=True, slots=True)
class Branch:
    """A key with keys below it: ``interfaces``, a topic of it, or (key ``""``) the whole file."""

    key: str
    pairs: tuple[Pair, ...] = ()
    lead: str = field(default="", compare=False)
    head: str = field(default="", compare=False)
    tail: str = field(default="", compare=False)

    def at(self, key: str) -> Pair | None:
        """What is below the key."""
        return next((pair for pair in self.pairs if pair.key == key), None)

    @property
    def session(self) -> str:
        """Of a topic: whose exports it lists; empty when it does not say."""
        found = self.at("session")
        return str(found.value or "") if isinstance(found, Leaf) else ""

    @property
    def exports(self) -> tuple[Entry, ...]:
        """Of a topic."""
        return self._entries("exports")

    @property
    def topics(self) -> tuple[Branch, ...]:
        """Of a file."""
        found = self.at("interfaces")
        return tuple(pair for pair in found.pairs if isinstance(pair, Branch)) if isinstance(found, Branch) else ()

    @property
    def decisions(self) -> tuple[Entry, ...]:
        """Of a file."""
        return self._entries("decisions")

    @property
    def todos(self) -> tuple[Entry, ...]:
        """Of a file."""
        return self._entries("todos_for_others")

    def _entries(self, key: str) -> tuple[Entry, ...]:
        found = self.at(key)
        return found.entries if isinstance(found, Listing) else ()


Pair = Leaf | Listing | Branch

ContextFile = Branch
"""The whole file is a branch without a key."""

EMPTY = Branch("")
