"""A routing decision among 50 sessions with 10,000 exports and 1,000 decisions, in process."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

from evals.bench.figures import Figure, median, percentile
from evals.bench.places import initialised, make_repository
from graphs.routing import route_text
from graphs.state import Deps
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.index.fused import FusedIndex
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.reindex import fill_index
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.knowledge import Decision
from orchestrator.nouns.session import Session
from orchestrator.verbs.classify import classify

SESSIONS, EXPORTS, DECISIONS, ROUNDS = 50, 10_000, 1_000, 60
NOUNS = "account invoice payment session token report cache queue index parser editor layout theme search login order cart".split()
ACTIONS = "load store render validate parse merge send charge refund list create delete update convert export import".split()


async def routing_decision(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 50)
    home = Home(scratch / "home").ready()
    store = await open_store(home.database_url)
    script = scratch / "script.yaml"
    script.write_text("scripts: [{steps: [{finish: done}]}]\n")  # sessions whose agent cannot work are not chosen
    config = f"agent: scripted\nscripted: {{script: {script}}}\nmodel: {{policy: deterministic}}\n"
    deps = await initialised(home, store, repository, config)
    dice = random.Random(7)
    await _fill(deps, dice)
    await fill_index(deps.index, store, deps.project.id)
    if isinstance(deps.index, FusedIndex):
        await deps.index.settled()  # the vectors of 10,000 exports at once follow for a while
    times = []
    for _ in range(ROUNDS):
        text = f"{dice.choice(ACTIONS)} the {dice.choice(NOUNS)} when the {dice.choice(NOUNS)} changes, and {dice.choice(ACTIONS)} it"
        started = time.perf_counter()
        await route_text(deps, text, classify(text).type)
        times.append((time.perf_counter() - started) * 1000)
    await deps.index.close()
    await store.close()
    note = f"{SESSIONS} sessions, {EXPORTS:,} exports, {DECISIONS:,} decisions"
    return [
        Figure("routing decision, p50", median(times), "ms", 25.0, note=note),
        Figure("routing decision, p95", percentile(times, 0.95), "ms", 80.0, note=note),
    ]


async def _fill(deps: Deps, dice: random.Random) -> None:
    now, project = datetime.now(UTC), deps.project.id
    async with deps.store.writing() as tx:
        for number in range(SESSIONS):
            role = dice.choice(["implementer", "implementer", "reviewer", "tester", "refactorer"])
            branch = f"feature/{dice.choice(NOUNS)}-{number}"
            await tx.put(
                Session(
                    id=await tx.next_id("S"), project_id=project, role=role, branch=branch, worktree=f"/nowhere/{number}",
                    base_commit="0" * 40, agent="scripted", created_at=now, updated_at=now,
                )
            )  # fmt: skip
        for number in range(EXPORTS):
            action, noun = dice.choice(ACTIONS), dice.choice(NOUNS)
            await tx.put(
                Export(
                    session_id=f"S{number % SESSIONS + 1}", project_id=project, name=f"{action}_{noun}_{number}",
                    kind=SymbolKind.function, file=f"src/{noun}/{action}_{number % 300}.py", line=1,
                    signature=f"def {action}_{noun}_{number}({noun}: {noun.title()}) -> None",
                    description=f"{action.title()} the {noun}.", status=ExportStatus.found, commit="0" * 40, job_id="J1",
                )
            )  # fmt: skip
        for number in range(DECISIONS):
            text = f"{dice.choice(ACTIONS)} every {dice.choice(NOUNS)} in one place ({number})"
            await tx.put(Decision(id=await tx.next_id("D"), project_id=project, session_id=None, decision=text, created_at=now))
        await tx.record(NewEvent(kind=EventKind.decision_recorded, project_id=project, text="bench"))
