"""What a resolution kept of both sides: what is gone is named, what only moved is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.nouns.survival import Survival
from orchestrator.verbs.survival import report_lines, survival, verdict

BASE = {"cart.py": "def total(prices):\n    return sum(prices)\n"}
TAX = {"cart.py": "def total(prices, tax=0):\n    return sum(prices) + tax\n"}
ROUND = {"cart.py": "def total(prices):\n    return round(sum(prices))\n\n\ndef empty(prices):\n    return not prices\n"}
BOTH = {"cart.py": "def total(prices, tax=0):\n    return round(sum(prices) + tax)\n\n\ndef empty(prices):\n    return not prices\n"}


def lost(found: Survival) -> list[tuple[str, str, tuple[str, ...], bool]]:
    return [(loss.side, loss.path, loss.lines, loss.deletion) for loss in found.losses]


def test_two_edits_of_one_line_that_became_a_third_are_no_loss() -> None:
    found = survival(BASE, TAX, ROUND, BOTH)
    assert found.whole
    assert (found.a.added, found.a.survived) == (2, 2)
    assert verdict(found) == "nothing of either side is lost"


def test_taking_one_side_drops_the_other_and_says_what() -> None:
    found = survival(BASE, TAX, ROUND, TAX)
    assert lost(found) == [("b", "cart.py", ("return round(sum(prices))", "def empty(prices):", "return not prices"), False)]
    [_, theirs, line] = report_lines(found, ("S1", "main"))
    assert theirs == "main: 0 of 3 lines that it added are there"
    assert line == "main: cart.py lost `return round(sum(prices))`, `def empty(prices):`, `return not prices`"


def test_what_moved_to_another_file_or_with_a_renamed_one_survived() -> None:
    renamed = {"basket.py": BASE["cart.py"]}
    followed = survival(BASE, renamed, ROUND, {"basket.py": ROUND["cart.py"]})
    assert followed.whole
    assert (followed.b.survived, followed.b.moved) == (3, 3)
    split = {
        "cart.py": TAX["cart.py"],
        "checks.py": "def empty(prices):\n  return not prices\n# round(sum(prices))\nreturn round(sum(prices))\n",
    }
    assert survival(BASE, TAX, ROUND, split).whole


def test_what_a_side_took_out_and_has_come_back_is_a_loss_too() -> None:
    without = {"cart.py": "def total(prices):\n    return sum(prices)\n", "old.py": "x = 1\n"}
    base = {**without, "legacy.py": "y = 2\n", "cart.py": without["cart.py"] + "DEBUG = True\n"}
    found = survival(base, without, base, base)
    assert lost(found) == [("a", "cart.py", ("DEBUG = True",), True), ("a", "legacy.py", (), True)]
    assert survival(base, without, base, without).whole, "the other side changed nothing"


def test_a_file_that_is_gone_is_named_as_a_whole() -> None:
    found = survival(BASE, {**BASE, "new.py": "a = 1\n"}, BASE, BASE)
    assert lost(found) == [("a", "new.py", (), False)]
    assert report_lines(found, ("S1", "S2"))[2] == "S1: new.py is not there any more, which it had added"


def test_markers_are_told_from_headings_and_rows_of_signs() -> None:
    left = {"cart.py": "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n", "README.md": "Title\n=======\n", "log": "<<<<<<< x\nno end\n"}
    found = survival({}, {}, {}, left)
    assert found.markers == ("cart.py:2",)
    assert not found.whole
    assert verdict(found) == "1 conflict marker left"
    assert not survival({}, left, {}, left).markers, "a file about markers has them on purpose"


LINES = st.lists(st.sampled_from("alpha beta gamma delta epsilon".split()), max_size=8).map("\n".join)
TREES = st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py"]), LINES, max_size=3)


@settings(max_examples=80, deadline=None)
@given(base=TREES, own=TREES)
def test_a_result_that_is_one_side_lost_nothing_of_it(base: dict[str, str], own: dict[str, str]) -> None:
    """And nothing of the other, if that did not change."""
    assert survival(base, own, base, own).whole
    found = survival(base, own, own, own)
    assert found.whole
    assert found.a == found.b


@pytest.mark.parametrize("spaces", ["    ", "\t", ""])
def test_indentation_makes_no_difference(spaces: str) -> None:
    moved = {"cart.py": "class Cart:\n" + "".join(f"{spaces}{line}\n" for line in ROUND["cart.py"].splitlines())}
    assert survival(BASE, ROUND, BASE, moved).whole
