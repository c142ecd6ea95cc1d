"""Who waits for whom now, and what is said and recorded when a new wait would close a circle."""

from __future__ import annotations

from typing import Any

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import AssignmentState
from orchestrator.nouns.interface import DependencyState
from orchestrator.nouns.message import OPEN_REQUESTS, Author, MessageType
from orchestrator.verbs.waiting import (
    Wait,
    broken,
    circle,
    in_words,
    told,
    wait_of_assignment,
    wait_of_dependency,
    wait_of_request,
)


async def waits(store: Reading, deps: Deps) -> list[Wait]:
    """Every wait between two live sessions of the project."""
    project = deps.project.id
    live = {s.id for s in await store.sessions(project, live_only=True)}
    found = [
        *(wait_of_request(r) for r in await store.requests(project, states=OPEN_REQUESTS)),
        *(wait_of_dependency(d) for d in await store.dependencies(project, states=[DependencyState.waiting])),
        *(wait_of_assignment(a) for a in await store.assignments(project, states=[AssignmentState.open])),
    ]
    return [wait for wait in found if wait is not None and live.issuperset((wait.waiter, wait.awaited))]


async def circle_with(store: Reading, deps: Deps, new: Wait | None) -> tuple[Wait, ...]:
    """The circle that ``new`` would close. It need not be stored yet; what it replaces does not count."""
    if new is None:
        return ()
    return circle([w for w in await waits(store, deps) if (w.kind, w.waiter, w.name) != (new.kind, new.waiter, new.name)], new)


async def tell_circle(tx: Writing, deps: Deps, found: tuple[Wait, ...], ids: dict[str, Any]) -> str:
    """Record that the circle was broken and tell every session in it; returns the line that says who waits for whom."""
    line = f"{in_words(found)}: {broken(found[0])}"
    data = {"sessions": [w.waiter for w in found], "waits": [w._asdict() for w in found]}
    await tx.record(NewEvent(kind=EventKind.waiting_broken, project_id=deps.project.id, text=line, data=data, **ids))
    for wait in found:
        to, text = [wait.waiter], told(found, wait.waiter)
        await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=MessageType.notice, content=text)
    return line
