"""Tasks: the stages of a workflow as the tasks of the goal that runs it."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.nouns.flow import OnComplete, Stage, Workflow
from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Task, TaskType
from orchestrator.verbs.classify import classify
from orchestrator.verbs.plan import TITLE_CHARS
from orchestrator.verbs.roles import role_for
from orchestrator.verbs.workflow.order import in_order


def tasks_of_workflow(
    workflow: Workflow, goal_id: str, roles: Mapping[str, Role], role_of_session: Mapping[str, str]
) -> tuple[Task, ...]:
    """One task for each stage of a workflow that was filled in and has no faults, predecessors first."""
    by_id = {stage.stage_id: stage for stage in workflow.stages}
    order = in_order({stage.stage_id: stage.needs for stage in workflow.stages})
    return tuple(_task(by_id[one], at, goal_id, roles, role_of_session) for at, one in enumerate(order, start=1))


def _task(stage: Stage, position: int, goal_id: str, roles: Mapping[str, Role], role_of_session: Mapping[str, str]) -> Task:
    role = stage.role or (role_of_session[stage.session] if stage.session else None)
    type_ = _type(stage, roles.get(role) if role else None)
    return Task(
        id=stage.stage_id,
        goal_id=goal_id,
        position=position,
        title=stage.title or _beginning(stage.instruction),
        instruction=stage.instruction,
        type=type_,
        role=role or role_for(type_, roles),
        depends_on=stage.needs,
        files=stage.files,
        session_id=stage.session,
        pinned=stage.session is not None,
        route_reason="the workflow names it" if stage.session or stage.role else f"its instruction says {type_.value}",
        route_confidence=1.0 if stage.session or stage.role else classify(stage.instruction).confidence,
        on_complete=stage.on_complete or OnComplete.handoff,
        on_failure=stage.on_failure,
        timeout_minutes=stage.timeout_minutes,
        retries=stage.retries,
        when=stage.when,
        rework=stage.rework or "",
        rounds=stage.rounds,
    )


def _type(stage: Stage, role: Role | None) -> TaskType:
    """What the role is the natural choice for; the instruction says it when there is no role, or one that is for nothing special."""
    return role.task_types[0] if role is not None and role.task_types else classify(stage.instruction).type


def _beginning(instruction: str) -> str:
    """Its first line, cut between two words."""
    line = " ".join(instruction.split("\n", 1)[0].split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rsplit(" ", 1)[0] + "…"
