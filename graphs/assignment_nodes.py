"""A parent gave one of its children something to do: it is briefed and gets a job for it, if it still may."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from graphs.assignments import end_assignment, used_up
from graphs.state import Deps, State
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.session import SessionState

Update = dict[str, Any]


async def assigned(state: State, runtime: Runtime[Deps]) -> Update:
    """On to the brief, unless a job has it already or the child cannot take it any more."""
    deps = runtime.context
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        assignment = await store.assignment(str(event.data["id"]))
        if assignment.state is not AssignmentState.open or assignment.job_id is not None:
            return {"step": "end"}
        refusal = await _refusal(store, deps, assignment)
    if refusal is None:
        return {"step": "enhance"}
    async with deps.store.writing() as tx:
        await end_assignment(tx, deps, assignment, *refusal)
    return {"step": "end"}


async def _refusal(store: Reading, deps: Deps, assignment: Assignment) -> tuple[AssignmentState, str] | None:
    child = await store.session(assignment.child)
    if child.state in {SessionState.closed, SessionState.stopped}:
        return AssignmentState.cancelled, f"{child.id} is {child.state.value}"
    line = await used_up(store, deps, child)
    return (AssignmentState.failed, line) if line else None
