"""What somebody changed in the file, entry by entry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from orchestrator.nouns.context_file import ContextFile
from orchestrator.verbs.context_file.keys import Key, Placed, placed
from orchestrator.verbs.context_file.pairing import same


@dataclass(frozen=True)
class Changes:
    """``changed`` are entries as they are now; what identifies them is as it was."""

    added: tuple[Placed, ...] = ()
    changed: tuple[Placed, ...] = ()
    removed: tuple[Placed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def changes(before: ContextFile, now: ContextFile, known: Collection[str]) -> Changes:
    """Edited words of a decision or todo are one removed and one added."""
    was: dict[Key, list[Placed]] = {}
    for one in placed(before):
        was.setdefault(one.key(known), []).append(one)
    added, changed = [], []
    for one in placed(now):
        old = was.get(one.key(known))
        if not old:
            added.append(one)
        elif not same(old.pop(0).entry, one.entry, one.kind):
            changed.append(one)
    return Changes(tuple(added), tuple(changed), tuple(one for left in was.values() for one in left))
