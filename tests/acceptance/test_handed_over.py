"""Stories of what was handed over and must not get lost on the way."""

from __future__ import annotations

from pathlib import Path

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import OnComplete
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
