"""The file's next text: what the store says laid over what stands there, so that a human's comments and keys stay.

The store takes out only what it knows to be over. What it has not heard of yet, or cannot take (an export of a session that does
not exist here), stays as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from orchestrator.nouns.context_file import EMPTY, FILE, Branch, ContextFile, Entry, EntryKind, Leaf, Listing, Pair
from orchestrator.verbs.context_file.keys import Key, Placed, keys_of, placed
from orchestrator.verbs.context_file.layout import MAX_BYTES
from orchestrator.verbs.context_file.parse import KEYS, parse
from orchestrator.verbs.context_file.write import HEADING, PROSE, updated, write

SECTIONS = ("interfaces", "decisions", "todos_for_others")


def render(content: ContextFile, previous: str, over: ContextFile = EMPTY, known: Collection[str] = ()) -> str:
    """``content`` laid over the ``previous`` text. ``over``: what holds no longer; ``known``: the sessions there are.

    The result is never larger than what is read: then signatures go, then descriptions, then what is oldest.
    """
    before = parse(previous, FILE) if previous else EMPTY
    text = ""
    for now, gone in _smaller(content, over):
        if now is content and _size(now) > MAX_BYTES:
            continue  # without the work of laying it
        text = write(_laid(now, before, gone, known))
        if len(text.encode("utf-8", "replace")) <= MAX_BYTES:
            break
    return text


def _size(content: ContextFile) -> int:
    """How large it is at least: the characters of keys and values, what stands around them, and their indentation."""
    around = {EntryKind.export: 8 + 3, EntryKind.decision: 4 + 3, EntryKind.todo: 4 + 3}
    return sum(
        len(key) + len(value) + around[one.kind] + 2 * (key in PROSE)
        for one in placed(content)
        for key, value in one.entry.values.items()
    )


def _smaller(content: ContextFile, over: ContextFile) -> Iterator[tuple[ContextFile, ContextFile]]:
    """The same with less and less in it, each with what is to be taken out of the file."""
    yield content, over
    for kept in (("name", "file", "description", "status"), ("name", "file", "status")):
        content = _with(content, kept)
        yield content, over
    for share in (2, 4, 8, 16, 32, 64, 1024):
        yield _newest(content, share), Branch("", (*over.pairs, *content.pairs))


def _with(content: ContextFile, kept: Collection[str]) -> ContextFile:
    """Exports with these keys only."""
    topics = tuple(
        replace(
            t,
            pairs=tuple(replace(p, entries=tuple(_only(e, kept) for e in p.entries)) if isinstance(p, Listing) else p for p in t.pairs),
        )
        for t in content.topics
    )
    return replace(content, pairs=tuple(replace(p, pairs=topics) if isinstance(p, Branch) else p for p in content.pairs))


def _only(entry: Entry, kept: Collection[str]) -> Entry:
    return replace(entry, values={key: value for key, value in entry.values.items() if key in kept})


def _newest(content: ContextFile, share: int) -> ContextFile:
    """The newest part of each list."""

    def cut(pair: Pair) -> Pair:
        match pair:
            case Listing():
                return replace(pair, entries=pair.entries[-(len(pair.entries) // share or 1) :])
            case Branch():
                return replace(pair, pairs=tuple(cut(one) for one in pair.pairs))
            case Leaf():
                return pair

    return replace(content, pairs=tuple(cut(pair) for pair in content.pairs))


class _Laying:
    """The values that are to be in the file and are not there yet, by what they are."""

    def __init__(self, content: ContextFile, over: ContextFile, known: Collection[str]) -> None:
        self._known = known
        self._gone = keys_of(over, known)
        self._waiting: dict[Key, list[Placed]] = {}
        self._all = list(placed(content))
        for one in self._all:
            self._waiting.setdefault(one.key(known), []).append(one)

    def over(self, entries: Sequence[Entry], kind: EntryKind, topic: str = "", session: str = "") -> tuple[Entry, ...]:
        """The entries that stand there, brought up to date; without those that hold no longer."""
        kept: list[Entry] = []
        for entry in entries:
            key = Placed(kind, entry, topic, session).key(self._known)
            if found := self._waiting.get(key):
                kept.append(self._updated(entry, found.pop(0)))
            elif not self._gone[key]:
                kept.append(entry)
        return tuple(kept)

    def _updated(self, entry: Entry, now: Placed) -> Entry:
        """An author who is no session of ours stays as he stands there."""
        names = {"session", "from", "to"} if now.kind is not EntryKind.export else set()
        stays = {key for key in names if entry.get(key) not in {*self._known, ""}}
        return updated(entry, {key: now.entry.get(key) for key in KEYS[now.kind] if key not in stays})

    def left(self, kind: EntryKind) -> list[Placed]:
        """What did not stand there."""
        waiting = {id(one) for found in self._waiting.values() for one in found}
        return [one for one in self._all if one.kind is kind and id(one) in waiting]


def _laid(content: ContextFile, before: ContextFile, over: ContextFile, known: Collection[str]) -> ContextFile:
    laying = _Laying(content, over, known)
    pairs = [_pair(pair, laying) for pair in before.pairs]
    for section in SECTIONS:
        at = next((n for n, pair in enumerate(pairs) if pair.key == section), None)
        if at is not None:
            pairs[at] = _with_new(pairs[at], laying)
        elif (fresh := content.at(section)) is not None and not isinstance(fresh, Leaf):
            made = _with_new(Listing(section, fresh.kind) if isinstance(fresh, Listing) else Branch(section), laying)
            assert not isinstance(made, Leaf)
            if made.entries if isinstance(made, Listing) else made.pairs:
                _insert(pairs, made)
    return replace(before, pairs=tuple(pairs))


def _insert(pairs: list[Pair], section: Listing | Branch) -> None:
    """In the order of the sections; but what a human wrote over the first key stays on top."""
    later = SECTIONS[SECTIONS.index(section.key) + 1 :]
    at = next((n for n, pair in enumerate(pairs) if pair.key in later), len(pairs))
    if at == 0 and pairs and not pairs[0].lead.startswith(HEADING):
        at = len(pairs)
    if at == 0 and pairs:
        pairs[0] = replace(pairs[0], lead="\n" + pairs[0].lead.removeprefix(HEADING))
    pairs.insert(at, replace(section, lead="\n" if at else HEADING))


def _pair(pair: Pair, laying: _Laying) -> Pair:
    match pair:
        case Listing():
            return replace(pair, entries=laying.over(pair.entries, pair.kind))
        case Branch():
            topics = [_topic(topic, laying) if isinstance(topic, Branch) else topic for topic in pair.pairs]
            return replace(pair, pairs=tuple(topic for topic in topics if topic is not None))
        case Leaf():
            return pair


def _topic(topic: Branch, laying: _Laying) -> Branch | None:
    """None when the last of its exports is gone, and it says nothing else."""
    listing = topic.at("exports")
    if not isinstance(listing, Listing):
        return topic
    left = replace(listing, entries=laying.over(listing.entries, EntryKind.export, topic.key, topic.session))
    if listing.entries and not left.entries and {pair.key for pair in topic.pairs} <= {"session", "exports"}:
        return None
    return replace(topic, pairs=tuple(left if pair is listing else pair for pair in topic.pairs))


def _with_new(pair: Pair, laying: _Laying) -> Pair:
    """With what did not stand there at its end."""
    match pair:
        case Listing():
            return replace(pair, entries=(*pair.entries, *(one.entry for one in laying.left(pair.kind))))
        case Branch():
            topics = list(pair.pairs)
            for one in laying.left(EntryKind.export):
                _place(topics, one)
            return replace(pair, pairs=tuple(topics))
        case Leaf():
            return pair


def _place(topics: list[Pair], one: Placed) -> None:
    """Put an export under its topic, or under one of its own where somebody else has that name."""
    for name in (one.topic, f"{one.topic}-{one.session}"):
        at = next((n for n, topic in enumerate(topics) if topic.key == name), None)
        if at is None:
            listing = Listing("exports", EntryKind.export, (one.entry,))
            topics.append(Branch(name, (Leaf("session", one.session), listing), lead="\n" if topics else ""))
            return
        topic = topics[at]
        listing_ = topic.at("exports") if isinstance(topic, Branch) else None
        if isinstance(topic, Branch) and topic.session == one.session and isinstance(listing_, Listing):
            fuller = replace(listing_, entries=(*listing_.entries, one.entry))
            topics[at] = replace(topic, pairs=tuple(fuller if pair is listing_ else pair for pair in topic.pairs))
            return
