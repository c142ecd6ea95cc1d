"""Ready: check → integrate → reply. Nothing reaches the default branch but what was merged and checked on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from graphs.context_file import carry, in_step
from graphs.state import Deps, State
from orchestrator.boundaries.checks import CheckResult, run_check
from orchestrator.nouns.errors import GitError, MergeConflict, NotReady
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import JobState
from orchestrator.nouns.policy import Landing
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.advance import Progress, to_land, turn
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.reply import reply_blocked, reply_landed

Update = dict[str, Any]


async def check(state: State, runtime: Runtime[Deps]) -> Update:
    """Merge branches on top of the default branch in a worktree of its own, and run the project's checks there: those of the
    stages that land by themselves now, or else the goal's."""
    deps = runtime.context
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
        tasks = await store.tasks(goal.id)
    if goal.landed_commit and await _contains(deps, goal.landed_commit):
        return {"step": "integrate"}  # an earlier run of this event came further
    part = [t for t in tasks if t.id in state["landing"]]
    heads = await _heads(deps, goal, part or to_land(tasks))
    if not heads:
        return await _nothing_new(deps, goal, part)
    path = deps.home.worktree(deps.project.id, f"landing-{goal.id}")
    try:
        base, merged = await _merge(deps, goal, path, heads)
        results = await _run_checks(deps, goal, path)
    except MergeConflict as conflict:
        await block(deps, goal, f"the branches could not be merged: {', '.join(conflict.files)}", "merge")
        return {"step": "end"}
    finally:
        await deps.git.remove_worktree(str(path))
    red = next((r for r in results if not r.ok), None)
    if red is not None:
        await block(deps, goal, f"check failed: {red.command} — {red.tail}", "check")
        return {"step": "end"}
    await _ready_to_land(deps, goal, base, merged, results, whole=not part)
    return {"step": "integrate"}


async def integrate(state: State, runtime: Runtime[Deps]) -> Update:
    """Advance the default branch to what was checked, if it is still where it was; otherwise check again on top of it."""
    deps = runtime.context
    async with deps.store.reading() as store:
        goal = await store.goal(state["goal_id"] or "")
    branch, part = deps.project.default_branch, state["landing"]
    here = await deps.git.resolve(f"refs/heads/{branch}") or ""
    if not await deps.git.contains(here, goal.landed_commit):
        if deps.policy.landing is Landing.never:
            kept = await deps.git.keep(f"landing/{goal.id}", goal.landed_commit)
            return await _landed(deps, goal, part, kept, "checked; landing is switched off")
        if not await deps.git.contains(goal.landed_commit, here):
            await _forget_candidate(deps, goal)
            return {"step": "check"}  # somebody else landed meanwhile
        try:
            await in_step(deps)  # what somebody wrote into the context file meanwhile is not lost under the one that lands
            await deps.git.advance(branch, goal.landed_commit, here)
            await in_step(deps)
        except (GitError, NotReady) as error:
            await deps.git.keep(f"landing/{goal.id}", goal.landed_commit)
            await block(deps, goal, error.line(), "integrate")
            return {"step": "end"}
    return await _landed(deps, goal, part, branch, f"landed on {branch}")


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
    """The goal needs the user; the reason is stored with it. Everything made so far stays where it is."""
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        if current.state.over:
            return
        await tx.put(current.model_copy(update={"state": GoalState.blocked, "reply": reason, "updated_at": deps.now()}))
        text = f"{goal.id} is blocked: {reason}"
        await tx.record(_event(deps, goal, EventKind.goal_blocked, text, {"where": where, "reason": reason}))


async def _contains(deps: Deps, commit: str) -> bool:
    here = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    return here is not None and await deps.git.contains(here, commit)


async def _heads(deps: Deps, goal: Goal, tasks: Sequence[Task]) -> list[str]:
    """Heads of the tasks' work that the default branch does not have, newest first: the rest is then there already."""
    async with deps.store.reading() as store:
        jobs = await store.jobs(goal_id=goal.id, states=[JobState.done])
    done = {t.id for t in tasks if t.state is TaskState.done}
    heads = dict.fromkeys(j.head_commit for j in reversed(jobs) if j.task_id in done and j.head_commit)
    return [head for head in heads if not await _contains(deps, head)]


async def _merge(deps: Deps, goal: Goal, path: Path, heads: Sequence[str]) -> tuple[str, str]:
    """(default branch's head, the merge of it with ``heads``) in a fresh detached worktree at ``path``."""
    await deps.git.remove_worktree(str(path))
    base = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}") or goal.base_commit
    path.parent.mkdir(parents=True, exist_ok=True)
    await deps.git.add_detached_worktree(str(path), base)
    merged = await deps.git.merge(str(path), list(heads), f"Land {goal.id}: {goal.text.splitlines()[0][:60]}")
    return base, await carry(deps, str(path), base, merged.commit)


async def _run_checks(deps: Deps, goal: Goal, path: Path) -> list[CheckResult]:
    """Every check command until the first that fails, each with an event that says how it went."""
    results: list[CheckResult] = []
    for command in deps.policy.checks:
        result = await run_check(command, path, timeout_seconds=deps.policy.check_minutes * 60)
        results.append(result)
        async with deps.store.writing() as tx:
            await tx.put(await tx.goal(goal.id))
            await tx.record(_event(deps, goal, EventKind.goal_checked, result.line, result.as_data))
        if not result.ok:
            break
    return results


async def _ready_to_land(deps: Deps, goal: Goal, base: str, merged: str, results: Sequence[CheckResult], *, whole: bool) -> None:
    await deps.git.keep(f"landing/{goal.id}", merged)
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        ready = {"landed_commit": merged, "checks": tuple(r.command for r in results)}
        ready |= {"state": GoalState.landing} if whole else {}
        await tx.put(current.model_copy(update={**ready, "updated_at": deps.now()}))
        text = (
            f"{counted(len(results), 'check')} passed on {merged[:10]}"
            if results
            else f"no checks are configured; {merged[:10]} merges"
        )
        await tx.record(_event(deps, goal, EventKind.goal_checked, text, {"base": base, "commit": merged}))


async def _forget_candidate(deps: Deps, goal: Goal) -> None:
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        await tx.put(current.model_copy(update={"landed_commit": "", "updated_at": deps.now()}))
        text = f"{deps.project.default_branch} moved; checking again on top of it"
        await tx.record(_event(deps, goal, EventKind.goal_checked, text, {"moved": True}))


async def _landed(deps: Deps, goal: Goal, part: Sequence[str], branch: str, text: str) -> Update:
    """The goal has landed; or the stages of ``part`` have, and the others go on."""
    async with deps.store.writing() as tx:
        current = await tx.goal(goal.id)
        commit = current.landed_commit
        data = {"branch": branch, "commit": commit, "checks": list(current.checks)}
        if part:
            tasks = [t for t in await tx.tasks(goal.id) if t.id in part and not t.landed_commit]
            await tx.put(current.model_copy(update={"landed_commit": ""}), *(_with_landing(t, commit) for t in tasks))
            for task in tasks:
                told = _event(deps, goal, EventKind.task_landed, f"{task.id} {text} at {commit[:10]}", data)
                await tx.record(told.model_copy(update={"task_id": task.id, "session_id": task.session_id}))
            return {"step": "advance"}
        if current.state is not GoalState.landed:
            state = GoalState.landed if branch == deps.project.default_branch else GoalState.finished
            landed = [_with_landing(t, commit) for t in to_land(await tx.tasks(goal.id))]
            await tx.put(current.model_copy(update={"state": state, "landed_branch": branch, "updated_at": deps.now()}), *landed)
            await tx.record(_event(deps, goal, EventKind.goal_landed, f"{goal.id} {text} at {commit[:10]}", data))
    return {"step": "reply"}


async def _nothing_new(deps: Deps, goal: Goal, part: Sequence[Task]) -> Update:
    """What was to land is on the default branch already, or made no commits."""
    if not part:
        return {"step": "reply"}
    here = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}") or goal.base_commit
    async with deps.store.writing() as tx:
        await tx.put(*(_with_landing(t, here) for t in part))
        for task in part:
            told = _event(deps, goal, EventKind.task_landed, f"{task.id} has nothing that is not on {deps.project.default_branch}", {})
            await tx.record(told.model_copy(update={"task_id": task.id, "session_id": task.session_id}))
    return {"step": "advance"}


def _with_landing(task: Task, commit: str) -> Task:
    return task.model_copy(update={"landed_commit": commit})


def _event(deps: Deps, goal: Goal, kind: EventKind, text: str, data: dict[str, Any]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, goal_id=goal.id, text=text, data=data)
