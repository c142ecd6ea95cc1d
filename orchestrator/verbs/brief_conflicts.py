"""The section of a brief about branches that collide with the reader's own just now. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.nouns.conflict import Conflict
from orchestrator.verbs.brief_sources import BriefSources
from orchestrator.verbs.conflict_words import SUMMARY, places
from orchestrator.verbs.conflicts import ORDER
from orchestrator.verbs.quote import inline

CONFLICTS_SHOWN = 8

Said = tuple[str, tuple[str, ...], tuple[str, ...]]
"""An entry: its source, the lines of ours, the lines of theirs."""


def said_of_conflicts(sources: BriefSources) -> Iterator[Said]:
    """The worst first. Evidence that a message in the same brief has already is not said twice."""
    riding = {message.id for message in sources.messages}
    worst_first = sorted(sources.conflicts, key=lambda c: -ORDER[c.severity])
    for conflict in worst_first[:CONFLICTS_SHOWN]:
        me, nonce = sources.session.id, sources.nonce
        against = conflict.b if conflict.a == me else conflict.a
        title = f"{conflict.id} ({conflict.kind.value}, {conflict.severity.value}) with {against or 'the default branch'}"
        evidence = [] if riding & set(conflict.messages) else places(conflict, me, "the default branch")
        theirs = [inline(conflict.summary, SUMMARY, nonce), *(inline(line, SUMMARY, nonce) for line in evidence)]
        yield conflict.id, (f"{title}. {_yours(conflict, me)}:",), tuple(f"| {line}" for line in theirs)


def _yours(conflict: Conflict, me: str) -> str:
    return f"You are the one to adapt; {conflict.proposal}" if conflict.adapts == me else f"Proposed: {conflict.proposal}"
