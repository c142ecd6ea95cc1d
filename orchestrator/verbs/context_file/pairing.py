"""Which entry of one state of a list is which of another, without ids: the file's shape has none, and two clones would share them.

An entry is the same when it says the same; else when what identifies it is the same (an export's name and file, the words of a
decision or todo and whose they are); else, for a decision or todo, when it stands where one by the same author stood that is gone:
then its words were edited.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from orchestrator.nouns.context_file import Entry, EntryKind
from orchestrator.verbs.context_file.parse import KEYS

IDENTITY = {
    EntryKind.export: ("name", "file"),
    EntryKind.decision: ("date", "session", "decision"),
    EntryKind.todo: ("from", "to", "message"),
}
AUTHOR = {EntryKind.decision: ("date", "session"), EntryKind.todo: ("from", "to")}


def identity(entry: Entry, kind: EntryKind) -> tuple[str, ...]:
    """What makes an entry the one it is."""
    return _texts(entry, IDENTITY[kind])


def _texts(entry: Entry, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(entry.get(key) for key in keys)


def same(one: Entry, other: Entry, kind: EntryKind) -> bool:
    """Both say the same under our keys; an empty value is none."""
    return all(one.get(key) == other.get(key) for key in KEYS[kind])


def pair(before: Sequence[Entry], after: Sequence[Entry], kind: EntryKind) -> list[int | None]:
    """For each entry of ``before`` its place in ``after``, None where it is gone. No place is given twice."""
    places: list[int | None] = [None] * len(before)
    free = dict.fromkeys(range(len(after)))
    for keys in (KEYS[kind], IDENTITY[kind]):
        _by(places, free, [_texts(e, keys) for e in before], [_texts(e, keys) for e in after])
    if kind in AUTHOR and free and None in places:
        old = _gaps([place is None for place in places], places)
        new = _gaps([place in free for place in range(len(after))], list(range(len(after))))
        stood = [(gap, *_texts(e, AUTHOR[kind])) for gap, e in zip(old, before, strict=True)]
        stands = [(gap, *_texts(e, AUTHOR[kind])) for gap, e in zip(new, after, strict=True)]
        _by(places, free, stood, stands)
    return places


def _by(
    places: list[int | None],
    free: dict[int, None],
    keys_before: Sequence[Hashable],
    keys_after: Sequence[Hashable],
) -> None:
    """Pair what is not paired yet by equal keys, in order."""
    waiting: dict[Hashable, list[int]] = {}
    for place in reversed(list(free)):
        waiting.setdefault(keys_after[place], []).append(place)
    for at in range(len(places)):
        if places[at] is None and (found := waiting.get(keys_before[at])):
            places[at] = place = found.pop()
            del free[place]


def _gaps(loose: Sequence[bool], anchors: Sequence[int | None]) -> list[int | None]:
    """For each place the anchor before it, None at the beginning: loose entries of one gap have the same."""
    found: list[int | None] = []
    last: int | None = None
    for at, is_loose in enumerate(loose):
        last = last if is_loose else anchors[at]
        found.append(last)
    return found
