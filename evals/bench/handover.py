"""From a finished job to the next job's agent, through the whole machine: absorb, advance, spawn, enhance, dispatch, queue."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from evals.bench.figures import Figure, median, percentile
from evals.bench.places import initialised, make_repository
from orchestrator.boundaries.home import Home
from orchestrator.engine.engine import Engine
from orchestrator.engine.intents import give_goal
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import JobState

SCRIPT = """
scripts:
  - steps:
      - append: {path: notes.py, content: "def note() -> None:\\n    return None\\n"}
      - commit: note
      - finish: noted
"""
GOALS = 6


async def handover(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 200)
    (scratch / "script.yaml").write_text(SCRIPT)
    home = Home(scratch / "home").ready()
    config = f"agent: scripted\nscripted: {{script: {scratch / 'script.yaml'}}}\nmodel: {{policy: deterministic}}\nlanding: never\n"
    gaps: list[float] = []
    async with Engine(home) as engine:
        opened = await initialised(home, engine.store, repository, config)
        await opened.index.close()
        deps = await engine.deps(opened.project.id)
        for _ in range(GOALS):
            goal = await give_goal(deps, "First add a note. Then add a second note. Then add a third note.", auto_approve=True)
            await engine.until_idle()
            gaps += await _gaps(deps.store, goal.id)
    note = f"{len(gaps)} handovers, a scripted agent, 200 files"
    return [
        Figure("job finished → next agent starts, p50", median(gaps), "ms", 150.0, note=note),
        Figure("job finished → next agent starts, p95", percentile(gaps, 0.95), "ms", 400.0, note="for information"),
    ]


async def _gaps(store: object, goal_id: str) -> list[float]:
    from orchestrator.boundaries.store.sql import SqlStore

    assert isinstance(store, SqlStore)
    async with store.reading() as view:
        jobs = await view.jobs(goal_id=goal_id, states=[JobState.done])
        running = {e.job_id: e.at for e in await view.events(goal_id=goal_id, kinds=[EventKind.job_running])}
        ended = {e.job_id: e.at for e in await view.events(goal_id=goal_id, kinds=[EventKind.job_done])}
    if len(jobs) < 2:
        raise RuntimeError(f"{goal_id} had {len(jobs)} jobs; a handover needs two")
    return [(running[b.id] - ended[a.id]).total_seconds() * 1000 for a, b in pairwise(jobs)]
