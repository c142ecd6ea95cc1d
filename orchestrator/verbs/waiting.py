"""Circles of waiting: sessions that wait for each other, so that none of them would ever go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, assert_never

from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.interface import Dependency, DependencyState
from orchestrator.nouns.message import Request


class WaitKind(StrEnum):
    """What somebody waits for."""

    request = "request"  # its answer
    dependency = "dependency"  # an interface of a certain session
    assignment = "assignment"  # the end of what a child was given


class Wait(NamedTuple):
    """An edge: ``waiter`` does not go on before ``awaited`` did something. ``name``: R1, an interface, A1."""

    waiter: str
    awaited: str
    kind: WaitKind
    name: str


def wait_of_request(request: Request) -> Wait | None:
    """The asker waits for whom it asked; nobody waits for the user or for a session that is not found yet in a circle."""
    if request.from_session is None or request.to_session is None or not request.state.open:
        return None
    return Wait(request.from_session, request.to_session, WaitKind.request, request.id)


def wait_of_dependency(dependency: Dependency) -> Wait | None:
    """Only what is expected of a certain session: what anybody may make is no promise of anybody's."""
    if dependency.on_session is None or dependency.state is not DependencyState.waiting:
        return None
    return Wait(dependency.session_id, dependency.on_session, WaitKind.dependency, dependency.name)


def wait_of_assignment(assignment: Assignment) -> Wait | None:
    """A parent that does other things meanwhile does not wait."""
    if assignment.parent is None or not assignment.awaited or assignment.state is not AssignmentState.open:
        return None
    return Wait(assignment.parent, assignment.child, WaitKind.assignment, assignment.id)


def circle(waits: Iterable[Wait], new: Wait) -> tuple[Wait, ...]:
    """The shortest circle that ``new`` closes, beginning with it; empty when there is none. Linear in the number of waits."""
    if new.waiter == new.awaited:
        return (new,)
    of: dict[str, list[Wait]] = {}
    for wait in waits:
        of.setdefault(wait.waiter, []).append(wait)
    came: dict[str, Wait] = {}
    ahead = deque([new.awaited])
    while ahead:
        here = ahead.popleft()
        for wait in of.get(here, ()):
            if wait.awaited == new.awaited or wait.awaited in came:
                continue
            came[wait.awaited] = wait
            if wait.awaited == new.waiter:
                return (new, *_way(came, new))
            ahead.append(wait.awaited)
    return ()


def _way(came: dict[str, Wait], new: Wait) -> list[Wait]:
    """From whom the new edge leads to, back to who waits by it."""
    way, at = [], new.waiter
    while at != new.awaited:
        way.append(came[at])
        at = came[at].waiter
    return way[::-1]


def in_words(found: Sequence[Wait]) -> str:
    """``S1 waits for S2 (R1); S2 waits for S1 (R2)``, the oldest wait first and the one that closed the circle last."""
    return "; ".join(f"{wait.waiter} waits for {wait.awaited} ({wait.name})" for wait in (*found[1:], found[0]))


def broken(new: Wait) -> str:
    """What TeleVibe does about the edge that closed the circle."""
    match new.kind:
        case WaitKind.request:
            return f"TeleVibe declined {new.name}, the newest"
        case WaitKind.dependency:
            return f"{new.waiter} does not wait for {new.name}, which came last"
        case WaitKind.assignment:
            return f"{new.waiter} is not called for {new.name}, which it came to wait for last"
        case never:
            assert_never(never)


def told(found: Sequence[Wait], session_id: str) -> str:
    """What a session of the circle reads: who waits for whom, what was done, and what it can do."""
    owed = [_way_out(wait) for wait in found[1:] if wait.awaited == session_id]
    todo = owed or ["Go on with what you have"]
    ask = "or ask a single question with send_cross_session_message and need_input, which closes no circle"
    return f"You wait for each other: {in_words(found)}. {broken(found[0])}. {'; '.join(todo)}; {ask}."


def _way_out(wait: Wait) -> str:
    """How whoever is waited for lets the other go on."""
    match wait.kind:
        case WaitKind.request:
            return f"Answer {wait.name} of {wait.waiter} with what you have (complete_request)"
        case WaitKind.dependency:
            return f"Commit {wait.name}, or announce its signature (declare_export, promised=true): {wait.waiter} waits for it"
        case WaitKind.assignment:
            return f"End your work on {wait.name} with what you have: {wait.waiter} waits for it"
        case never:
            assert_never(never)
