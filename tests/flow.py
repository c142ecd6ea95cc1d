"""Stages for tests: a workflow as ``workflow run`` begins it, without a file."""

from __future__ import annotations

from typing import Any

from orchestrator.engine.workflows import continue_, pause, run_workflow
from orchestrator.nouns.flow import Stage, Workflow
from orchestrator.nouns.work import Goal, TaskState, TaskType
from tests.line import Line

ROLES = {TaskType.implement: "implementer", TaskType.review: "reviewer", TaskType.test: "tester", TaskType.integrate: "integrator"}


def stage(id_: str, type_: TaskType, *needs: str, **more: Any) -> Stage:
    """A stage of this name, whose instruction says it too, for the role that does such work."""
    return Stage(**{"stage_id": id_, "title": id_, "instruction": f"Do {id_}.", "role": ROLES[type_], "needs": needs, **more})


async def begin(shop: Line, *stages: Stage) -> Goal:
    return await run_workflow(shop.deps, Workflow(name="test", stages=stages), "a workflow")


async def hold(shop: Line, goal: Goal, *, paused: bool) -> None:
    await (pause if paused else continue_)(shop.deps, goal.id)


async def states(shop: Line, goal: Goal) -> dict[str, TaskState]:
    return {task.id: task.state for task in await shop.tasks(goal)}
