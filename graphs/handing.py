"""Handing over: what a task receives from those before it. Ids are given when a handoff is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.job import Handoff, Job, JobState
from orchestrator.nouns.message import RequestState
from orchestrator.nouns.work import Task, TaskState, TaskType

OPEN_REQUESTS = tuple(state for state in RequestState if state.open)


async def around(store: Reading, goal_id: str, ids: Collection[str]) -> dict[str, Task]:
    """The tasks of ``ids`` and those whose work they build on, however many were skipped between."""
    known: dict[str, Task] = {}
    wanted = set(ids)
    while wanted:
        fetched = await store.tasks(goal_id, ids=wanted)
        known |= {task.id: task for task in fetched}
        passed = {TaskState.skipped, TaskState.dropped}
        on = {before for task in fetched if task.id in ids or task.state in passed for before in task.depends_on}
        wanted = on - set(known)
    return known


def giving(task: Task, tasks: Mapping[str, Task]) -> list[Task]:
    """The done tasks whose work it builds on; of one that was skipped, those before that."""
    found: dict[str, Task] = {}
    open_, seen = list(task.depends_on), set[str]()
    while open_:
        id_ = open_.pop(0)
        if id_ in seen or id_ not in tasks:
            continue
        seen.add(id_)
        if tasks[id_].state is TaskState.done:
            found[id_] = tasks[id_]
        elif tasks[id_].state in {TaskState.skipped, TaskState.dropped}:
            open_ += tasks[id_].depends_on
    return list(found.values())


def is_sync(task: Task, tasks: Mapping[str, Task]) -> bool:
    """Whether it brings the work of several together: a sync point."""
    return task.type is TaskType.integrate and len(giving(task, tasks)) > 1


async def last_job(store: Reading, task: Task) -> Job | None:
    """The newest of a task's jobs that ended well."""
    jobs = await store.jobs(goal_id=task.goal_id, task_id=task.id, states=[JobState.done])
    return jobs[-1] if jobs and jobs[-1].head_commit else None


async def handoffs_for(store: Reading, deps: Deps, task: Task, tasks: Mapping[str, Task]) -> list[Handoff]:
    """What each predecessor hands over: its branch's commits, files, summary, checks, and what it left open."""
    handed = []
    for before in giving(task, tasks):
        job = await last_job(store, before)
        if job is None or job.session_id == task.session_id:
            continue
        giver = await store.session(job.session_id)
        handed.append(
            Handoff(
                id=f"{before.id}→{task.id}",
                project_id=deps.project.id,
                goal_id=task.goal_id,
                from_session=giver.id,
                to_session=task.session_id or "",
                from_task=before.id,
                to_task=task.id,
                from_branch=giver.branch,
                base_commit=job.base_commit,
                head_commit=job.head_commit,
                summary=job.summary,
                files_changed=job.files_changed,
                takes_commits=before.on_complete is not OnComplete.notify,
                checks=job.checks,
                open_items=await _open_items(store, deps, giver.id),
                created_at=deps.now(),
            )
        )
    return handed


async def _open_items(store: Reading, deps: Deps, giver: str) -> tuple[str, ...]:
    """One line for each todo and request that the giver left open."""
    todos = [o for o in await store.todos(deps.project.id, open_only=True) if o.from_session == giver]
    requests = await store.requests(deps.project.id, from_session=giver, states=OPEN_REQUESTS)
    return (
        *(f"todo {o.id} for {o.to_session or 'whoever comes to it'}: {o.message}" for o in todos),
        *(f"request {r.id} to {r.receiver} is {r.state.value}: {r.context}" for r in requests),
    )
