"""Every event may be handed to the machine again after a crash: what it did already is found, and nothing is done twice."""

from __future__ import annotations

from pathlib import Path

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.work import GoalState
from tests.acceptance.test_goal_to_landing import ADD_GREETING, GOAL
from tests.line import Line, line
from tests.repos import git


async def test_a_finished_goal_replayed_changes_nothing(tmp_path: Path) -> None:
    async with line(tmp_path, ADD_GREETING) as shop:
        await shop.settled(await shop.give(GOAL))
        before = await _everything(shop)
        await shop.forget_progress()
    async with line(tmp_path, ADD_GREETING, queue=MemoryQueue()) as shop:
        await shop.engine.until_idle()
        assert await _everything(shop) == before


async def test_a_plan_that_was_agreed_to_beforehand_goes_on_after_a_crash_behind_the_plan(tmp_path: Path) -> None:
    async with line(tmp_path, ADD_GREETING, queue=MemoryQueue()) as shop:
        goal = await shop.settled(await shop.give(GOAL, approve=False))
        assert goal.state is GoalState.proposed
        async with shop.store.writing() as tx:
            await tx.put(goal.model_copy(update={"auto_approve": True}))
            await tx.record(NewEvent(kind=EventKind.goal_planned, project_id=goal.project_id, goal_id=goal.id, text="agreed to"))
        await shop.forget_progress()
    async with line(tmp_path, ADD_GREETING, queue=MemoryQueue()) as shop:
        assert (await shop.settled(goal)).state is GoalState.landed


async def _everything(shop: Line) -> tuple[object, ...]:
    """All state, the whole log, and every branch."""
    async with shop.store.reading() as store:
        goals = await store.goals()
        tasks = [await store.tasks(goal.id) for goal in goals]
        handed = [await store.handoffs(goal.id) for goal in goals]
        project = goals[0].project_id
        rest = await store.sessions(project), await store.jobs(), await store.exports(project), await store.events()
    return goals, tasks, handed, rest, git(shop.repo, "for-each-ref")
