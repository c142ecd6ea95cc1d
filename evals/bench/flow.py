"""Workflows: how long one transition of a big DAG takes, and how many stages a second go through, early and late."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from langgraph.runtime import Runtime

from evals.bench.figures import Figure, median
from evals.bench.places import initialised, make_repository
from graphs.absorb_nodes import settle_task
from graphs.state import Deps, arrived
from graphs.work_nodes import advance
from orchestrator.boundaries.home import Home
from orchestrator.engine.engine import Engine
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import Event, EventKind, NewEvent
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState, TaskType

SCRIPT = "scripts:\n  - steps:\n      - finish: nothing to do\n"
SESSIONS = 8
CHAIN = 200
STAGES = 500


async def flow(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 200)
    (scratch / "script.yaml").write_text(SCRIPT)
    home = Home(scratch / "home").ready()
    config = (
        f"agent: scripted\nscripted: {{script: {scratch / 'script.yaml'}}}\nmodel: {{policy: deterministic}}\nlanding: never\n"
        "limits: {parallel_jobs: 8}\n"
    )
    async with Engine(home) as engine:
        opened = await initialised(home, engine.store, repository, config)
        await opened.index.close()
        deps = await engine.deps(opened.project.id)
        sessions = [(await new_session(deps, "reviewer", branch=f"bench/r{n}")).id for n in range(SESSIONS)]
        transitions = await _transitions(deps, sessions[0])
        chain = await _run(engine, deps, [_stage(n, (n - 1,) if n > 1 else (), sessions[0]) for n in range(1, CHAIN + 1)])
        wide = await _run(
            engine, deps, [_stage(n, (n - SESSIONS,) if n > SESSIONS else (), sessions[n % SESSIONS]) for n in range(1, STAGES + 1)]
        )
    steps = [(b.at - a.at).total_seconds() * 1000 for a, b in pairwise(chain) if b.kind is EventKind.job_queued]
    ended = [e.at for e in wide if e.kind is EventKind.job_done]
    gaps = [(b - a).total_seconds() for a, b in pairwise(ended)]
    seconds = (ended[-1] - ended[0]).total_seconds()
    fifth = len(gaps) // 5
    growth = sum(gaps[-fifth:]) / sum(gaps[:fifth])
    return [
        Figure("a transition of a 200-stage DAG", median(transitions), "ms", 20.0, note="settle and advance, store included; median"),
        Figure("… to the next job in the queue", median(steps), "ms", 150.0, note=f"{len(steps)} of a chain: brief, queue and all"),
        Figure("a stage of 500, end to end", seconds / len(gaps) * 1000, "ms", 125.0, note=f"{len(gaps) / seconds:.1f} a second"),
        Figure("the last 100 of 500 against the first", growth, "", 1.25, note="times as long"),
    ]


def _stage(number: int, needs: tuple[int, ...], session: str) -> Task:
    return Task(
        id=f"n{number}", goal_id="", position=number, title=f"stage {number}", instruction="Look at it.", type=TaskType.review,
        role="reviewer", depends_on=tuple(f"n{i}" for i in needs), session_id=session, pinned=True,
    )  # fmt: skip


async def _run(engine: Engine, deps: Deps, stages: list[Task]) -> list[Event]:
    now = datetime.now(UTC)
    async with deps.store.writing() as tx:
        goal = Goal(
            id=await tx.next_id("G"), project_id=deps.project.id, text="bench", state=GoalState.working, agent="scripted",
            workflow="bench", created_at=now, updated_at=now,
        )  # fmt: skip
        await tx.put(goal, *(s.model_copy(update={"goal_id": goal.id}) for s in stages))
        await tx.record(NewEvent(kind=EventKind.workflow_started, project_id=goal.project_id, goal_id=goal.id, text="bench"))
    await engine.until_idle()
    async with deps.store.reading() as store:
        goal = await store.goal(goal.id)
        events = await store.events(goal_id=goal.id, kinds=[EventKind.job_done, EventKind.job_queued])
    if goal.state is not GoalState.finished:
        raise RuntimeError(f"{goal.id} is {goal.state.value}: {goal.reply}")
    return events


async def _transitions(deps: Deps, session: str) -> list[float]:
    """Milliseconds from a job that ended to the stages whose turn that makes it: each needs one of those before it, some need two."""
    needs = {n: tuple({max(1, n - 1), max(1, n // 2)} - {n}) for n in range(1, CHAIN + 1)}
    now, taken = datetime.now(UTC), []
    async with deps.store.writing() as tx:
        goal = Goal(
            id=await tx.next_id("G"), project_id=deps.project.id, text="bench", state=GoalState.working, agent="scripted",
            workflow="bench", paused=False, created_at=now, updated_at=now,
        )  # fmt: skip
        await tx.put(goal, *(_stage(n, needs[n], session).model_copy(update={"goal_id": goal.id}) for n in needs))
        await tx.record(NewEvent(kind=EventKind.goal_approved, project_id=goal.project_id, goal_id=goal.id, text="bench"))
    ready = ["n1"]
    while ready:
        task_id = ready.pop(0)
        async with deps.store.writing() as tx:
            [task] = await tx.tasks(goal.id, ids=[task_id])
            job = Job(
                id=await tx.next_id("J"), project_id=goal.project_id, session_id=session, goal_id=goal.id, task_id=task_id,
                seq=await tx.next_seq(), instruction=task.instruction, state=JobState.done, summary="done", queued_at=now,
            )  # fmt: skip
            await tx.put(task.model_copy(update={"state": TaskState.dispatched}), job)
            ended = NewEvent(
                kind=EventKind.goal_approved, project_id=goal.project_id, goal_id=goal.id, task_id=task_id, job_id=job.id, text="bench"
            )  # no trigger: the engine that runs beside this leaves it alone
            event = (await tx.record(ended)).model_copy(update={"kind": EventKind.job_done})
        started = time.perf_counter()
        await settle_task(deps, job)
        update = await advance(arrived(event), Runtime(context=deps))
        taken.append((time.perf_counter() - started) * 1000)
        ready += [id_ for id_ in update["ready"] if id_ not in ready]
    if len(taken) != CHAIN:
        raise RuntimeError(f"{len(taken)} of {CHAIN} stages had their turn")
    return taken
