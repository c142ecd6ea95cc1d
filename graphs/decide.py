"""A decision: the deterministic answer first, the model's when the policy says that it pays, and who it was, always."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from graphs.state import Deps
from orchestrator.boundaries.model.protocol import Question
from orchestrator.nouns.deciding import Decided, ModelCall, Usage
from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.policy import DecisionPolicy
from orchestrator.nouns.work import DecidedBy

T = TypeVar("T", bound=BaseModel)


async def decide(
    deps: Deps,
    decision: str,
    sure: T,
    confidence: float,
    question: Question[T],
    *,
    goal_id: str | None = None,
    session_id: str | None = None,
    faults: Callable[[T], list[str]] = lambda _: [],
) -> tuple[T, Decided]:
    """``sure`` unless the policy wants the model and the model gives an answer without ``faults``.

    ``confidence`` is the deterministic answer's, 0..1. Whatever the model used is recorded, also when its answer is not taken.
    """
    why = why_not(deps, decision, confidence)
    if why is not None:
        return sure, Decided(decided_by=DecidedBy.deterministic, why_not_model=why.value)
    try:
        allowed = Question(**{**question.__dict__, "left_usd": await left_usd(deps, goal_id)})
        answer = await deps.model.ask(allowed)
    except ModelUnavailable as error:
        await _record(deps, decision, error.usage, goal_id, session_id, f"no answer: {error.line()}", error.why)
        return sure, Decided(decided_by=DecidedBy.deterministic, why_not_model=error.why.value, detail=error.line())
    wrong = faults(answer.value)
    if wrong:
        text = f"the answer was not usable: {'; '.join(wrong)}"
        await _record(deps, decision, answer.usage, goal_id, session_id, text, WhyNoModel.malformed)
        return sure, Decided(decided_by=DecidedBy.deterministic, why_not_model=WhyNoModel.malformed.value, detail=text)
    await _record(deps, decision, answer.usage, goal_id, session_id, "answered", None)
    return answer.value, Decided(decided_by=DecidedBy.model, detail=f"{answer.usage.model}, {answer.usage.prompt}")


def why_not(deps: Deps, decision: str, confidence: float) -> WhyNoModel | None:
    """The reason for not even asking, or None."""
    policy = deps.policy.model
    if policy.policy is DecisionPolicy.deterministic:
        return WhyNoModel.switched_off
    if deps.model.absent is not None:
        return deps.model.absent
    if policy.policy is DecisionPolicy.cascade and confidence >= policy.thresholds.get(decision, 0.5):
        return WhyNoModel.confident
    return None


async def left_usd(deps: Deps, goal_id: str | None) -> float:
    """What the budgets still allow: the smaller of the goal's and the day's (UTC) rest."""
    budget = deps.policy.budget
    async with deps.store.reading() as store:
        today = await store.spent_usd(since=day_start(deps.now()))
        goal = await store.spent_usd(goal_id=goal_id) if goal_id else 0.0
    return min(budget.day_usd - today, budget.goal_usd - goal)


def day_start(now: datetime) -> str:
    """Midnight UTC of the day of ``now``, ISO 8601."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()


async def _record(
    deps: Deps,
    decision: str,
    usage: Usage | None,
    goal_id: str | None,
    session_id: str | None,
    outcome: str,
    why: WhyNoModel | None,
) -> None:
    async with deps.store.writing() as tx:
        if usage is not None:
            call = ModelCall(
                **usage.model_dump(),
                id=await tx.next_id("C"),
                project_id=deps.project.id,
                goal_id=goal_id,
                session_id=session_id,
                decision=decision,
                at=deps.now(),
            )
            await tx.put(call)
        await tx.record(
            NewEvent(
                kind=EventKind.model_called if why is None else EventKind.model_fallback,
                project_id=deps.project.id,
                goal_id=goal_id,
                session_id=session_id,
                text=f"{decision}: {outcome}",
                data={"decision": decision, "why": why.value if why else "", "usage": usage.model_dump() if usage else None},
            )
        )
