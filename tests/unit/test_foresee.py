"""A plan whose tasks would get into each other's way: one waits for the other, the user is told why and can take it back."""

from __future__ import annotations

from orchestrator.boundaries.learned import conflict_weights
from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Task
from orchestrator.verbs.edit_plan import edit
from orchestrator.verbs.plan import plan, tasks_of
from orchestrator.verbs.predict.chance import Work
from orchestrator.verbs.predict.foresee import beside_live, in_order, why
from orchestrator.verbs.roles import role_table

ROLES: dict[str, Role] = dict(role_table())
WEIGHTS = conflict_weights()
TREE = ("shop/cart.py", "shop/catalogue.py", "tests/test_cart.py", "README.md")
SAME_FILE = "Add a discount code to shop/cart.py; add gift wrapping to shop/cart.py; fix the crash in the catalogue export"


def planned(goal: str) -> list[Task]:
    return list(tasks_of(plan(goal, TREE, ROLES), "G1", ROLES))


def ordered(tasks: list[Task], above: float = 0.5) -> list[Task]:
    return in_order(tasks, WEIGHTS, above, ROLES)


def test_two_tasks_on_one_file_are_done_one_after_the_other_and_a_third_beside_them() -> None:
    first, second, third = ordered(planned(SAME_FILE))
    assert (first.depends_on, second.depends_on, third.depends_on) == ((), ("T1",), ())
    [seen] = second.foreseen
    assert seen.ordered
    assert "shop/cart.py" in seen.files
    assert why(seen, whom="both").startswith("both will probably touch shop/cart.py")


def test_the_threshold_decides_and_one_is_never_reached() -> None:
    assert [t.depends_on for t in ordered(planned(SAME_FILE), above=1.0)] == [(), (), ()]
    chain = ordered(planned(SAME_FILE), above=0.0)
    assert [t.depends_on for t in chain][:2] == [(), ("T1",)]
    assert chain[2].depends_on, "everything waits for something when anything is too much"


def test_the_user_can_take_it_back_and_give_it_again() -> None:
    first = ordered(planned(SAME_FILE))
    apart = ordered(list(edit(first, "1 and 2 side by side", [], ROLES).tasks))
    assert [t.depends_on for t in apart] == [(), (), ()]
    assert ordered(apart) == apart, "it stays taken back, however often the plan is looked at"
    turned = ordered(list(edit(first, "run 1 and 2 in parallel; task 1 after task 2", [], ROLES).tasks))
    assert [t.depends_on for t in turned] == [("T2",), (), ()]


def test_an_order_that_the_user_asked_for_is_theirs_and_stays_when_nothing_is_foreseen_any_more() -> None:
    asked = edit(ordered(planned(SAME_FILE)), "task 2 after task 1", [], ROLES).tasks
    assert [t.depends_on for t in ordered(list(asked), above=1.0)] == [(), ("T1",), ()]


def test_who_goes_to_one_session_or_changes_nothing_is_left_alone() -> None:
    same = [task.model_copy(update={"session_id": "S1"}) for task in planned(SAME_FILE)]
    assert [t.depends_on for t in ordered(same)] == [(), (), ()]
    readers = [task.model_copy(update={"role": "reviewer"}) for task in planned(SAME_FILE)]
    assert [t.depends_on for t in ordered(readers, above=0.0)] == [(), (), ()]


def test_what_live_sessions_have_changed_is_told_and_nothing_waits_for_it() -> None:
    live = {
        "S7": Work(text="Round the totals of the cart", files=("shop/cart.py",), sure=1.0),
        "S8": Work(text="Translate the manual", files=("docs/manual.de.md",), sure=1.0),
    }
    told = beside_live(planned(SAME_FILE), live, WEIGHTS, 0.5, ROLES)
    assert [[seen.other for seen in task.foreseen] for task in told] == [["S7"], ["S7"], []]
    assert all(not seen.ordered for task in told for seen in task.foreseen)
    assert [t.depends_on for t in told] == [(), (), ()]
