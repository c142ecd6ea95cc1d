"""Which entry of a file is which value of the store: whose it is and what it says, whatever the date and the topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from orchestrator.nouns.context_file import ANYONE, USER, ContextFile, Entry, EntryKind

Key = tuple[EntryKind, str, str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, with the topic it stands under and that topic's session; both empty for decisions and todos."""

    kind: EntryKind
    entry: Entry
    topic: str = ""
    session: str = ""

    def key(self, known: Collection[str]) -> Key:
        """``known``: sessions of ours. Any other name under a decision or todo is somebody we know nothing of: a person."""
        match self.kind:
            case EntryKind.export:
                return self.kind, self.session, self.entry.get("name"), self.entry.get("file")
            case EntryKind.decision:
                return self.kind, author(self.entry.get("session"), known), "", self.entry.get("decision")
            case EntryKind.todo:
                to = self.entry.get("to")
                return self.kind, author(self.entry.get("from"), known), to if to in known else ANYONE, self.entry.get("message")


def author(name: str, known: Collection[str]) -> str:
    """The session, or the user."""
    return name if name in known else USER


def placed(content: ContextFile) -> Iterator[Placed]:
    """Every entry of a file."""
    for topic in content.topics:
        for entry in topic.exports:
            yield Placed(EntryKind.export, entry, topic.key, topic.session)
    for entry in content.decisions:
        yield Placed(EntryKind.decision, entry)
    for entry in content.todos:
        yield Placed(EntryKind.todo, entry)


def keys_of(content: ContextFile, known: Collection[str]) -> Counter[Key]:
    """How often each is there."""
    return Counter(one.key(known) for one in placed(content))
