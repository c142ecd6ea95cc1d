"""``televibe locks``, ``owners`` and ``strategy``: the words of the commands, and what they print. Run in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.doors.cli import televibe
from orchestrator.nouns.errors import Refused, TeleVibeError, Unknown, UsageError
from tests.line import register, write_project

CONFIG = "conflicts: {owners: {'shop/**': implementer, 'shop/money.py': null}}\n"
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command's standard output; its error rises."""
    repo = write_project(tmp_path, "scripts: [{when: {}, steps: [{finish: done}]}]\n", CONFIG)
    asyncio.run(register(Home.find().ready(), repo))

    def command(*words: str) -> str:
        capsys.readouterr()
        assert televibe([*words, "--repo", str(repo)]) == 0
        return capsys.readouterr().out

    return command


def document(run: Run, *words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_leases_are_taken_shown_and_ended(run: Run) -> None:
    assert run("locks").startswith("nobody holds any file")
    for session in ("S1", "S2"):
        run("session", "new")
        run("session", "stop", session)  # nobody is woken
    assert document(run, "locks", "acquire", "s1", "shop/cart.py", "docs/", "--minutes", "20")["state"] == "held"
    assert run("locks", "acquire", "S2", "shop/*.py", "--reason", "prices").startswith("L2: S2 waits for S1 (L1); place 1, about ")
    with pytest.raises(Refused, match=r"you wait for L2 \(shop/\*\.py\) already"):
        run("locks", "acquire", "S2", "docs/x.md", "--no-wait")
    assert [line.split()[:3] for line in run("locks").splitlines()[1:]] == [["L1", "held", "S1"], ["L2", "queued", "S2"]]
    assert [one["queue"] and one["queue"]["behind"] for one in document(run, "locks")] == [None, ["L1"]]
    assert document(run, "locks", "release", "l1") == {"released": ["L1"], "session": "S1"}
    assert [(one["id"], one["state"], one["fence"]) for one in document(run, "locks")] == [("L2", "held", 2)]
    assert len(document(run, "locks", "--all")) == 2
    with pytest.raises(UsageError, match="leads out of the repository"):
        run("locks", "acquire", "S1", "../x")
    with pytest.raises(Unknown, match="no lease L9"):
        run("locks", "release", "L9")


def test_owners_and_strategies_are_set_shown_and_taken_back(run: Run) -> None:
    run("session", "new")
    listed = [(one["glob"], one["owner"], one["from"]) for one in document(run, "owners")]
    assert listed == [("shop/money.py", None, "config"), ("shop/**", "implementer", "config")]
    assert document(run, "owners", "set", "shop/cart.py", "s1")["owner"] == "S1"
    assert document(run, "owners", "of", "shop/cart.py")["owner"] == "S1"
    assert document(run, "owners", "of", "shop/deep/x.py")["owner"] == "implementer"
    assert document(run, "owners", "set", "shop/", "shared")["glob"] == "shop/**"
    assert document(run, "owners", "of", "shop/deep/x.py")["owner"] is None
    assert run("owners", "unset", "shop/") == "shop/** belongs to implementer now\n"
    with pytest.raises(Refused, match="at run time"):
        run("owners", "unset", "shop/")
    with pytest.raises(UsageError, match="'nobody' is no live session, no team and no role"):
        run("owners", "set", "shop/", "nobody")
    assert document(run, "strategy") == [{"glob": "**", "strategy": "first_come", "integrator": None, "from": "config"}]
    assert document(run, "strategy", "set", "locks", "--path", "shop/cart.py")["strategy"] == "locks"
    assert document(run, "owners", "of", "shop/cart.py")["strategy"] == "locks"
    assert run("strategy", "unset", "--path", "shop/cart.py") == "the strategy for shop/cart.py is first_come again\n"
    for wrong in (("set", "locks", "--integrator", "S1"), ("set", "chaos")):
        with pytest.raises(TeleVibeError) as refused:
            run("strategy", *wrong)
        assert refused.value.exit_code == 2
