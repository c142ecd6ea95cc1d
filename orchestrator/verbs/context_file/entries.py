"""Merging the entries of one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.nouns.context_file import Entry, EntryKind
from orchestrator.verbs.context_file.conflict import clash
from orchestrator.verbs.context_file.pairing import identity, pair
from orchestrator.verbs.context_file.parse import KEYS, NEEDED
from orchestrator.verbs.context_file.write import entry_text, updated

EVIDENCE = ("", "promised", "declared", "found", "changed")
"""Statuses of an export, by how much is known."""


@dataclass
class _Slot:
    """A place in the merged list. ``entry`` None: nothing stands there any more. ``added`` by us only."""

    entry: Entry | None
    added: bool = False


def merge_entries(
    base: Sequence[Entry], ours: Sequence[Entry], theirs: Sequence[Entry], kind: EntryKind, conflicts: list[str], where: str
) -> list[Entry]:
    """The merged list, in our order with theirs between; contradictions are added to ``conflicts``."""
    to_ours, to_theirs = pair(base, ours, kind), pair(base, theirs, kind)
    our_base = {place: at for at, place in enumerate(to_ours) if place is not None}
    their_base = {place: at for at, place in enumerate(to_theirs) if place is not None}
    twins = _twins(ours, theirs, kind, set(our_base), set(their_base))
    slots: list[_Slot] = []
    of_theirs: dict[int, _Slot] = {}
    for at, our in enumerate(ours):
        base_at = our_base.get(at)
        their_at = to_theirs[base_at] if base_at is not None else twins.get(at)
        was = base[base_at] if base_at is not None else None
        their = theirs[their_at] if their_at is not None else None
        if was is None and their is None:
            slots.append(_Slot(our, added=True))
            continue
        slots.append(_Slot(_one(was, our, their, kind, conflicts, where)))
        if their_at is not None:
            of_theirs[their_at] = slots[-1]
    before: _Slot | None = None
    for at, their in enumerate(theirs):
        if at not in of_theirs:
            was = base[their_base[at]] if at in their_base else None
            of_theirs[at] = _Slot(_one(was, None, their, kind, conflicts, where) if was else their)
            slots.insert(_behind(slots, before), of_theirs[at])
        before = of_theirs[at]
    return [slot.entry for slot in slots if slot.entry is not None]


def _twins(ours: Sequence[Entry], theirs: Sequence[Entry], kind: EntryKind, known: set[int], known_there: set[int]) -> dict[int, int]:
    """What both sides added: our place → theirs."""
    waiting: dict[tuple[str, ...], list[int]] = {}
    for at in reversed(range(len(theirs))):
        if at not in known_there:
            waiting.setdefault(identity(theirs[at], kind), []).append(at)
    found: dict[int, int] = {}
    for at, our in enumerate(ours):
        if at not in known and (places := waiting.get(identity(our, kind))):
            found[at] = places.pop()
    return found


def _behind(slots: Sequence[_Slot], before: _Slot | None) -> int:
    """Where theirs go: behind the one they stand behind there, and behind what we added at that place."""
    at = next((n + 1 for n, slot in enumerate(slots) if slot is before), 0)
    while at < len(slots) and slots[at].added:
        at += 1
    return at


def _one(was: Entry | None, our: Entry | None, their: Entry | None, kind: EntryKind, conflicts: list[str], where: str) -> Entry | None:
    """One entry's three states merged."""
    before, here, there = said(was), said(our), said(their)
    if there in (here, before):
        chosen = our
        if our and was and their and our.text == was.text and here == there:
            chosen = replace(our, text=their.text)
    elif here == before:
        chosen = their
    elif our and their and kind is EntryKind.export and (joined := _by_key(was, our, their)):
        chosen = joined
    else:
        name = (our or their or was or Entry({})).get(NEEDED[kind])
        conflicts.append(f"{where}: {name[:80]!r} was changed on both sides")
        one, other = (entry_text(e, kind, 2) if e else "" for e in (our, their))
        return Entry({**(our or their or Entry({})).values}, text=clash(one, other))
    if chosen is None or our is None or their is None:
        return chosen
    return replace(chosen, lead=merged_comments(was.lead if was else "", our.lead, their.lead))


def said(entry: Entry | None) -> dict[str, Any] | None:
    """What an entry says; a key without a value says nothing."""
    return None if entry is None else {key: value for key, value in entry.values.items() if value is not None and value != ""}


def _by_key(was: Entry | None, our: Entry, their: Entry) -> Entry | None:
    """An export with the changes of both sides; None when they say different things under one key."""
    before, here, there = _unknown(was), _unknown(our), _unknown(their)
    if before not in (here, there) and here != there:
        return None
    values: dict[str, str] = {}
    for key in KEYS[EntryKind.export]:
        old, one, other = was.get(key) if was else "", our.get(key), their.get(key)
        if key == "status" and {one, other} <= set(EVIDENCE):
            values[key] = max(one, other, key=EVIDENCE.index)
        elif other in (one, old):
            values[key] = one
        elif one == old:
            values[key] = other
        else:
            return None
    return updated(their if here == before else our, values)


def _unknown(entry: Entry | None) -> dict[str, Any]:
    return {key: value for key, value in (said(entry) or {}).items() if key not in KEYS[EntryKind.export]}


def merged_comments(base: str, ours: str, theirs: str) -> str:
    """Comments of both sides; those that only one has changed as that one has them."""
    if theirs.strip() in (ours.strip(), base.strip()):
        return ours
    if ours.strip() == base.strip():
        return theirs
    here = ours.splitlines(keepends=True)
    known = {*here, *base.splitlines(keepends=True)}
    return "".join([*here, *(line for line in theirs.splitlines(keepends=True) if line.strip() and line not in known)])
