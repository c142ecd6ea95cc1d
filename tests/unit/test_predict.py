"""Prediction: which pieces of work get into each other's way, told before they begin."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.fit.conflict import fitted
from evals.scoring import auc, average_precision, calibration_error
from evals.suites.conflict import pairs_of, scores
from orchestrator.boundaries.learned import conflict_weights
from orchestrator.verbs.predict.chance import NAMED, Work, certainty, of_files, of_titles, of_work
from orchestrator.verbs.predict.paths import FileKind, kind_of

WEIGHTS = conflict_weights()
LOGIN = ("Add a login form to the account page", ("src/account.py", "tests/test_account.py"))
LOGOUT = ("Move the login form of the account page into a class", ("src/account.py", "src/forms.py"))
PRICES = ("Handle a missing price in the importer", ("src/importer.py",))


def test_work_on_the_same_thing_is_riskier_than_work_on_another() -> None:
    same, other = of_titles(WEIGHTS, LOGIN[0], LOGOUT[0]), of_titles(WEIGHTS, LOGIN[0], PRICES[0])
    assert same > 2 * other
    assert of_files(WEIGHTS, LOGIN, LOGOUT) > 0.5 > 10 * of_files(WEIGHTS, LOGIN, PRICES)


def test_files_count_for_as_much_as_they_are_certain() -> None:
    login, logout = (Work(text=text, files=files) for text, files in (LOGIN, LOGOUT))
    known = [work.model_copy(update={"sure": 1.0}) for work in (login, logout)]
    assert of_work(WEIGHTS, *known) == pytest.approx(of_files(WEIGHTS, LOGIN, LOGOUT))
    words = of_titles(WEIGHTS, LOGIN[0], LOGOUT[0])
    assert of_work(WEIGHTS, login, Work(text=LOGOUT[0])) == words
    apart = logout.model_copy(update={"files": ("src/forms.py",)})
    guessed, sure = of_work(WEIGHTS, login, apart), of_work(WEIGHTS, known[0], apart.model_copy(update={"sure": 1.0}))
    assert sure < guessed < words, "the more certain it is that they touch other files, the less it matters what they say"


def test_a_file_that_is_named_is_surer_than_one_that_sounds_alike() -> None:
    assert certainty("Round the totals in src/cart.py, please.", "src/cart.py") == NAMED
    assert certainty("Round the totals in cart.py", "src/cart.py") == NAMED
    named, alike, guessed = (certainty(text, "src/cart_total.py") for text in ("see cart_total.py", "the cart's total", "the cart"))
    assert named > alike > guessed > 0
    assert certainty("rewrite mysrc/cart.py", "src/cart.py") < NAMED, "that is another file"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("CHANGELOG.md", FileKind.notes),
        ("uv.lock", FileKind.generated),
        ("AUTHORS", FileKind.register),
        ("pyproject.toml", FileKind.settings),
        (".github/workflows/ci.yml", FileKind.settings),
        ("pkg/server_test.go", FileKind.test),
        ("web/src/Cart.test.tsx", FileKind.test),
        ("docs/index.rst", FileKind.prose),
        ("src/shop/__init__.py", FileKind.entrance),
        ("src/latest.py", FileKind.source),
    ],
)
def test_kinds_of_files(path: str, kind: FileKind) -> None:
    assert kind_of(path) is kind


TEXT = st.text(max_size=200)
FILES = st.lists(st.text(alphabet="ab/._-T", min_size=1, max_size=12), max_size=20).map(tuple)


@settings(max_examples=60, deadline=None)
@given(a=TEXT, b=TEXT, ours=FILES, theirs=FILES)
def test_any_text_has_a_chance_and_the_order_makes_no_difference(
    a: str, b: str, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> None:
    chance = of_work(WEIGHTS, Work(text=a, files=ours), Work(text=b, files=theirs))
    assert 0 <= chance <= 1
    assert chance == pytest.approx(of_work(WEIGHTS, Work(text=b, files=theirs), Work(text=a, files=ours)))


def test_scores_are_what_their_names_say() -> None:
    truths = [True, False, True, False]
    assert auc([0.9, 0.1, 0.8, 0.2], truths) == 1.0
    assert auc([0.5, 0.5, 0.5, 0.5], truths) == 0.5
    assert auc([0.9, 0.8, 0.3, 0.1], truths) == 0.75
    assert average_precision([0.9, 0.8, 0.3, 0.1], truths) == pytest.approx((1 + 2 / 3) / 2)
    assert calibration_error([1.0, 0.0, 1.0, 0.0], truths) == 0.0
    assert calibration_error([0.0, 1.0, 0.0, 1.0], truths) == 1.0


def test_weights_are_fitted_to_what_a_directory_says_and_scored_on_another(tmp_path: Path) -> None:
    """Here whoever shares a file collides: fitted on one half, foretold on the other."""
    dice = random.Random(7)
    rows = []
    for number in range(160):
        shared = number % 2 == 0
        a, b = (f"{dice.choice(['fix', 'add', 'remove'])} the {dice.choice(['cart', 'menu', 'price', 'user'])}" for _ in "ab")
        files = [[f"src/{side}{dice.randrange(9)}.py", *(["src/same.py"] if shared else [])] for side in "ab"]
        sides = {side: {"title": title, "files": own} for side, title, own in zip("ab", (a, b), files, strict=True)}
        rows.append({"repo": f"r{number % 4}", "conflict": shared, **sides, "kind": "never looked at"})
    (tmp_path / "conflict_pairs.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pairs = pairs_of(tmp_path)
    assert [pair.repo for pair in pairs[:5]] == ["r0", "r1", "r2", "r3", "r0"]
    found = scores(pairs[80:], fitted(pairs[:80]))
    assert found["auc_files"] > 0.99
    assert 0.3 < found["auc_titles"] < 0.7, "the titles say nothing here"
