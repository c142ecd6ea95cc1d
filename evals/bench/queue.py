"""The merge queue: how long twenty branches of which six are bad take, against the checks that were necessary.

*Necessary* is one check for each branch: of a good one, on top of what landed before it; of a bad one, on what is green without it.
That many are needed even if it is known beforehand what to check: each branch's result has to be seen. The time they take is theirs, as
measured in this run, spread evenly over the checks that may run at once. Whatever is checked in vain, and all that is not a check
(merges, worktrees, the store), is what the queue adds. A check sleeps, so that the figure does not depend on who else uses the cores.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

from evals.bench.figures import Figure, median
from evals.bench.places import git, initialised, make_repository
from orchestrator.boundaries.home import Home
from orchestrator.engine.engine import Engine
from orchestrator.engine.merging import queue_named
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.merging import EntryState

BRANCHES, BAD, AT_ONCE = 20, 6, 2
SECONDS = 2.0
CHECK = f"sleep {SECONDS:g}; test ! -e bad"


async def queue(scratch: Path) -> list[Figure]:
    repository = await make_repository(scratch / "repository", 200)
    home = Home(scratch / "home").ready()
    config = (
        f"agent: scripted\nmodel: {{policy: deterministic}}\nchecks: [{json.dumps(CHECK)}]\n"
        f"merge: {{parallel_checks: {AT_ONCE}}}\ncontext_file: false\n"
    )
    async with Engine(home) as engine:
        opened = await initialised(home, engine.store, repository, config)
        await opened.index.close()
        deps = await engine.deps(opened.project.id)
        bad = set(random.Random(1).sample(range(BRANCHES), BAD))
        for number in range(BRANCHES):
            await _branch(repository, number, bad=number in bad)
        await git(repository, "checkout", "-q", "main")
        started = time.monotonic()
        await queue_named(deps, [f"b{number}" for number in range(BRANCHES)])
        await engine.until_idle()
        taken = time.monotonic() - started
        async with deps.store.reading() as store:
            entries = await store.merge_entries(deps.project.id)
            checked = [e for e in await store.events(kinds=[EventKind.merge_checked]) if "seconds" in e.data]
    landed = [e for e in entries if e.state is EntryState.landed]
    if len(landed) != BRANCHES - BAD or len(entries) != BRANCHES:
        raise RuntimeError(f"{len(landed)} of {BRANCHES - BAD} good branches landed")
    one = median([float(event.data["seconds"]) for event in checked])
    necessary = one * BRANCHES / AT_ONCE
    note = f"{len(checked)} checks of {one:.2f} s ran to their end, {AT_ONCE} at once; {taken:.1f} s, necessary {necessary:.1f} s"
    return [Figure(f"{BRANCHES} branches, {BAD} bad, against necessary checks", taken / necessary, "×", 1.3, note=note)]


async def _branch(repository: Path, number: int, *, bad: bool) -> None:
    await git(repository, "checkout", "-q", "-b", f"b{number}", "main")
    (repository / f"package_{number % 4}" / f"new_{number}.py").write_text(f"NEW = {number}\n")
    if bad:
        (repository / "bad").write_text("x\n")
    await git(repository, "add", "-A")
    await git(repository, "commit", "-q", "-m", f"b{number}")
