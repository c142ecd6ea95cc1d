"""The planted suite of semantic conflicts: what it is made of, that a seed decides it, and how answers to it are scored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evals.scores import Answer, confusion, document
from evals.semantic.cases import Case
from evals.semantic.edits import Misfit, edited
from evals.semantic.folder import cases_below, write_cases
from evals.semantic.generate import planted
from evals.semantic.manifest import check_manifest
from orchestrator.nouns.errors import UsageError


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return planted()


def test_there_is_enough_of_everything(cases: list[Case]) -> None:
    conflicts, others = ([case for case in cases if case.conflict is wanted] for wanted in (True, False))
    assert len(conflicts) >= 80
    assert len(others) >= 80
    assert len({case.kind for case in conflicts}) >= 8
    assert {case.name.split("/")[0] for case in conflicts} == {"shopkit", "jobline", "inkwell"}
    assert [name for name, count in Counter(case.name for case in cases).items() if count > 1] == []


def test_the_truth_of_every_case_was_found_by_running_it(cases: list[Case]) -> None:
    check_manifest(cases)


def test_a_seed_decides_names_sides_and_what_stands_beside(cases: list[Case]) -> None:
    assert [case.digest for case in planted()] == [case.digest for case in cases]
    others = {case.name: case for case in planted(seed=2)}
    assert [(case.name, case.conflict) for case in cases] == [(name, case.conflict) for name, case in others.items()]
    changed = [case for case in cases if others[case.name].digest != case.digest]
    assert len(changed) > len(cases) / 2
    assert any((case.a, case.b) == (others[case.name].b, others[case.name].a) for case in changed)


@pytest.mark.parametrize(
    ("patch", "becomes"),
    [
        ("@ a.py\n-x = 1\n+x = 2", {"a.py": "x = 2\ny = 1\n", "b/c.py": "x\n"}),
        ("@ a.py\n x = 1\n+\n+z = 3", {"a.py": "x = 1\n\nz = 3\ny = 1\n", "b/c.py": "x\n"}),
        ("@ a.py\n-y = 1\n--\n+z = 3\n@ d.py\n+d", {"a.py": "x = 1\nz = 3\n", "b/c.py": "x\n", "d.py": "d\n"}),
        (r"~ \bx\b -> w", {"a.py": "w = 1\ny = 1\n", "b/c.py": "w\n"}),
        ("~b/ x -> w\nmove a.py -> b/a.py", {"b/a.py": "x = 1\ny = 1\n", "b/c.py": "w\n"}),
        ("delete b/c.py", {"a.py": "x = 1\ny = 1\n"}),
    ],
)
def test_a_patch_changes_what_it_says(patch: str, becomes: dict[str, str]) -> None:
    assert edited({"a.py": "x = 1\ny = 1\n", "b/c.py": "x\n"}, patch) == becomes


@pytest.mark.parametrize("patch", ["@ a.py\n-z", "@ a.py\n-x\n+y", "~ q -> w", "delete c.py", "nonsense"])
def test_a_patch_that_does_not_fit_is_no_case(patch: str) -> None:
    with pytest.raises(Misfit):
        edited({"a.py": "x\nx\n"}, patch)


def test_cases_in_directories_are_read_as_they_were_written(tmp_path: Path, cases: list[Case]) -> None:
    odd = Case("odd/one", "removed", True, {"a b.txt": "\udcff\n"}, {}, {"ü/x.py": "1\n"}, "true")
    some = sorted([*cases[:3], odd], key=lambda case: case.name)
    write_cases(some, tmp_path)
    (tmp_path / odd.name / "a").mkdir()
    assert cases_below(tmp_path) == some


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("{", "Invalid JSON"),
        ('{"kind": "removed", "test": "true"}', "conflict Field required"),
        ('{"kind": "removed", "test": "true", "conflict": true}', "base is missing"),
    ],
)
def test_a_directory_that_is_no_case_is_told(tmp_path: Path, said: str, answer: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "case.json").write_text(said)
    with pytest.raises(UsageError, match=answer):
        cases_below(tmp_path)


def test_a_directory_without_cases_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no case below"):
        cases_below(tmp_path)
    with pytest.raises(UsageError, match="is no directory"):
        cases_below(tmp_path / "gone")


def test_answers_are_scored() -> None:
    def answers(right: bool, said: bool, count: int) -> list[Answer]:
        return [Answer(f"{right}{said}{n}", "removed" if n % 2 else "moved", right, said, ms=n + 1) for n in range(count)]

    given = [*answers(True, True, 8), *answers(True, False, 2), *answers(False, True, 2), *answers(False, False, 8)]
    assert confusion(given).precision == confusion(given).recall == 0.8
    told = document("semantic", "deterministic", given)
    assert (told["suite"], told["n"], told["scores"]) == ("semantic", 20, {"precision": 0.8, "recall": 0.8, "f1": 0.8})
    assert told["per_kind"]["moved"] == {"hits": 4, "missed": 1, "false_alarms": 1, "quiet": 4, "precision": 0.8, "recall": 0.8}  # type: ignore[index]
    low, high = told["intervals"]["recall"]  # type: ignore[index]
    assert low < 0.8 < high
    assert len(told["wrong"]) == 4  # type: ignore[arg-type]
