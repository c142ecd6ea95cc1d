"""Stories of what was handed over and must not get lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.intents import resume_goal
from orchestrator.engine.workflows import retry_stage
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import OnComplete, OnFailure
from orchestrator.nouns.work import GoalState, TaskState, TaskType
from tests.acceptance.test_flow import TWO_SIDES
from tests.flow import begin, stage, states
from tests.line import line

IMPLEMENT, INTEGRATE = TaskType.implement, TaskType.integrate


async def test_an_integrator_that_leaves_a_side_out_is_not_done(tmp_path: Path) -> None:
    lazy, _, rest = TWO_SIDES.partition('      - run: "git merge -q televibe/g1-discount || true"\n')
    script = lazy + rest.partition("\n")[2]  # it writes both by hand, and merges nothing
    async with line(tmp_path, script, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop,
            stage("tax", IMPLEMENT),
            stage("discount", IMPLEMENT),
            stage("join", INTEGRATE, "tax", "discount", on_complete=OnComplete.merge, retries=0),
        )
        goal = await shop.settled(goal)

        assert goal.state is GoalState.blocked, goal.reply
        assert (await states(shop, goal))["join"] is TaskState.failed
        (failed,) = await shop.events(EventKind.job_failed)
        assert failed.text.endswith("but its branch does not have the work of televibe/g1-discount (S2)")


async def test_what_was_gone_without_is_not_tried_again_by_the_way(tmp_path: Path) -> None:
    script = """
scripts:
  - when: {words: ["Do broken.", "Do last."]}
    steps: [{fail: the disk is on fire}]
  - when: {words: ["Do asks."]}
    steps: [{ask: which colour?}]
  - steps:
      - run: "echo x >> made.txt"
      - commit: something
      - finish: made something
"""
    async with line(tmp_path, script, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop,
            stage("broken", IMPLEMENT, retries=0),
            stage("join", INTEGRATE, "broken", on_failure=OnFailure.proceed),
            stage("last", IMPLEMENT, "join", retries=0),
            stage("asks", IMPLEMENT, "join"),
        )
        goal = await shop.settled(goal)
        assert (await states(shop, goal))["join"] is TaskState.done
        assert "broken broken failed" not in goal.reply, "it stands in nobody's way"
        with pytest.raises(Refused, match="broken of G1 cannot be tried again: asks has begun without it"):
            await retry_stage(shop.deps, goal.id, "broken")

        await resume_goal(shop.deps, goal.id)
        await shop.settled(goal)
        tried = [e.task_id for e in await shop.events(EventKind.job_failed)]
        assert tried == ["broken", "last", "last"], "what it would make now, nobody would take"
