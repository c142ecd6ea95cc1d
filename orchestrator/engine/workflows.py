"""What a user can want of a workflow, written to the store as events: run it, hold it, go on, try or skip one of its stages.

A run is a goal whose tasks are the workflow's stages. Cancelling it is ``intents.stop_goal``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.intents import check_text, ready_for_goal, resume_goal
from orchestrator.nouns.errors import Refused, Unknown, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Workflow
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.near import meant
from orchestrator.verbs.rework import descendants
from orchestrator.verbs.workflow.tasks import tasks_of_workflow
from orchestrator.verbs.workflow.validate import Known, faults_of

RETRIED = frozenset({TaskState.failed, TaskState.skipped})
SKIPPED = frozenset({TaskState.waiting, TaskState.asking, TaskState.failed})


async def known_to(deps: Deps) -> Known:
    """What the stages of a workflow may name in this project."""
    async with deps.store.reading() as store:
        sessions = await store.sessions(deps.project.id)
    return Known(roles=tuple(deps.roles), sessions={session.id: session.state for session in sessions})


async def run_workflow(
    deps: Deps, workflow: Workflow, goal_text: str = "", *, agent: str | None = None, allow_dirty: bool = False
) -> Goal:
    """Store a workflow that was filled in as a goal with its tasks; the machine gives each stage its turn. Whoever made it, its
    stages are checked against the project once more: a session may have been closed since it was read."""
    text = check_text(goal_text or workflow.goal or workflow.description or workflow.name, "goal")
    if faults := faults_of(workflow.stages, await known_to(deps)):
        raise UsageError(f"the workflow {workflow.name} cannot be run: {faults[0].what}", faults[0].remedy)
    kind, base = await ready_for_goal(deps, agent or workflow.agent, allow_dirty=allow_dirty)
    now = datetime.now(UTC)
    async with deps.store.writing() as tx:
        roles = {session.id: session.role for session in await tx.sessions(deps.project.id)}
        goal = Goal(
            id=await tx.next_id("G"),
            project_id=deps.project.id,
            text=text,
            state=GoalState.working,
            agent=kind,
            auto_approve=True,
            workflow=workflow.name,
            base_commit=base,
            plan_confidence=1.0,
            created_at=now,
            updated_at=now,
        )
        tasks = tasks_of_workflow(workflow, goal.id, deps.roles, roles)
        await tx.put(goal, *tasks)
        line = f"{goal.id} runs {workflow.name}, {counted(len(tasks), 'stage')}: {text.splitlines()[0][:200]}"
        data = {"workflow": workflow.name, "agent": kind, "stages": [task.id for task in tasks]}
        await tx.record(_event(goal, EventKind.workflow_started, line, data))
    return goal


async def pause(deps: Deps, goal_id: str) -> Goal:
    """Hold it: what runs goes on, nothing new begins."""
    async with deps.store.writing() as tx:
        goal = await tx.goal(goal_id)
        if goal.paused:
            raise Refused(f"{goal_id} is paused already", f"`televibe workflow resume {goal_id}` goes on")
        if goal.state not in {GoalState.working, GoalState.landing}:
            raise Refused(f"{goal_id} is {goal.state.value}: there is nothing to hold", "`televibe workflow list` shows what runs")
        held = goal.model_copy(update={"paused": True, "updated_at": deps.now()})
        await tx.put(held)
        await tx.record(_event(goal, EventKind.workflow_paused, f"{goal_id} is paused: what runs goes on, nothing new begins"))
        return held


async def continue_(deps: Deps, goal_id: str) -> Goal:
    """Let it go on after a pause."""
    async with deps.store.writing() as tx:
        goal = await tx.goal(goal_id)
        if not goal.paused:
            raise Refused(f"{goal_id} is not paused: it is {goal.state.value}", "`televibe workflow pause` holds one")
        freed = goal.model_copy(update={"paused": False, "updated_at": deps.now()})
        await tx.put(freed)
        await tx.record(_event(goal, EventKind.workflow_continued, f"{goal_id} goes on"))
        return freed


async def go_on(deps: Deps, goal_id: str) -> Goal:
    """Whatever it stands still for: a pause ends, what failed is tried again, what was cancelled is taken up."""
    async with deps.store.reading() as store:
        goal = await store.goal(goal_id)
    stuck = goal.state in {GoalState.blocked, GoalState.stopped}
    if goal.paused or not stuck:
        goal = await continue_(deps, goal_id)
    return await resume_goal(deps, goal_id) if stuck else goal


async def retry_stage(deps: Deps, goal_id: str, stage_id: str) -> Task:
    """Ask for a stage to be tried once more that failed or was skipped."""
    async with deps.store.writing() as tx:
        goal, task = await _stage(tx, goal_id, stage_id)
        if task.state not in RETRIED:
            raise Refused(f"{stage_id} of {goal_id} cannot be tried again: {_stands(task)}", _instead(task))
        tasks = await tx.tasks(goal_id)
        behind = descendants(tasks, [stage_id])
        busy = next((t for t in tasks if t.id in behind and t.state in {TaskState.dispatched, TaskState.asking}), None)
        if busy is not None:  # it would end without what is made now, and nobody would take that
            raise Refused(f"{stage_id} of {goal_id} cannot be tried again: {busy.id} has begun without it", _instead(busy))
        await tx.record(_event(goal, EventKind.task_retry_requested, f"{stage_id} of {goal_id} is to be tried again", task=task))
        return task


async def skip_stage(deps: Deps, goal_id: str, stage_id: str) -> Task:
    """Ask for a stage to be left out; it then stands in nobody's way."""
    async with deps.store.writing() as tx:
        goal, task = await _stage(tx, goal_id, stage_id)
        if task.state not in SKIPPED:
            raise Refused(f"{stage_id} of {goal_id} cannot be skipped: {_stands(task)}", _instead(task))
        await tx.record(_event(goal, EventKind.task_skip_requested, f"{stage_id} of {goal_id} is to be skipped", task=task))
        return task


async def _stage(tx: Writing, goal_id: str, stage_id: str) -> tuple[Goal, Task]:
    """The stage of a run that can still go on."""
    goal = await tx.goal(goal_id)
    tasks = {task.id: task for task in await tx.tasks(goal_id)}
    if stage_id not in tasks:
        raise Unknown(f"{goal_id} has no stage {stage_id!r}", meant(stage_id, tasks, listed="stages"))
    match goal.state:
        case GoalState.stopped:
            raise Refused(f"{goal_id} was cancelled", f"`televibe workflow resume {goal_id}` takes it up again")
        case GoalState.landed | GoalState.finished | GoalState.denied:
            raise Refused(f"{goal_id} is over: it is {goal.state.value}", "`televibe workflow run` begins a new one")
        case GoalState.given | GoalState.proposed:
            raise Refused(f"{goal_id} has not begun: it is {goal.state.value}", f"`televibe answer {goal_id} yes` begins it")
        case GoalState.working | GoalState.landing | GoalState.blocked:
            return goal, tasks[stage_id]


def _stands(task: Task) -> str:
    match task.state:
        case TaskState.waiting:
            return "it waits for its turn"
        case TaskState.dispatched:
            return "it is being worked on"
        case TaskState.asking:
            return "it waits for your answer"
        case TaskState.done:
            return "it is done"
        case TaskState.failed:
            return "it failed"
        case TaskState.skipped:
            return "it was skipped"
        case TaskState.dropped:
            return "it was taken out"


def _instead(task: Task) -> str:
    """What the user may have meant."""
    match task.state:
        case TaskState.dispatched:
            return f"`televibe session stop {task.session_id}` stops its session"
        case TaskState.asking:
            return f'`televibe session send {task.session_id} "…"` answers it'
        case TaskState.done:
            return f'`televibe session send {task.session_id} "…"` gives its session more to do'
        case TaskState.skipped:
            return f"`televibe workflow retry {task.goal_id} {task.id}` runs it after all"
        case TaskState.failed | TaskState.waiting | TaskState.dropped:
            return f"`televibe workflow show {task.goal_id}` shows how it stands"


def _event(goal: Goal, kind: EventKind, text: str, data: Mapping[str, object] | None = None, *, task: Task | None = None) -> NewEvent:
    about = {"task_id": task.id, "session_id": task.session_id} if task is not None else {}
    return NewEvent(kind=kind, project_id=goal.project_id, goal_id=goal.id, text=text, data=dict(data or {}), **about)
