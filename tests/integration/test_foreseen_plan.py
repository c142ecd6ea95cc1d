"""A plan that sees trouble coming: between its own tasks, and with work of a live session that has not landed."""

from __future__ import annotations

from pathlib import Path

from orchestrator.doors.plan_card import plan_card
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.work import GoalState
from tests.line import line

IDLE = "scripts:\n  - steps:\n      - finish: nothing to do\n"
GOAL = "Add a discount code to shop/cart.py; add gift wrapping to shop/cart.py; translate the README into German"


async def test_a_plan_orders_what_collides_says_why_and_takes_it_back(tmp_path: Path) -> None:
    async with line(tmp_path, IDLE) as shop:
        busy = await new_session(shop.deps, "tester", branch="work/totals")  # nobody gives it this work
        Path(busy.worktree, "shop", "cart.py").write_text("def total(prices):\n    return round(sum(prices))\n")
        await shop.deps.git.commit_all(busy.worktree, "round the totals of the cart")

        goal = await shop.settled(await shop.give(GOAL, approve=False))
        assert goal.state is GoalState.proposed
        tasks = await shop.tasks(goal)
        assert [task.depends_on for task in tasks] == [(), ("T1",), ()]
        card = plan_card(goal, tasks, shop.deps.policy, sessions=[busy]).plain()
        assert "T2 after T1: both will probably touch shop/cart.py" in card
        assert f"T1 may collide with {busy.id} on work/totals: both will probably touch shop/cart.py" in card

        await shop.answer(goal, "1 and 2 side by side")
        goal = await shop.settled(goal)
        assert goal.plan_revision == 2
        assert [task.depends_on for task in await shop.tasks(goal)] == [(), (), ()]
