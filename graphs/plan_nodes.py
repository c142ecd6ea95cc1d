"""Goal in: understand → plan → route → approve → settle. What to do, by whom, and whether the user wants it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from graphs.decide import decide
from graphs.foreseeing import foreseen, orders
from graphs.routing import route_text, sessions_as_candidates
from graphs.state import Deps, State
from orchestrator.boundaries.model.protocol import Question, Size
from orchestrator.nouns.deciding import Classified, Decided, PlanDraft
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.work import DecidedBy, Goal, GoalState, Task, TaskState
from orchestrator.verbs.classify import classify
from orchestrator.verbs.edit_plan import Approve, Deny, Edit, answer_of, edit
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.plan import check_draft, plan, tasks_of

Update = dict[str, Any]


async def understand(state: State, runtime: Runtime[Deps]) -> Update:
    """What kind of work the goal asks for."""
    deps = runtime.context
    goal = await _goal(deps, state)
    if goal.state is GoalState.proposed:  # an earlier run of this event came as far as the plan
        return _plan_waits(goal)
    if goal.state is not GoalState.given:
        return {"step": "advance"}
    sure = classify(goal.text)
    question = Question(prompt="classify", variables={"text": goal.text}, answer=Classified)
    understood, _ = await decide(deps, "classify", sure, sure.confidence, question, goal_id=goal.id)
    return {"type": understood.type, "step": "plan"}


async def make_plan(state: State, runtime: Runtime[Deps]) -> Update:
    """Split the goal into tasks with dependencies."""
    deps = runtime.context
    goal = await _goal(deps, state)
    files = await deps.git.files(goal.base_commit)
    sure = plan(goal.text, files, deps.roles)
    question = Question(
        prompt="plan",
        variables={
            "goal": goal.text,
            "files": files[:400],
            "roles": [{"name": r.name, "description": r.description} for r in deps.roles.values()],
            "sessions": [
                c.model_dump(mode="json", exclude={"hindrance"}) for c in await sessions_as_candidates(deps) if not c.hindrance
            ],
        },
        answer=PlanDraft,
        size=Size.large,
    )
    draft, decided = await decide(deps, "plan", sure, sure.confidence, question, goal_id=goal.id, faults=check_draft)
    return {"draft": draft, "decided": decided}


async def route(state: State, runtime: Runtime[Deps]) -> Update:
    """Recommend a session for each task, or a new one; store the plan."""
    deps = runtime.context
    goal = await _goal(deps, state)
    draft = state["draft"]
    assert draft is not None
    tasks = await foreseen(deps, [await routed(deps, goal, task) for task in tasks_of(draft, goal.id, deps.roles)])
    by = state["decided"] or Decided(decided_by=DecidedBy.deterministic)
    await propose(deps, goal, tasks, draft.confidence, by, draft.reason)
    return {"draft": None, **_plan_waits(goal)}


def _plan_waits(goal: Goal) -> Update:
    """For the user, unless they agreed beforehand."""
    return {"step": "settle", "answer": "yes"} if goal.auto_approve else {"step": "approve", "answer": None}


def approve(_: State) -> Update:
    """Wait for the user. Nothing stands before the interrupt, because the node is run again from its first line."""
    return {"answer": interrupt("plan")}


async def settle(state: State, runtime: Runtime[Deps]) -> Update:
    """Carry out what the user said to the plan."""
    deps = runtime.context
    goal = await _goal(deps, state)
    if goal.state is not GoalState.proposed:
        return {"step": "advance" if goal.state is GoalState.working else "end"}
    match answer_of(state["answer"] or ""):
        case Approve():
            await _become(deps, goal, GoalState.working, EventKind.goal_approved, "the plan was approved")
            return {"step": "advance"}
        case Deny():
            await _become(deps, goal, GoalState.denied, EventKind.goal_denied, "the plan was denied; nothing was changed")
            return {"step": "end"}
        case Edit(text=text):
            await _edit(deps, goal, text)
            return {"step": "approve", "answer": None}


async def routed(deps: Deps, goal: Goal, task: Task) -> Task:
    """The task with its session, or with none and the reason; a session that the user chose is kept."""
    if task.pinned and task.session_id:
        return task
    recommended, _ = await route_text(deps, task.instruction, task.type, goal_id=goal.id)
    return task.model_copy(
        update={
            "session_id": recommended.session,
            "role": recommended.role,
            "route_reason": recommended.reason,
            "route_confidence": recommended.confidence,
        }
    )


async def propose(deps: Deps, goal: Goal, tasks: Sequence[Task], confidence: float, decided: Decided, reason: str) -> None:
    """Store a plan (or a revision of it) and say who gets what and why, in one transaction."""
    revision = goal.plan_revision + 1
    proposed = goal.model_copy(
        update={
            "state": GoalState.proposed,
            "plan_revision": revision,
            "plan_confidence": confidence,
            "decided_by": decided.decided_by,
            "updated_at": deps.now(),
        }
    )
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        if current.state.over or current.plan_revision != goal.plan_revision:
            return  # stopped meanwhile, or proposed by an earlier run of this event
        await tx.put(proposed, *tasks)
        for task in tasks:
            if task.state is TaskState.waiting:
                await tx.record(routing_event(deps, task))
        await tx.record(
            NewEvent(
                kind=EventKind.goal_planned,
                project_id=deps.project.id,
                goal_id=goal.id,
                text=f"plan of {counted(sum(t.state is TaskState.waiting for t in tasks), 'task')}: {reason}{orders(tasks)}",
                data={"revision": revision, "confidence": confidence, **decided.model_dump(mode="json")},
            )
        )


def routing_event(deps: Deps, task: Task) -> NewEvent:
    """Who gets the task and why."""
    whom = task.session_id or f"a new {task.role}"
    return NewEvent(
        kind=EventKind.task_routed,
        project_id=deps.project.id,
        goal_id=task.goal_id,
        task_id=task.id,
        session_id=task.session_id,
        text=f"{task.label} → {whom}: {task.route_reason}",
        data={"type": task.type.value, "role": task.role, "depends_on": list(task.depends_on), "title": task.title},
    )


async def _edit(deps: Deps, goal: Goal, text: str) -> None:
    async with deps.store.reading() as store:
        tasks = await store.tasks(goal.id)
        ids = [s.id for s in await store.sessions(goal.project_id, live_only=True)]
    edited = edit(tasks, text, ids, deps.roles)
    again = [await routed(deps, goal, task) if task.state is TaskState.waiting else task for task in edited.tasks]
    await propose(deps, goal, await foreseen(deps, again), 1.0, Decided(decided_by=DecidedBy.user), "; ".join(edited.done))


async def _become(deps: Deps, goal: Goal, state: GoalState, kind: EventKind, text: str) -> None:
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        if current.state.over:
            return
        await tx.put(current.model_copy(update={"state": state, "updated_at": deps.now()}))
        await tx.record(NewEvent(kind=kind, project_id=deps.project.id, goal_id=goal.id, text=text))


async def _goal(deps: Deps, state: State) -> Goal:
    assert state["goal_id"] is not None
    async with deps.store.reading() as store:
        return await store.goal(state["goal_id"])
