"""What is said of conflicts: who is proposed to adapt, and the lines for sessions and for the user. Pure.

Code, names of files and of symbols were written by sessions: they are put on one line each, with what is invisible made visible, and
a session reads them inside of a message or brief, which quotes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.nouns.conflict import Conflict, ConflictKind, Finding, Place, Strategy
from orchestrator.verbs.conflicts import Side
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.quote import inline

SHOWN = 4
"""Conflicts in one message, and places on each side of one; the rest is a number."""

LINES = 4
"""Of a place's text."""

PATH, SUMMARY, CODE = 160, 300, 160
"""Characters."""

SESSION = re.compile(r"S[1-9][0-9]*")

KINDS = {
    ConflictKind.textual: "git cannot merge them",
    ConflictKind.semantic: "git merges them, and the result is wrong",
    ConflictKind.promise: "both make the same interface",
}


@dataclass(frozen=True)
class Rule:
    """What holds for the files of a conflict."""

    strategy: Strategy = Strategy.first_come
    integrator: str = ""  # session id or role
    owner: str = ""  # of the files, where that is one of the two sessions


def proposal(found: Finding, a: Side, b: Side | None, branch: str, rule: Rule) -> tuple[str, str]:
    """(session that adapts, or nothing; the one line that says so and in which order to land). The strategy comes first, then who
    has less to change, who is still at work, and who came later."""
    one = a.session.id
    if b is None:
        return one, f"{branch} has the other side already: {one} adapts before it lands"
    other = b.session.id
    if rule.strategy is Strategy.integrator and rule.integrator not in {"", one, other}:
        known = rule.integrator if SESSION.fullmatch(rule.integrator) else ""
        return known, f"{rule.integrator} brings both together; neither of the two merges the other"
    adapts = _adapts(found, a, b, rule.owner if rule.strategy is Strategy.ownership else "")
    stays = other if adapts == one else one
    return adapts, f"{stays} lands first; {adapts} is brought up to that and adapts, then it lands"


def _adapts(found: Finding, a: Side, b: Side, owner: str) -> str:
    one, other = a.session.id, b.session.id
    if owner in {one, other}:
        return other if owner == one else one
    if found.adapts:
        return one if found.adapts == "a" else other
    if a.busy != b.busy:
        return one if a.busy else other
    return max(one, other, key=lambda id_: (len(id_), id_))


def headline(conflict: Conflict, branch: str) -> str:
    """For the log and the chat: one line with everything a user needs."""
    against = conflict.b or branch
    what = f"{conflict.kind.value}, {conflict.severity.value}"
    return f"{conflict.id}: {conflict.a} and {against} collide ({what}): {inline(conflict.summary, SUMMARY)} — {conflict.proposal}"


def message(conflicts: Sequence[Conflict], me: str, branch: str) -> str:
    """What one side is told of the new conflicts with one other side. Everything in it becomes a quotation in its brief."""
    first = conflicts[0]
    other = _other(first, me, branch)
    kinds = "; ".join(KINDS[kind] for kind in dict.fromkeys(c.kind for c in conflicts))
    lines = [f"Your branch and {_named(other, branch)} collide as they are now: {kinds}."]
    for conflict in conflicts[:SHOWN]:
        lines += [f"{conflict.id} ({conflict.kind.value}, {conflict.severity.value}): {inline(conflict.summary, SUMMARY)}"]
        lines += [f"  {line}" for line in places(conflict, me, branch)]
        lines += [f"  Proposed: {conflict.proposal}."]
    if len(conflicts) > SHOWN:
        lines.append(f"And {counted(len(conflicts) - SHOWN, 'more conflict')}: check_conflicts lists them.")
    return "\n".join([*lines, "This message asks for nothing else. check_conflicts looks again at any time; it closes by itself."])


def gone(conflict: Conflict, me: str, branch: str, why: str) -> str:
    """For a side that was told of it."""
    return f"{conflict.id}, with {_named(_other(conflict, me, branch), branch)}, is over: {why}. Nothing is to be done for it."


def places(conflict: Conflict, me: str, branch: str) -> list[str]:
    """The evidence: what stands where, one's own side first."""
    mine, theirs = (conflict.evidence_a, conflict.evidence_b) if me == conflict.a else (conflict.evidence_b, conflict.evidence_a)
    return [*placed("yours", mine), *placed(f"of {_other(conflict, me, branch)}", theirs)]


def placed(whose: str, found: Sequence[Place]) -> list[str]:
    """What stands where, on one side."""
    lines = []
    for place in found[:SHOWN]:
        where = f"{inline(place.path, PATH)}:{place.line}" if place.line else inline(place.path, PATH)
        code = [inline(line, CODE) for line in place.text.splitlines() if line.strip()][:LINES]
        lines += [f"{where} ({whose}): {code[0]}" if len(code) == 1 else f"{where} ({whose}){':' if code else ''}"]
        lines += [f"    {line}" for line in code if len(code) > 1]
    return lines


def _other(conflict: Conflict, me: str, branch: str) -> str:
    return (conflict.b or branch) if me == conflict.a else conflict.a


def _named(other: str, branch: str) -> str:
    return other if other == branch else f"that of {other}"
