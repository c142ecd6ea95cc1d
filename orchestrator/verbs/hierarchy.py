"""Hierarchy: who is below whom, and whether a parent may still have its children do something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.policy import HierarchyPolicy
from orchestrator.nouns.session import Session


class Spent(NamedTuple):
    """What the jobs of all sessions below one parent used."""

    tokens: int = 0  # in and out
    usd: float = 0.0


def children(sessions: Iterable[Session], parent: str) -> list[Session]:
    """Its own, closed ones too."""
    return [s for s in sessions if s.parent == parent]


def descendants(sessions: Sequence[Session], parent: str) -> list[Session]:
    """Children, their children, and so on; closed ones too, because what they used was used."""
    found: dict[str, Session] = {}
    ahead = [parent]
    while ahead:
        for session in children(sessions, ahead.pop()):
            if session.id not in found and session.id != parent:
                found[session.id] = session
                ahead.append(session.id)
    return list(found.values())


def ancestors(sessions: Sequence[Session], session_id: str) -> list[str]:
    """Its parent, that one's parent, and so on."""
    of = {s.id: s.parent for s in sessions}
    line: list[str] = []
    at = of.get(session_id)
    while at is not None and at not in line:
        line.append(at)
        at = of.get(at)
    return line


def may_have_child(policy: HierarchyPolicy, sessions: Sequence[Session], parent: str) -> str:
    """The cap that keeps ``parent`` from one child more, in a line that names it; empty when there is none."""
    level = len(ancestors(sessions, parent)) + 1
    if level > policy.depth:
        return f"{parent} is {level - 1} below the first; children may be at most {policy.depth} below it (hierarchy.depth)"
    live = [s.id for s in children(sessions, parent) if s.live]
    if len(live) >= policy.children:
        return f"{parent} has {len(live)} live children; {policy.children} are allowed (hierarchy.children)"
    return ""


def budget_left(policy: HierarchyPolicy, spent: Spent) -> Spent:
    """What those below one parent may still use; never less than nothing."""
    return Spent(max(0, policy.tokens - spent.tokens), max(0.0, policy.usd - spent.usd))


def over_budget(policy: HierarchyPolicy, parent: str, spent: Spent) -> str:
    """The budget that those below ``parent`` have used up, in a line that names it; empty when there is something left."""
    if spent.tokens >= policy.tokens:
        return f"the sessions below {parent} have used {spent.tokens:,} of {policy.tokens:,} tokens (hierarchy.tokens)"
    if spent.usd >= policy.usd:
        return f"the sessions below {parent} have cost ${spent.usd:.2f} of ${policy.usd:.2f} (hierarchy.usd)"
    return ""


MESSAGE_CHARS = 1_300
"""Of all results that a parent is called with: a brief shows the first 1,500 characters of a message. wait_for has the whole."""

SHORTEST_RESULT = 120


def results_in_words(over: Sequence[Assignment]) -> str:
    """What a parent is called with: how each piece of work ended, each with an equal share of the room."""
    room = max(SHORTEST_RESULT, MESSAGE_CHARS // max(1, len(over)))
    lines = [result_in_words(a, room) for a in over]
    cut = any(len(a.result) > room for a in over)
    return "\n".join([f"All that you waited for is over ({len(over)}).", *lines, *(["wait_for has the whole."] if cut else [])])


def result_in_words(assignment: Assignment, room: int = MESSAGE_CHARS) -> str:
    """``A1 (S2) is done: …``"""
    said = " ".join(assignment.result.split()) if assignment.state is not AssignmentState.done else assignment.result
    short = said if len(said) <= room else said[:room].rstrip() + " …"
    return f"{assignment.id} ({assignment.child}) is {assignment.state.value}: {short or 'it says nothing'}"
