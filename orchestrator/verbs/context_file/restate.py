"""What a branch said in somebody else's name, in the file under the name of who said it.

A session may write any name into the file of its branch. What it wrote there is stored as its own; when the branch arrives where
the file speaks for everybody, the entries that are known under another name are put right, so that nobody's name is borrowed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from orchestrator.nouns.context_file import Branch, ContextFile, Entry, EntryKind, Leaf, Listing, Pair
from orchestrator.verbs.context_file.keys import Key, Placed, keys_of, placed
from orchestrator.verbs.context_file.write import updated

NAMED = {EntryKind.decision: "session", EntryKind.todo: "from"}


@dataclass(frozen=True)
class _Known:
    """Entries that stood in the file before, entries that are stored, and whose the stored ones are by what they say."""

    before: Collection[Key]
    stored: Collection[Key]
    whose: dict[tuple[EntryKind, str, str], str]
    sessions: Collection[str]

    def author(self, one: Placed) -> str:
        """Who really said it; empty when nothing is wrong with the name."""
        key = one.key(self.sessions)
        if key in self.before or key in self.stored:
            return ""
        return self.whose.get(_words(one), "")


def restated(before: ContextFile, now: ContextFile, stored: ContextFile, sessions: Collection[str]) -> ContextFile:
    """``now`` with what came to it since ``before`` under the name that ``stored`` has for it."""
    whose = {_words(one): one.session or one.entry.get(NAMED.get(one.kind, "")) for one in placed(stored)}
    known = _Known(keys_of(before, sessions), keys_of(stored, sessions), whose, sessions)
    if not any(known.author(one) for one in placed(now)):
        return now
    return replace(now, pairs=tuple(_pair(pair, known) for pair in now.pairs))


def _words(one: Placed) -> tuple[EntryKind, str, str]:
    match one.kind:
        case EntryKind.export:
            return one.kind, one.entry.get("name"), one.entry.get("file")
        case EntryKind.decision:
            return one.kind, one.entry.get("decision"), ""
        case EntryKind.todo:
            return one.kind, one.entry.get("message"), ""


def _pair(pair: Pair, known: _Known) -> Pair:
    match pair:
        case Listing():
            return replace(pair, entries=tuple(_entry(entry, pair.kind, known) for entry in pair.entries))
        case Branch():
            topics = [_topic(topic, known) if isinstance(topic, Branch) else topic for topic in pair.pairs]
            return replace(pair, pairs=tuple(topics))
        case Leaf():
            return pair


def _entry(entry: Entry, kind: EntryKind, known: _Known) -> Entry:
    author = known.author(Placed(kind, entry))
    return updated(entry, {NAMED[kind]: author}) if author else entry


def _topic(topic: Branch, known: _Known) -> Branch:
    """The topic under its author's name if all of it is by one; else without the entries that are not its session's."""
    listing = topic.at("exports")
    authors = {known.author(Placed(EntryKind.export, entry, topic.key, topic.session)) for entry in topic.exports}
    if not isinstance(listing, Listing) or authors == {""} or not authors:
        return topic
    if len(authors) == 1:
        (author,) = authors
        others = tuple(pair for pair in topic.pairs if pair.key != "session")
        return replace(topic, pairs=(Leaf("session", author), *others))
    own = tuple(e for e in listing.entries if not known.author(Placed(EntryKind.export, e, topic.key, topic.session)))
    return replace(topic, pairs=tuple(replace(listing, entries=own) if pair is listing else pair for pair in topic.pairs))
