"""Ready: queue → land → landed | evicted → reply. Nothing reaches the default branch but through the merge queue.

A goal's part of it goes in its own lane; the queue is worked off in a lane of the project's, so that a long check holds up nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from graphs.merge_push import push
from graphs.merge_queue import work_off
from graphs.merge_record import block_in, merge_event, withdraw_all
from graphs.state import Deps, State
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import JobState
from orchestrator.nouns.merging import OPEN_ENTRIES, EntryState, MergeEntry
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.advance import Progress, to_land, turn
from orchestrator.verbs.reply import reply_blocked, reply_landed

Update = dict[str, Any]


async def queue(state: State, runtime: Runtime[Deps]) -> Update:
    """Put the work in the merge queue: of the stages that land by themselves now, or else the goal's."""
    deps = runtime.context
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
        tasks = await store.tasks(goal.id)
    if goal.state in {GoalState.landed, GoalState.finished}:
        return {"step": "reply"}  # an earlier run of this event came further
    part = [t for t in tasks if t.id in state["landing"]]
    heads = await _heads(deps, goal, part or to_land(tasks))
    if not heads:
        return await _nothing_new(deps, goal, part)
    async with deps.store.writing() as tx:
        entry = await _entry(tx, deps, goal, part, heads, state["event_id"])
    if entry is not None:
        await deps.git.keep_all({f"queue/{entry.id}-{n}": head for n, head in enumerate(heads, start=1)})
    return {"step": "end"}


async def land(_state: State, runtime: Runtime[Deps]) -> Update:
    """Work the merge queue off, whoever's turn it is."""
    await work_off(runtime.context)
    return {"step": "end"}


async def landed(state: State, runtime: Runtime[Deps]) -> Update:
    """What landed is pushed, if it is to be. Its goal has landed; or some of its stages have, and the others go on."""
    deps = runtime.context
    entry = await _entry_of(deps, state)
    await push(deps, entry)
    if entry.goal_id is None:
        return {"step": "end"}
    async with deps.store.writing() as tx:
        event = await tx.event(state["event_id"])
        goal = await tx.goal(entry.goal_id)
        where, commit, text = str(event.data["to"]), entry.landed_commit, f"{event.data['said']} at {entry.landed_commit[:10]}"
        data = {"branch": where, "commit": commit, "checks": list(goal.checks)}
        tasks = await tx.tasks(goal.id)
        if entry.tasks:
            await _stages_landed(tx, deps, goal, [t for t in tasks if t.id in entry.tasks and not t.landed_commit], commit, text, data)
            return {"step": "advance"}
        if goal.state is not GoalState.landed and not (goal.state is GoalState.finished and goal.landed_commit):
            ended = GoalState.landed if entry.state is EntryState.landed else GoalState.finished
            update = {"state": ended, "landed_branch": where, "landed_commit": commit, "reply": "", "updated_at": deps.now()}
            await tx.put(goal.model_copy(update=update), *(_with_landing(t, commit) for t in to_land(tasks)))
            await tx.record(_event(deps, goal, EventKind.goal_landed, f"{goal.id} {text}", data))
    return {"step": "reply"}


async def evicted(state: State, runtime: Runtime[Deps]) -> Update:
    """The session is asked to mend it, if the eviction says so; all else was told with it."""
    async with runtime.context.store.reading() as store:
        event = await store.event(state["event_id"])
    return {"step": "enhance" if event.data.get("instruction") else "end"}


async def reply(state: State, runtime: Runtime[Deps]) -> Update:
    """The last word to the user: what was done, or what it is stuck on and the way out."""
    deps = runtime.context
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
        tasks = await store.tasks(goal.id)
        jobs = await store.jobs(goal_id=goal.id)
    if goal.state is GoalState.working and turn(tasks).progress is Progress.stuck:
        await block(deps, goal, reply_blocked(tasks, jobs), "task")
        return {"step": "end"}
    if goal.state is GoalState.landed and goal.reply:
        return {"step": "end"}
    text = reply_landed(goal, tasks, jobs)
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        ended = GoalState.landed if current.landed_commit and current.state is GoalState.landed else GoalState.finished
        await tx.put(current.model_copy(update={"state": ended, "reply": text, "updated_at": deps.now()}))
        await tx.record(_event(deps, goal, EventKind.goal_finished, text, {"state": ended.value}))
    return {"step": "end"}


async def block(deps: Deps, goal: Goal, reason: str, where: str) -> None:
    """The goal needs the user, and nothing of it lands meanwhile. Everything made so far stays where it is."""
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        if not current.state.over:
            await withdraw_all(tx, deps, goal.id, f"{goal.id} is blocked")
            await block_in(tx, deps, current, reason, where)


async def _entry_of(deps: Deps, state: State) -> MergeEntry:
    async with deps.store.reading() as store:
        event = await store.event(state["event_id"])
        return await store.merge_entry(str(event.data["entry"]))


async def _entry(tx: Writing, deps: Deps, goal: Goal, part: Sequence[Task], heads: Sequence[str], event_id: int) -> MergeEntry | None:
    """The goal's entry with its event; None when an earlier run of this event made it. One that is in the queue already is asked
    for once more: whoever was to work it off may have broken."""
    asked = await tx.events(goal_id=goal.id, kinds=[EventKind.merge_queued], newest_first=True, limit=50)
    if any(event.data.get("asked_by") == event_id for event in asked):
        return None
    tasks = tuple(task.id for task in part)
    current = await tx.merge_entries(deps.project.id, goal_id=goal.id, states=OPEN_ENTRIES)
    entry = next((e for e in current if e.heads == tuple(heads) and e.tasks == tasks), None)
    if entry is None:
        title = f"{goal.id} {', '.join(tasks)}" if tasks else f"{goal.id}: {goal.text.splitlines()[0][:60]}"
        entry = MergeEntry(
            id=await tx.next_id("E"), project_id=deps.project.id, seq=await tx.next_seq(), title=title, goal_id=goal.id, tasks=tasks,
            heads=tuple(heads), queued_at=deps.now(), updated_at=deps.now(),
        )  # fmt: skip
    current_goal = await tx.goal(goal.id)
    if not part and current_goal.state is GoalState.working:
        await tx.put(current_goal.model_copy(update={"state": GoalState.landing, "updated_at": deps.now()}))
    await tx.put(entry)
    text = f"{entry.id}: {entry.title} waits to land"
    await tx.record(merge_event(deps, entry, EventKind.merge_queued, text, {"asked_by": event_id, "heads": list(heads)}))
    return entry


async def _heads(deps: Deps, goal: Goal, tasks: Sequence[Task]) -> list[str]:
    """Heads of the tasks' work that the default branch does not have, newest first: the rest is then there already."""
    async with deps.store.reading() as store:
        jobs = await store.jobs(goal_id=goal.id, states=[JobState.done])
    done = {t.id for t in tasks if t.state is TaskState.done}
    heads = dict.fromkeys(j.head_commit for j in reversed(jobs) if j.task_id in done and j.head_commit)
    here = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    own = [head for head in heads if here is None or not await deps.git.contains(here, head)]
    tips: list[str] = []
    for head in own:
        if not any([await deps.git.contains(tip, head) for tip in tips]):
            tips.append(head)
    return tips


async def _nothing_new(deps: Deps, goal: Goal, part: Sequence[Task]) -> Update:
    """What was to land is on the default branch already, or made no commits."""
    if not part:
        return {"step": "reply"}
    here = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}") or goal.base_commit
    async with deps.store.writing() as tx:
        await _stages_landed(tx, deps, goal, part, here, f"has nothing that is not on {deps.project.default_branch}", {})
    return {"step": "advance"}


async def _stages_landed(
    tx: Writing, deps: Deps, goal: Goal, tasks: Sequence[Task], commit: str, text: str, data: dict[str, Any]
) -> None:
    for task in tasks:
        await tx.put(_with_landing(task, commit))
        told = _event(deps, goal, EventKind.task_landed, f"{task.id} {text}", data)
        await tx.record(told.model_copy(update={"task_id": task.id, "session_id": task.session_id}))


def _with_landing(task: Task, commit: str) -> Task:
    return task.model_copy(update={"landed_commit": commit})


def _event(deps: Deps, goal: Goal, kind: EventKind, text: str, data: dict[str, Any]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, goal_id=goal.id, text=text, data=data)
