"""Stages for tests: a workflow that was written down, as ``workflow run`` stores it, without a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState, TaskType
from tests.line import Line

ROLES = {TaskType.implement: "implementer", TaskType.review: "reviewer", TaskType.test: "tester", TaskType.integrate: "integrator"}


def stage(id_: str, type_: TaskType, *needs: str, goal_id: str = "", position: int = 1, **more: Any) -> Task:
    """A task named ``id_`` whose instruction says so."""
    return Task(
        id=id_, goal_id=goal_id, position=position, title=id_, instruction=f"Do {id_}.", type=type_, role=ROLES[type_],
        depends_on=needs, **more,
    )  # fmt: skip


async def begin(shop: Line, *stages: Task) -> Goal:
    """Store the stages as a goal that works, and let the machine begin."""
    now = datetime.now(UTC)
    base = await shop.deps.git.resolve("refs/heads/main") or ""
    async with shop.store.writing() as tx:
        goal = Goal(
            id=await tx.next_id("G"), project_id=shop.deps.project.id, text="a workflow", state=GoalState.working, agent="scripted",
            auto_approve=True, workflow="test", base_commit=base, created_at=now, updated_at=now,
        )  # fmt: skip
        await tx.put(goal, *(t.model_copy(update={"goal_id": goal.id, "position": at}) for at, t in enumerate(stages, 1)))
        await tx.record(NewEvent(kind=EventKind.workflow_started, project_id=goal.project_id, goal_id=goal.id, text="started"))
    return goal


async def ask(shop: Line, goal: Goal, kind: EventKind, task_id: str) -> None:
    """What `workflow retry` and `workflow skip` record."""
    async with shop.store.writing() as tx:
        await tx.record(NewEvent(kind=kind, project_id=goal.project_id, goal_id=goal.id, task_id=task_id, text=kind.value))


async def hold(shop: Line, goal: Goal, *, paused: bool) -> None:
    """What `workflow pause` and `workflow resume` record."""
    kind = EventKind.workflow_paused if paused else EventKind.workflow_continued
    async with shop.store.writing() as tx:
        await tx.put((await tx.goal(goal.id)).model_copy(update={"paused": paused}))
        await tx.record(NewEvent(kind=kind, project_id=goal.project_id, goal_id=goal.id, text=kind.value))


async def states(shop: Line, goal: Goal) -> dict[str, TaskState]:
    return {task.id: task.state for task in await shop.tasks(goal)}
