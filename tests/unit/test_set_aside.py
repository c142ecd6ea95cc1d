"""What counts as a job's work, and what of it a role may keep: decided from facts, without git."""

from __future__ import annotations

import pytest

from orchestrator.verbs.rights import CONTEXT
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.set_aside import Found, Oddity, Verdict, Work, judge, told, work_in

ROLES = role_table()
BASE, BRANCH, HEAD = "base", "branch", "head"


def found(branch: str, head: str, *, on: bool, holds: str) -> Found:
    """``holds``: which commits contain which, such as ``head>base``."""
    pairs = {*holds.split(), f"{BASE}>{BASE}", f"{BRANCH}>{BRANCH}", f"{HEAD}>{HEAD}"}
    return Found(
        base=BASE,
        branch=branch,
        head=head,
        on_branch=on,
        head_has_base=f"{head}>{BASE}" in pairs,
        head_has_branch=f"{head}>{branch}" in pairs,
        base_has_head=f"{BASE}>{head}" in pairs,
        branch_has_base=f"{branch}>{BASE}" in pairs,
    )


@pytest.mark.parametrize(
    ("facts", "work"),
    [
        (found(HEAD, HEAD, on=True, holds="head>base"), Work(HEAD)),
        (found(BASE, BASE, on=True, holds=""), Work(BASE)),
        (found(HEAD, HEAD, on=True, holds="base>head"), Work(BASE, Oddity.rewound)),
        (found(HEAD, HEAD, on=True, holds=""), Work(HEAD, Oddity.rewrote)),
        # it committed beside its branch
        (found(BASE, HEAD, on=False, holds="head>base"), Work(HEAD, Oddity.left)),
        (found(BRANCH, HEAD, on=False, holds="branch>base head>base head>branch"), Work(HEAD, Oddity.left)),
        # it committed, and then looked at something else
        (found(BRANCH, HEAD, on=False, holds="branch>base base>head"), Work(BRANCH, Oddity.left)),
        (found(BRANCH, HEAD, on=False, holds="branch>base head>base"), Work(BRANCH, Oddity.left)),
        (found(BASE, HEAD, on=False, holds="base>head"), Work(BASE, Oddity.left)),
        # it moved its branch away as well
        (found(BRANCH, HEAD, on=False, holds="head>base"), Work(HEAD, Oddity.left)),
        (found(BRANCH, HEAD, on=False, holds=""), Work(BASE, Oddity.left)),
    ],
)
def test_which_commit_is_the_work(facts: Found, work: Work) -> None:
    assert work_in(facts) == work


@pytest.mark.parametrize(
    ("role", "paths", "verdict"),
    [
        ("implementer", ["a.py", "tests/a.py"], Verdict(allowed=("a.py", "tests/a.py"))),
        ("tester", ["tests/a.py"], Verdict(allowed=("tests/a.py",))),
        ("tester", ["a.py", "tests/a.py"], Verdict(("a.py",), ("tests/a.py",), rewrite=True)),
        ("tester", [], Verdict()),  # merged what was handed over, and nothing else
        ("reviewer", ["a.py"], Verdict(("a.py",), (), rewrite=True)),
        ("reviewer", [CONTEXT], Verdict(allowed=(CONTEXT,))),
        ("reviewer", ["a.py", CONTEXT], Verdict(("a.py",), (CONTEXT,), rewrite=True)),
        ("reviewer", [], Verdict(rewrite=True)),  # an empty commit
    ],
)
def test_what_a_role_may_keep(role: str, paths: list[str], verdict: Verdict) -> None:
    assert judge(ROLES[role], Work(HEAD), BASE, paths) == verdict


def test_nothing_done_is_nothing_to_judge() -> None:
    assert judge(ROLES["reviewer"], Work(BASE), BASE, []) == Verdict()
    assert told(ROLES["reviewer"], [], [], Oddity.none) == ""


def test_rewritten_history_is_not_kept_even_if_its_files_are() -> None:
    assert judge(ROLES["implementer"], Work(HEAD, Oddity.rewrote), BASE, ["a"]) == Verdict((), ("a",), rewrite=True)


def test_it_is_told_in_one_line_of_visible_text() -> None:
    line = told(ROLES["reviewer"], [f"f{n}\n\x1b[2J" for n in range(9)], ["refs/televibe/quarantine/S1/J1"], Oddity.left)
    assert line.isprintable()
    assert "and 4 more; it left its branch; kept as refs/televibe/quarantine/S1/J1" in line
