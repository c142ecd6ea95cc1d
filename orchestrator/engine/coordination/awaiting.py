"""A parent waits for what its children do: it ends its turn, and is called once, when all of it is over."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from graphs.state import Deps
from graphs.waits import circle_with, tell_circle
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.engine.coordination.asked import BySession
from orchestrator.engine.coordination.hierarchy import ORCHESTRATES, Given, given
from orchestrator.engine.coordination.tool import Caller, tool
from orchestrator.nouns.base import Moment, Noun
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.verbs.waiting import Wait, wait_of_assignment

AssignmentId = Annotated[str, Field(pattern=r"^A[1-9][0-9]{0,8}$", examples=["A1"])]

SHOWN = 100
"""Newest assignments that ``wait_for`` lists when it is not told which."""


class WaitFor(BySession):
    assignments: Annotated[tuple[AssignmentId, ...], Field(max_length=SHOWN)] = Field(
        default=(), description="Which; left out: all of yours."
    )


class Result(Given):
    instruction: str
    updated_at: Moment


class Results(Noun):
    assignments: tuple[Result, ...]
    waiting_for: tuple[str, ...] = Field(description="Those that are open, and that you are called for when the last one is over.")
    what_now: str


async def wait_for(deps: Deps, caller: Caller, asked: WaitFor) -> Results:
    """How your assignments are, and the results of those that are over.

    If some are open, end your turn: you are called once, when all of them are over, and your brief then has their results. One
    whose session waits for you is not waited for: the answer says what it needs of you first.
    """
    async with deps.store.writing() as tx:
        found = await _own(tx, deps, caller, asked.assignments)
        open_ones = [a for a in found if a.state is AssignmentState.open]
        circles = {a.id: await _circle(tx, deps, a) for a in open_ones}
        awaited = [a.model_copy(update={"awaited": True}) for a in open_ones if not circles[a.id]]
        if caller.session is not None and any(not a.awaited for a in open_ones if not circles[a.id]):
            names = ", ".join(a.id for a in awaited)
            await tx.put(*awaited)
            await tx.record(_event(deps, caller, EventKind.job_progress, f"{caller.name} waits for {names}", {"waits": names}))
        lines = [await tell_circle(tx, deps, c, caller.ids) for c in circles.values() if c]
    return Results(
        assignments=tuple(Result(**given(a).model_dump(), instruction=a.instruction, updated_at=a.updated_at) for a in found),
        waiting_for=tuple(a.id for a in awaited),
        what_now=_what_now(awaited, lines),
    )


def _what_now(awaited: list[Assignment], circles: list[str]) -> str:
    if circles:
        return f"Not waited for: {'; '.join(circles)}. Answer what is asked of you (get_pending_requests), then call wait_for again."
    return (
        "End your turn now; you are called when all of them are over." if awaited else "All of these are over; nothing is waited for."
    )


async def _own(store: Reading, deps: Deps, caller: Caller, ids: tuple[str, ...]) -> list[Assignment]:
    mine = [a for a in await store.assignments(deps.project.id, parent=caller.id) if a.parent == caller.id]
    if not ids:
        return [a for a in mine if a.state is AssignmentState.open] or mine[-SHOWN:]
    known = {a.id: a for a in mine}
    if unknown := [id_ for id_ in ids if id_ not in known]:
        raise Refused(f"{unknown[0]} is no assignment of {caller.name}", f"yours: {', '.join(list(known)[-20:]) or 'none'}")
    return [known[id_] for id_ in dict.fromkeys(ids)]


async def _circle(tx: Reading, deps: Deps, assignment: Assignment) -> tuple[Wait, ...]:
    return await circle_with(tx, deps, wait_of_assignment(assignment.model_copy(update={"awaited": True})))


def _event(deps: Deps, caller: Caller, kind: EventKind, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, text=text, data=data, **caller.ids)


TOOLS = (tool(wait_for, needs=ORCHESTRATES, example={"assignments": ["A1"]}),)
