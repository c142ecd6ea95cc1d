"""The merge queue's decisions: whatever the branches do to each other, what lands is green and only the guilty are out."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.verbs.merge_queue import Stack, after_landing, batch_size, decide


@dataclass
class Yard:
    """A queue whose checks are a function: red if a bad branch is in it, or two that do not go together."""

    waiting: list[str]
    bad: frozenset[str]
    clashing: frozenset[frozenset[str]] = frozenset()
    on_main: list[str] = field(default_factory=list)
    evicted: list[str] = field(default_factory=list)
    asked: int = 0

    def green(self, branches: list[str]) -> bool:
        return not self.bad & set(branches) and not any(pair <= set(branches) for pair in self.clashing)

    def work_off(self, *, batch: int, room: int, main_known: bool = True) -> None:
        known: dict[Stack, bool] = {(): True} if main_known else {}
        while self.waiting:
            plan = decide(tuple(self.waiting), known, batch=batch, room=room)
            assert bool(plan.land) + bool(plan.evict) + bool(plan.check) == 1
            if plan.land:
                self.on_main += plan.land
                assert self.green(self.on_main), "the default branch is never red"
                self.waiting = self.waiting[len(plan.land) :]
                known = after_landing(known, plan.land) | {(): True}
            elif plan.evict:
                assert not self.green([*self.on_main, plan.evict]), "only who fails on a green base is out"
                self.waiting.remove(plan.evict)
                self.evicted.append(plan.evict)
            else:
                assert len(plan.check) <= max(room, 1)
                assert not set(plan.check) & set(known), "nothing is checked twice"
                for stack in plan.check:
                    known[stack] = self.green([*self.on_main, *stack])
                    self.asked += 1


BRANCHES = [f"E{n}" for n in range(1, 13)]


@settings(max_examples=150, deadline=None)
@given(
    bad=st.frozensets(st.sampled_from(BRANCHES), max_size=6),
    pairs=st.frozensets(st.frozensets(st.sampled_from(BRANCHES), min_size=2, max_size=2), max_size=3),
    batch=st.integers(1, 8),
    room=st.integers(1, 4),
    main_known=st.booleans(),
)
def test_all_that_is_good_lands_and_nothing_else(
    bad: frozenset[str], pairs: frozenset[frozenset[str]], batch: int, room: int, main_known: bool
) -> None:
    yard = Yard(list(BRANCHES), bad, pairs)
    yard.work_off(batch=batch, room=room, main_known=main_known)
    assert sorted([*yard.on_main, *yard.evicted]) == sorted(BRANCHES)
    assert bad <= set(yard.evicted)
    assert all(set(pair) & set(yard.evicted) for pair in pairs)
    assert yard.on_main == sorted(yard.on_main, key=BRANCHES.index), "who came first lands first"


def test_a_red_batch_is_split_and_says_nothing_about_its_last() -> None:
    line = ("A", "B", "C", "D")
    assert decide(line, {(): True}, batch=4, room=1).check == (line,)
    assert decide(line, {(): True, line: False}, batch=4, room=1).check == (("A", "B"),)
    halves = {(): True, line: False, ("A", "B"): True}
    assert decide(line, halves, batch=4, room=1).land == ("A", "B")
    assert decide(("C", "D"), {(): True, ("C", "D"): False, ("C",): True}, batch=4, room=1).land == ("C",)
    assert decide(("D",), {(): True, ("D",): False}, batch=4, room=1).evict == "D", "its predecessors were green on exactly this base"


def test_those_behind_a_failing_one_go_on_on_the_nearest_that_does_not_fail() -> None:
    line = ("A", "B", "C")
    assert decide(line, {(): True}, batch=1, room=2).check == (("A",), ("A", "B"))
    assert decide(line, {(): True, ("A", "B"): False}, batch=1, room=2).check == (("A",), ("A", "C"))
    assert decide(line, {(): True, ("A", "B"): True}, batch=1, room=2).land == ("A", "B"), "what was checked lands as it is"


def test_nobody_is_blamed_for_a_default_branch_that_fails_by_itself() -> None:
    assert decide(("A",), {("A",): False}, batch=1, room=1).check == ((),)
    assert decide(("A",), {("A",): False, (): False}, batch=1, room=1).main_is_red
    assert decide(("A",), {("A",): True, (): False}, batch=1, room=1).land == ("A",), "it mends the default branch"


@pytest.mark.parametrize(("outcomes", "least", "most"), [([], 1, 1), ([True] * 20, 5, 8), ([True, False] * 10, 1, 1)])
def test_the_batch_grows_while_all_is_well(outcomes: list[bool], least: int, most: int) -> None:
    assert least <= batch_size(outcomes, 8) <= most
    assert batch_size(outcomes, 1) == 1
