"""What is killed: one workflow that passes every seam, from a file's stages to what landed; and what must be true at its end.

Run again in the same directory, it goes on where it was cut off.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.work import TaskType
from tests.flow import begin, stage
from tests.line import Line, line

SCRIPT = """
scripts:
  - when: {role: implementer, words: ["round 1 of 2"]}
    steps:
      - run: "echo mended >> made/parts.txt"
      - commit: mended
      - finish: mended
  - when: {role: implementer}
    steps:
      - run: "mkdir -p made && echo made >> made/parts.txt"
      - commit: a part
      - finish: a part is made
  - when: {role: reviewer}
    steps:
      - run: "if grep -q mended made/parts.txt; then echo 'Verdict: approved'; else echo 'Verdict: changes wanted - mend it'; fi"
      - finish: "{{ last }}"
  - when: {role: integrator}
    steps:
      - run: "mkdir -p made && echo joined >> made/joined.txt"
      - commit: joined
      - finish: joined
"""


async def scenario(directory: Path) -> None:
    """Begin, or go on, and write down what is true when nothing is left to do."""
    async with line(directory, SCRIPT) as shop:
        async with shop.store.reading() as store:
            known = await store.goals(shop.deps.project.id)
        goal = known[0] if known else await begin(
            shop,
            stage("build", TaskType.implement),
            stage("review", TaskType.review, "build", rework="build", rounds=2),
            stage("early", TaskType.implement, on_complete=OnComplete.merge),
            stage("told", TaskType.review, "early", on_complete=OnComplete.notify),
            stage("join", TaskType.integrate, "review", "early", on_complete=OnComplete.merge),
        )  # fmt: skip
        await shop.settled(goal)
        found = await essence(shop, goal.id)
    (directory / "essence.json").write_text(json.dumps(found, indent=1, sort_keys=True))


async def essence(shop: Line, goal_id: str) -> dict[str, Any]:
    """What does not depend on when it was killed: who did what how often, who handed what to whom, what landed."""
    async with shop.store.reading() as store:
        goal = await store.goal(goal_id)
        tasks = await store.tasks(goal_id)
        jobs = await store.jobs(goal.project_id)
        handoffs = await store.handoffs(goal_id)
        messages = await store.messages(goal.project_id)
        events = await store.events()
    tree = subprocess.run(["git", "grep", "", "main", "--", "made"], cwd=shop.repo, capture_output=True, text=True, check=True).stdout
    log = subprocess.run(["git", "log", "--format=%s", "main"], cwd=shop.repo, capture_output=True, text=True, check=True).stdout
    assert [e.id for e in events] == list(range(1, len(events) + 1)), "the log has no gap"
    once = ("task.done", "task.sent_back", "task.landed", "goal.landed", "goal.finished", "handoff.made", "job.queued", "job.done")
    return {
        "state": goal.state.value,
        "tasks": {t.id: [t.state.value, t.round] for t in tasks},
        "jobs": dict(Counter(f"{j.task_id} {j.state.value}" for j in jobs)),
        "handoffs": sorted(f"{h.from_task}→{h.to_task}" for h in handoffs),
        "messages": dict(Counter(f"{m.to_session} {m.type.value}" for m in messages)),
        "events": dict(Counter(e.kind.value for e in events if e.kind.value in once)),
        "files": sorted(tree.splitlines()),
        "commits": dict(Counter(log.splitlines())),
    }
