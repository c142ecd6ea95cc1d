"""Following the event log: events as they are committed, by whatever process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from orchestrator.boundaries.store.protocol import Store
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.work import GoalState


async def follow(
    store: Store,
    *,
    after: int,
    project_id: str | None = None,
    goal_id: str | None = None,
    session_id: str | None = None,
    until: Callable[[Event], bool] = lambda _: False,
) -> AsyncIterator[Event]:
    """Every event after ``after``, in order, for ever or until ``until`` says that one was the last."""
    seen = newest = after
    while True:
        async with store.reading() as view:
            events = await view.events(after=seen, project_id=project_id, goal_id=goal_id, session_id=session_id, limit=500)
        for event in events:
            seen = event.id
            yield event
            if until(event):
                return
        if not events:
            newest = await store.wait_for_news(newest, 1.0)


OVER = frozenset({EventKind.goal_finished, EventKind.goal_blocked, EventKind.goal_denied, EventKind.goal_stopped})
"""Kinds after which a goal does nothing more by itself."""


def ends(event: Event) -> bool:
    """The event is the last of its goal, for now."""
    return event.kind in OVER


def exit_status(state: GoalState) -> int:
    """0 when the goal came where it should, 1 when it needs the user or was stopped."""
    return 0 if state in {GoalState.landed, GoalState.finished, GoalState.proposed} else 1
