"""What a look at the branches means for the conflicts that are known: which are new, still there, or gone; who is told. Pure.

A worktree is looked at while it is being edited. What is in no commit yet counts only when it is there at two looks, so that half an
edit is no conflict, and half an edit does not end one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from orchestrator.nouns.conflict import Conflict, ConflictKind, ConflictState, Finding, Severity
from orchestrator.nouns.session import Session

NEW_AFTER = timedelta(seconds=1)
"""How long trouble in uncommitted work must be there until it is one."""

GONE_AFTER = timedelta(seconds=3)
"""How long it must be away; longer, because a file that is being rewritten hides it."""

REMEMBERED = timedelta(minutes=30)
"""What comes back so soon is the same conflict again, and nobody is told of it a second time."""

MESSAGES_AN_HOUR = 4
"""For one pair. What comes on top is in briefs, in the inbox of the user and in the answer of ``check_conflicts``."""

ORDER = {Severity.low: 0, Severity.medium: 1, Severity.high: 2}

LANDED = "the default branch has all of {}"
APART = "the two do not collide any more"
CLOSED = "{} is closed"
BRANCH_GONE = "the branch of {} is gone"


class Key(NamedTuple):
    """A conflict as long as it is the same one."""

    a: str
    b: str | None
    identity: str


@dataclass(frozen=True)
class Side:
    """A session's branch, as one look has it."""

    session: Session
    head: str = ""  # a commit; of a dirty worktree a snapshot. Empty: its branch is gone
    tip: str = ""  # of its branch
    dirty: bool = False
    landed: bool = False  # the default branch has all of it
    busy: bool = False  # it has a job


@dataclass(frozen=True)
class Seen:
    """A finding between two live sessions, or one and the default branch. ``finding.a`` is about ``a``."""

    a: str
    b: str | None
    finding: Finding
    head_a: str
    head_b: str

    @property
    def key(self) -> Key:
        return Key(self.a, self.b, self.finding.identity)


@dataclass(frozen=True)
class Look:
    """One look: the live sessions of the project, what was found, and what could not be looked at."""

    sides: Mapping[str, Side]
    seen: Sequence[Seen]
    unknown: Collection[str] = ()  # sessions that could not be read just now: nothing is concluded from that
    unclear: Collection[tuple[str, str | None]] = ()  # pairs that could not be compared: nothing is concluded from that either
    files: Mapping[str, frozenset[str]] = field(default_factory=dict)  # session → what it changed and did not land


@dataclass(frozen=True)
class Waits:
    """What is being waited for: since when something uncommitted is there that is no conflict yet, or away that is one still."""

    new: Mapping[Key, datetime] = field(default_factory=dict)
    gone: Mapping[Key, datetime] = field(default_factory=dict)

    def due(self) -> datetime | None:
        """When the next look is needed although nothing changed."""
        times = [*(since + NEW_AFTER for since in self.new.values()), *(since + GONE_AFTER for since in self.gone.values())]
        return min(times, default=None)


@dataclass(frozen=True)
class News:
    """What is different now. ``opened`` have the conflict that they are again, if they were one lately, or were one of the pair of
    which a side has landed."""

    opened: tuple[tuple[Seen, Conflict | None], ...]
    changed: tuple[tuple[Seen, Conflict], ...]  # still there; places, severity or heads are others
    closed: tuple[tuple[Conflict, str], ...]  # and why
    waits: Waits

    @property
    def any(self) -> bool:
        return bool(self.opened or self.changed or self.closed)


def compared(known: Sequence[Conflict], look: Look, waits: Waits, now: datetime) -> News:
    """``known``: the project's open conflicts, and those that were closed within ``REMEMBERED``."""
    by_key = {_key(c): c for c in sorted(known, key=lambda c: (c.state is ConflictState.open, c.last_seen))}
    seen = {s.key: s for s in look.seen}
    opened, changed, closed = [], [], []
    new: dict[Key, datetime] = {}
    gone: dict[Key, datetime] = {}
    for key, one in seen.items():
        before = by_key.get(key)
        if before is not None and before.state is ConflictState.open:
            if _differs(before, one):
                changed.append((one, before))
        elif not _dirty(one.a, one.b, look.sides) or now - waits.new.get(key, now) >= NEW_AFTER:
            opened.append((one, before or _same_of_landed(one, known, look.sides)))
        else:
            new[key] = waits.new.get(key, now)
    for key, conflict in by_key.items():
        if conflict.state is not ConflictState.open or key in seen:
            continue
        if (why := _over(conflict, look)) or now - waits.gone.get(key, now) >= GONE_AFTER:
            closed.append((conflict, why or APART))
        elif why is not None:
            gone[key] = waits.gone.get(key, now)
    return News(tuple(opened), tuple(changed), tuple(closed), Waits(new, gone))


def _key(conflict: Conflict) -> Key:
    return Key(conflict.a, conflict.b, conflict.identity)


def _dirty(a: str, b: str | None, sides: Mapping[str, Side]) -> bool:
    return any(id_ is not None and id_ in sides and sides[id_].dirty for id_ in (a, b))


def _differs(before: Conflict, now: Seen) -> bool:
    """Whether a reader would be told something else. That only a head moved is not worth a write."""
    found = now.finding
    said = (before.severity, before.summary, before.evidence_a, before.evidence_b)
    return said != (found.severity, found.summary, found.a, found.b)


def _same_of_landed(one: Seen, known: Sequence[Conflict], sides: Mapping[str, Side]) -> Conflict | None:
    """One side landed: what was a conflict with it is one with the default branch now, and the other side knows of it."""
    if one.b is not None:
        return None
    for conflict in known:
        others = {conflict.a, conflict.b} - {one.a, None}
        landed = all(id_ not in sides or sides[id_].landed for id_ in others if id_)
        if conflict.identity == one.finding.identity and one.a in {conflict.a, conflict.b} and conflict.b is not None and landed:
            return conflict
    return None


def _over(conflict: Conflict, look: Look) -> str | None:
    """Why it is over; empty when that is to be waited for; None when nothing can be concluded."""
    for id_ in (conflict.a, conflict.b):
        if id_ is None:
            continue
        side = look.sides.get(id_)
        if side is None:
            return CLOSED.format(id_)
        if id_ in look.unknown:
            return None
        if not side.head:
            return BRANCH_GONE.format(id_)
        if side.landed:
            return LANDED.format(id_)
    if (conflict.a, conflict.b) in look.unclear:
        return None
    return "" if _dirty(conflict.a, conflict.b, look.sides) else APART


def without_heirs(seen: Iterable[Seen], having: Mapping[str, Collection[str]]) -> list[Seen]:
    """Work that was handed on is in several branches, and what collides with it collides with each of them: it is said of the session
    whose it is. ``having``: session → sessions whose whole branch it has."""
    every = list(seen)
    pairs = {(frozenset((s.a, s.b)), s.finding.identity) for s in every}

    def inherited(one: Seen) -> bool:
        sides = {(side, other) for side, other in ((one.a, one.b), (one.b, one.a)) if side is not None}
        return any(
            (frozenset((giver, other)), one.finding.identity) in pairs
            for side, other in sides
            for giver in having.get(side, ())
            if giver != other
        )

    return [one for one in every if not inherited(one)]


def to_tell(conflict: Conflict, past: Iterable[Conflict], now: datetime) -> bool:
    """Whether its sessions are written to: not of what is only worth knowing, not again of what is no worse than it was told, not
    of what git will stop at when the branch is brought up (they are told then), and not more often than is read."""
    if conflict.severity is Severity.low or (conflict.b is None and conflict.kind is ConflictKind.textual):
        return False
    if conflict.told_as is not None and ORDER[conflict.severity] <= ORDER[conflict.told_as]:
        return False
    of_pair = [c for c in past if {c.a, c.b} == {conflict.a, conflict.b} and c.told_at and now - c.told_at < timedelta(hours=1)]
    return len({c.messages[:1] for c in of_pair}) < MESSAGES_AN_HOUR
