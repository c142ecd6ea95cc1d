"""Three-way merge of the context file on entries, not on lines: what both sides added stands side by side.

What one side removed or changed wins over the other's unchanged. The same decision or todo edited differently is a contradiction
that somebody has to settle; an export's keys are taken one by one, and of two statuses the one with more evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from orchestrator.nouns.context_file import EMPTY, Branch, ContextFile, Leaf, Listing, Pair
from orchestrator.nouns.errors import ConfigError
from orchestrator.verbs.context_file.conflict import clash, whole_conflict
from orchestrator.verbs.context_file.entries import merge_entries, merged_comments
from orchestrator.verbs.context_file.parse import parse
from orchestrator.verbs.context_file.write import write

Kind = TypeVar("Kind", Listing, Branch)


@dataclass(frozen=True)
class Merge:
    """The merged file; ``conflicts`` are the contradictions, in words. Each is in the file as an entry with both sides."""

    content: ContextFile
    conflicts: tuple[str, ...] = ()


def merge_texts(base: str, ours: str, theirs: str) -> tuple[str, tuple[str, ...]]:
    """The merged text, and what contradicts; there the text has git's conflict markers around both sides.

    A side that cannot be read is no reason to lose one: then the two texts stand in one ordinary conflict.
    """
    if theirs in (ours, base):
        return ours, ()
    if ours == base:
        return theirs, ()
    try:
        done = merge(_read(base), parse(ours, "ours"), parse(theirs, "theirs"))
    except ConfigError as error:
        return whole_conflict(ours, theirs), (error.line(),)
    return write(done.content), done.conflicts


def _read(base: str) -> ContextFile:
    """What both sides started from; if that cannot be read, they have nothing in common that we know of."""
    try:
        return parse(base, "base")
    except ConfigError:
        return EMPTY


def merge(base: ContextFile, ours: ContextFile, theirs: ContextFile) -> Merge:
    """All of it, key by key; what stands above the first key stays on top, whichever key that is."""
    conflicts: list[str] = []
    (before, base), (here, ours), (there, theirs) = _headed(base), _headed(ours), _headed(theirs)
    content = _branch(base, ours, theirs, conflicts, "")
    if content.pairs:
        first = replace(content.pairs[0], lead=merged_comments(before, here, there) + content.pairs[0].lead.lstrip("\n"))
        content = replace(content, pairs=(first, *content.pairs[1:]))
    return Merge(content, tuple(conflicts))


def _headed(content: ContextFile) -> tuple[str, ContextFile]:
    """The comments above the first key, and the file without them."""
    if not content.pairs:
        return "", content
    first, *others = content.pairs
    return first.lead, replace(content, pairs=(replace(first, lead=""), *others))


def _branch(base: Branch, ours: Branch, theirs: Branch, conflicts: list[str], where: str) -> Branch:
    pairs: list[Pair] = []
    for key in _order([p.key for p in ours.pairs], [p.key for p in theirs.pairs], [p.key for p in base.pairs]):
        pairs += _pair(base.at(key), ours.at(key), theirs.at(key), conflicts, f"{where}{key}")
    return replace(
        ours,
        pairs=tuple(pairs),
        lead=merged_comments(base.lead, ours.lead, theirs.lead),
        head=theirs.head if ours.head == base.head else ours.head,
        tail=merged_comments(base.tail, ours.tail, theirs.tail),
    )


def _pair(base: Pair | None, ours: Pair | None, theirs: Pair | None, conflicts: list[str], where: str) -> list[Pair]:
    """The merged pair, or two that contradict, or none."""
    one = ours or theirs or base
    match one:
        case Listing():
            b, o, t = _as(base, one), _as(ours, one), _as(theirs, one)
            entries = merge_entries(b.entries, o.entries, t.entries, one.kind, conflicts, where)
            if not entries and not _stays(base, ours, theirs):
                return []
            lead, tail = merged_comments(b.lead, o.lead, t.lead), merged_comments(b.tail, o.tail, t.tail)
            return [Listing(one.key, one.kind, tuple(entries), lead, (o if ours else t).head, tail)]
        case Branch():
            was = _as(base, one)
            done = _branch(was, _as(ours or _said_of(base), one), _as(theirs or _said_of(base), one), conflicts, f"{where}.")
            if not _stays(base, ours, theirs) and all(isinstance(pair, Leaf) and pair in was.pairs for pair in done.pairs):
                return []
            return [replace(done, head=done.head or one.head)]
        case Leaf() | None:
            return _leaf(base, ours, theirs, conflicts, where)


def _as(pair: Pair | None, like: Kind) -> Kind:
    """The pair, or an empty one where there is none."""
    if isinstance(pair, type(like)):
        return pair
    empty: Pair = Listing(like.key, like.kind) if isinstance(like, Listing) else Branch(like.key)
    return cast(Kind, empty)


def _stays(base: Pair | None, ours: Pair | None, theirs: Pair | None) -> bool:
    """False when a side removed the key as a whole; what the other side added below it stays nevertheless."""
    return (ours is not None and theirs is not None) or base is None


def _said_of(branch: Pair | None) -> Branch | None:
    """A topic that was removed as a whole, for whoever added to it meanwhile: whose it is, without anything below it."""
    if not isinstance(branch, Branch):
        return None
    return replace(branch, pairs=tuple(pair for pair in branch.pairs if isinstance(pair, Leaf)))


def _leaf(base: Pair | None, ours: Pair | None, theirs: Pair | None, conflicts: list[str], where: str) -> list[Pair]:
    if theirs in (ours, base):
        return [ours] if ours else []
    if ours == base:
        return [theirs] if theirs else []
    conflicts.append(f"{where} says two things")
    assert not isinstance(ours, Listing | Branch)
    assert not isinstance(theirs, Listing | Branch)
    return [Leaf((ours or theirs or base).key, None, text=clash(_text(ours), _text(theirs)))]  # type: ignore[union-attr]


def _text(leaf: Leaf | None) -> str:
    return write(Branch("", (leaf,))) if leaf else ""


def _order(ours: Sequence[str], theirs: Sequence[str], base: Sequence[str]) -> list[str]:
    """Keys in our order; theirs each behind the one it stands behind there."""
    keys = list(ours)
    before = None
    for key in (*theirs, *(key for key in base if key not in theirs)):
        if key not in keys:
            at = keys.index(before) + 1 if before in keys else len(keys)
            while at < len(keys) and keys[at] not in theirs and keys[at] not in base:
                at += 1
            keys.insert(at, key)
        before = key
    return keys
