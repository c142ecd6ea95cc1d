"""What is killed: stories that together pass every crash point of plan → dispatch → run → absorb → handoff → merge → notify.

``scenario`` begins one, or goes on with it where it was cut off, until nothing is left to do; it may be killed at a named point as
soon as everything is prepared. ``essence.json`` then says what must be the same however often that was.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from orchestrator.boundaries import crash
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import resume_goal, stop_goal
from orchestrator.engine.merging import approve, queue_named
from orchestrator.engine.sessions import new_session
from orchestrator.engine.workflows import retry_stage, skip_stage
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.message import MessageType
from orchestrator.nouns.work import TaskType
from tests.flow import begin, stage
from tests.line import Line, line
from tests.repos import commit

SCRIPT = """
scripts:
  - when: {role: implementer, words: ["did not: check failed"]}
    steps:
      - run: "git rm -q tests/test_red.py"
      - commit: taken back
      - finish: mended
  - when: {role: implementer, words: ["round 1 of 2"]}
    steps:
      - run: "echo mended >> made/build.txt"
      - commit: mended
      - finish: mended
  - when: {role: implementer, words: ["Do early"]}
    steps:
      - run: "mkdir -p made && echo early >> made/early.txt"
      - commit: early
      - finish: early is made
  - when: {role: implementer, words: ["Do broken"]}
    steps:
      - fail: it breaks
  - when: {words: ["bring", "merge main"]}
    steps:
      - run: "git merge -q main || (git checkout -q --theirs . && git add -A && git commit -q --no-edit)"
      - finish: merged
  - when: {role: security}
    steps:
      - tool: {name: complete_request, arguments: {request_id: R1, response: it is safe}}
      - finish: looked at
  - when: {role: implementer}
    steps:
      - run: "mkdir -p made && echo made >> made/build.txt"
      - commit: a part
      - finish: a part is made
  - when: {role: reviewer, words: ["Do review"]}
    steps:
      - run: "if grep -q mended made/build.txt; then echo 'Verdict: approved'; else echo 'Verdict: changes wanted - mend it'; fi"
      - finish: "{{ last }}"
  - when: {role: integrator}
    steps:
      - run: "mkdir -p made && echo joined >> made/joined.txt"
      - commit: joined
      - finish: joined
  - steps:
      - finish: read
"""
CONFIG = "limits: {task_attempts: 1}\nconflicts: {radar: false}\n"
ONCE = frozenset({
    EventKind.task_done, EventKind.task_sent_back, EventKind.task_landed, EventKind.task_skipped, EventKind.goal_landed,
    EventKind.goal_finished, EventKind.goal_stopped, EventKind.handoff_made, EventKind.job_queued, EventKind.job_done,
    EventKind.session_created, EventKind.sync_conflict, EventKind.request_assigned, EventKind.request_completed,
    EventKind.assignment_ended, EventKind.merge_approved, EventKind.merge_landed, EventKind.merge_evicted,
})  # fmt: skip

# Not merge_queued: an entry that is in the line already is asked for once more by whatever comes by there before it has landed.

Step = Callable[[Line], Awaitable[object]]


async def _nothing(_: Line) -> None:
    return


async def _plan(shop: Line) -> None:
    await shop.give("Add a part; review it")


async def _flow(shop: Line) -> None:
    await begin(
        shop,
        stage("build", TaskType.implement),
        stage("review", TaskType.review, "build", rework="build", rounds=2),
        stage("early", TaskType.implement, on_complete=OnComplete.merge),
        stage("told", TaskType.review, "early", on_complete=OnComplete.notify),
        stage("join", TaskType.integrate, "review", "early", on_complete=OnComplete.merge),
    )


async def _sessions(shop: Line) -> None:
    for name, file in (("own", "own.txt"), ("same", "shop/cart.py")):
        session = await new_session(shop.deps, "implementer", branch=f"work/{name}")
        commit(Path(session.worktree), {file: f"{name}\n"}, name)


async def _to_land(shop: Line) -> None:
    red = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self) -> None:\n        self.fail('red')\n"
    for name, file, text in (("good", "good.txt", "x\n"), ("red", "tests/test_red.py", red), ("rules", "AGENTS.md", "obey\n")):
        session = await new_session(shop.deps, "implementer", branch=f"work/{name}")
        commit(Path(session.worktree), {file: text}, name)


async def _land(shop: Line) -> None:
    await queue_named(shop.deps, ["S1", "S2", "S3"])


async def _approve(shop: Line) -> None:
    await approve(shop.deps, "E3")


async def _commit(shop: Line) -> None:
    commit(shop.repo, {"shop/cart.py": "landed\n"}, "landed by hand")


async def _asker(shop: Line) -> None:
    await new_session(shop.deps, "implementer", branch="work/asker")


async def _request(shop: Line) -> None:
    asked = {"to_role": "security", "request_type": "review", "context": "is it safe?"}
    await call_tool(shop.deps, Caller(None), "create_request", asked)


async def _assign(shop: Line) -> None:
    await call_tool(shop.deps, Caller(None), "assign", {"to_session": "S1", "instruction": "Look at the cart."})


async def _broken(shop: Line) -> None:
    await begin(shop, stage("broken", TaskType.implement), stage("after", TaskType.review, "broken"))


async def _stop(shop: Line) -> None:
    await stop_goal(shop.deps, "G1")


async def _resume(shop: Line) -> None:
    await resume_goal(shop.deps, "G1")


async def _retry(shop: Line) -> None:
    await retry_stage(shop.deps, "G1", "broken")


async def _skip(shop: Line) -> None:
    await skip_stage(shop.deps, "G1", "broken")


STORIES: dict[str, tuple[Step, dict[EventKind, Step]]] = {
    "plan": (_nothing, {EventKind.goal_given: _plan}),
    "flow": (_nothing, {EventKind.workflow_started: _flow}),
    "keep_up": (_sessions, {EventKind.sync_begun: _commit}),
    "land": (_to_land, {EventKind.merge_queued: _land, EventKind.merge_approved: _approve}),
    "ask": (_asker, {EventKind.request_made: _request, EventKind.assignment_made: _assign}),
    "steer": (
        _nothing,
        {
            EventKind.workflow_started: _broken,
            EventKind.task_retry_requested: _retry,
            EventKind.goal_stop_requested: _stop,
            EventKind.goal_resumed: _resume,
            EventKind.task_skip_requested: _skip,
        },
    ),
}
"""Name → what must be there before anything is killed, and what the user does, each unless the log has the event of it."""


async def scenario(directory: Path, at: str) -> None:
    """Begin, or go on, and write down what is true when nothing is left to do."""
    prepare, steps = STORIES[directory.name.partition("-")[0]]
    async with line(directory, SCRIPT, CONFIG) as shop:
        prepared = directory / "prepared"
        if not prepared.exists():
            await prepare(shop)
            await shop.engine.until_idle()
            prepared.touch()
        crash.arm(at)
        (directory / "trace.txt").write_text("")  # what preparing passed is not of the story
        for kind, step in steps.items():
            if not await _done(shop, kind, directory):
                await step(shop)
            await shop.engine.until_idle()
        found = await essence(shop)
    (directory / "essence.json").write_text(json.dumps(found, indent=1, sort_keys=True))


async def _done(shop: Line, kind: EventKind, directory: Path) -> bool:
    """Whether the user did this already. A commit by hand leaves its trace in git, everything else in the log."""
    if kind is EventKind.sync_begun:
        return "landed by hand" in _git(shop.repo, "log", "-1", "--format=%s", "main")
    return bool(await shop.events(kind))


async def essence(shop: Line) -> dict[str, Any]:
    """What does not depend on when it was killed: who did what how often, who handed what to whom, who was told, what landed."""
    project = shop.deps.project.id
    async with shop.store.reading() as store:
        goals = await store.goals(project)
        tasks = [task for goal in goals for task in await store.tasks(goal.id)]
        handoffs = [h for goal in goals for h in await store.handoffs(goal.id)]
        jobs = await store.jobs(project)
        messages = await store.messages(project)
        requests = await store.requests(project)
        sessions = await store.sessions(project)
        events = await store.events()
    assert [e.id for e in events] == list(range(1, len(events) + 1)), "the log has no gap"
    tails = {s.id: _git(shop.repo, "log", "--format=%s", "--no-merges", f"main..{s.branch}").splitlines() for s in sessions}
    return {
        "goals": {goal.id: goal.state.value for goal in goals},
        "tasks": {task.id: [task.state.value, task.round] for task in tasks},
        "jobs": dict(Counter(f"{j.task_id} {j.state.value}" for j in jobs)),
        "handoffs": sorted(f"{h.from_task}→{h.to_task}" for h in handoffs),
        "messages": dict(Counter(f"{m.to_session} {m.type.value}" for m in messages if m.type is not MessageType.main_moved)),
        "landings told": sorted({f"{m.to_session}" for m in messages if m.type is MessageType.main_moved}) if not goals else [],
        "requests": [f"{r.id} {r.state.value} {r.response}" for r in requests],
        "events": dict(Counter(e.kind.value for e in events if e.kind in ONCE)),
        "files": sorted(_git(shop.repo, "grep", "", "main", "--", "made", "shop").splitlines()),
        "commits": dict(Counter(_git(shop.repo, "log", "--no-merges", "--format=%s", "main").splitlines())),  # merges follow the clock
        "branches": tails,
    }


def _git(repo: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=repo, capture_output=True, text=True, check=True).stdout
