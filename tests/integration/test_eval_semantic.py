"""``televibe eval semantic``: the truth of a sample by running its tests, and the engine scored on all cases."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from evals.semantic.cases import Case
from evals.semantic.folder import write_cases
from evals.semantic.generate import planted
from evals.semantic.repository import commit_all
from evals.semantic.truth import refuted, truths
from tests.cli import televibe

SAMPLE = 24


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return planted()


def test_the_tests_say_what_was_planned(tmp_path: Path, cases: list[Case]) -> None:
    chance = random.Random(5)
    conflicts = chance.sample([case for case in cases if case.conflict], SAMPLE // 2)
    sample = conflicts + chance.sample([case for case in cases if not case.conflict], SAMPLE // 2)
    assert refuted(sample, commit_all(sample, tmp_path / "cases.git"), tmp_path / "cases.git") == []


def test_a_case_that_is_not_what_it_says_is_found_out(tmp_path: Path) -> None:
    base = {"a.py": "x = 1\n", "b.py": "y = 1\n"}
    one = {"a.py": "x = 2\n", "b.py": "y = 1\n"}
    other = {"a.py": "x = 1\n", "b.py": "y = 2\n"}
    green, red = "true", 'python -c "import a, b; assert a.x + b.y < 4"'
    said = [
        Case("a conflict, they say", "removed", True, base, one, other, green),
        Case("none, they say", "removed", False, base, one, other, red),
        Case("not even green alone", "removed", True, base, {"a.py": "x = 9\n"}, other, red),
        Case("git sees it too", "removed", True, base, one, {"a.py": "x = 3\n", "b.py": "y = 1\n"}, green),
        Case("a true one", "removed", True, base, one, other, red),
    ]
    commits = commit_all(said, tmp_path / "cases.git")
    found = [truth.wrong(case) for case, truth in zip(said, truths(said, commits, tmp_path / "cases.git"), strict=True)]
    assert [words.partition(",")[0].partition(":")[0] for words in found] == [
        "the merge is green",
        "the merge is red",
        "side a is red by itself",
        "git cannot merge the sides",
        "",
    ]


def test_the_engine_on_the_whole_suite(tmp_path: Path, cases: list[Case]) -> None:
    said = televibe("eval", "semantic", "--json", home=tmp_path)
    assert (said.status, said.err) == (0, "")
    told = json.loads(said.out)
    assert (told["suite"], told["n"], told["policy"]) == ("semantic", len(cases), "deterministic")
    assert told["scores"]["recall"] >= 0.85
    assert told["scores"]["precision"] >= 0.9


def test_the_engine_on_cases_of_somebody_else(tmp_path: Path, cases: list[Case]) -> None:
    some = [case for case in cases if case.name.startswith("shopkit/turnover_renamed")]
    write_cases(some, tmp_path / "theirs")
    said = televibe("eval", "semantic", tmp_path / "theirs", "--verify", "--show", "all", home=tmp_path)
    assert said.status == 0
    assert f"the tests of all {len(some)} cases say the same as the cases" in said.out
    assert "found: renamed shopkit/turnover_renamed+month" in said.out
    again = televibe("eval", "semantic", tmp_path / "theirs", "--kind", "wrong", home=tmp_path)
    assert (again.status, again.err) == (2, "no case is of kind 'wrong' — there are: alias_kept, renamed\n")
