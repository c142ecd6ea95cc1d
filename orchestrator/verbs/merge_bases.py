"""The merge bases of all pairs of many heads at once, from one list of commits and their parents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bases:
    """By the pair of heads, the lesser name first; without an entry they have no common ancestor. ``gone``: heads that do not exist."""

    found: dict[tuple[str, str], tuple[str, ...]]
    gone: frozenset[str] = frozenset()

    def of(self, a: str, b: str) -> tuple[str, ...]:
        """All best common ancestors; more than one: the histories cross."""
        if a == b:
            return (a,)
        return self.found.get((min(a, b), max(a, b)), ())


def merge_bases(heads: Sequence[str], listed: Sequence[Sequence[str]], common: Sequence[str]) -> Bases:
    """``listed``: [commit, parent, …] of all that the heads have and ``common`` has not, children before parents. ``common``: the
    best common ancestors of all heads together, empty if they have none (then ``listed`` is the whole history).

    A commit that two heads have is a best common ancestor of theirs exactly when none of its children is one that both have: from any
    commit of both below it a line of commits leads up to it, and the last of that line is such a child. What ``common`` has needs no
    look: it is an ancestor of an ancestor of both.
    """
    number = {head: n for n, head in enumerate(heads)}
    having: dict[str, int] = {head: 1 << n for head, n in number.items()}
    children: dict[str, list[int]] = {}
    found: dict[tuple[str, str], list[str]] = {}
    for commit, parents in _with_common(listed, common):
        mask = having.get(commit, 0)
        below = children.pop(commit, [])
        for child in below:
            mask |= child
        if len(below) > 1 or commit in number:
            for i, j in _new_pairs(mask, below):
                pair = (heads[i], heads[j]) if heads[i] < heads[j] else (heads[j], heads[i])
                found.setdefault(pair, []).append(commit)
        for parent in parents:
            children.setdefault(parent, []).append(mask)
    return Bases({pair: tuple(bases) for pair, bases in found.items()})


def _with_common(listed: Sequence[Sequence[str]], common: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    for commit, *parents in listed:
        yield commit, parents
    for commit in common:
        yield commit, ()


def _new_pairs(mask: int, below: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of heads that have this commit, and none of its children together."""
    masks = sorted(set(below), key=int.bit_count, reverse=True)
    for i in _bits(mask):
        together = 1 << i
        for child in masks:
            if child >> i & 1:
                together |= child
        for j in _bits((mask & ~together) >> (i + 1)):
            yield i, i + 1 + j


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
