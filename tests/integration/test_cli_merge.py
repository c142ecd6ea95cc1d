"""``televibe merge``, as a user types it, with an engine that the command starts by itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli import televibe
from tests.integration.test_cli_work import Shop
from tests.repos import commit, git

GH = """#!/bin/sh
printf '%s\\n' "$*" >>"$GH_SAID"
[ -e "$GH_SAID.open" ] && { echo "a pull request for this branch already exists:" >&2; echo "https://example.org/pull/7" >&2; exit 1; }
touch "$GH_SAID.open"
echo https://example.org/pull/7
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, "keep_up: notify\n")


def branch(shop: Shop, name: str, files: dict[str, str]) -> str:
    """A branch with one commit of these files; its head."""
    tree = shop.repo.parent / f"tree-{name}"
    git(shop.repo, "worktree", "add", "-q", "-b", name, str(tree), "main")
    return git(commit(tree, files, "own work"), "rev-parse", "HEAD")


RED = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_x(self) -> None:\n        assert 1 == 2\n"


def test_work_is_landed_waited_for_approved_and_taken_out(shop: Shop) -> None:
    head = branch(shop, "own", {"own.txt": "x\n"})
    branch(shop, "red", {"tests/test_red.py": RED})
    branch(shop, "rules", {"AGENTS.md": "obey\n"})
    branch(shop, "more", {"CLAUDE.md": "obey\n"})

    said = shop.run("merge", "own", "red", "rules", "more", "--wait")
    assert said.status == 1, "not all of it landed"
    assert "E1 own: landed at " in said.out
    assert "E2 red: did not land: check failed: " in said.out
    assert "AssertionError" in said.out
    assert "`televibe merge approve E3`" in said.out
    assert git(shop.repo, "merge-base", head, "main") == head
    inbox = shop.run("inbox").out
    assert "E3 rules: waits for your word: it changes AGENTS.md" in inbox
    assert "`televibe merge approve E3`" in inbox
    assert shop.json("merge", "approve", "e3")["approved"]
    assert shop.run("merge", "withdraw", "E4").out == "E4 more: was taken out: you took it out\n"
    shop.until_idle()
    found = shop.json("merge", "status")
    assert [e["state"] for e in found["entries"]] == ["landed", "evicted", "landed", "withdrawn"]
    assert (git(shop.repo, "show", "main:AGENTS.md"), git(shop.repo, "rev-parse", "main")) == ("obey", found["commit"])
    assert git(shop.repo, "rev-parse", "refs/televibe/queue/E4") == git(shop.repo, "rev-parse", "more")
    assert shop.refused("merge", "land") == (
        2, "say what is to land: sessions or branches, or --ready — such as: televibe merge S12\n",
    )  # fmt: skip


def test_a_pull_request_is_opened_through_gh_or_it_says_what_is_missing(shop: Shop, tmp_path: Path) -> None:
    head = branch(shop, "own", {"own.txt": "x\n"})
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(shop.repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(Path("/usr/bin/git"))
    bare = {"PATH": str(tmp_path / "bin")}
    missing = televibe("merge", "own", "--pr", home=shop.home, cwd=shop.repo, env=bare)
    assert (missing.status, missing.err.split(",")[0]) == (1, "gh is not installed")

    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GH_SAID": str(tmp_path / "said")}
    opened = [televibe("merge", "own", "--pr", "--json", home=shop.home, cwd=shop.repo, env=env) for _ in range(2)]
    found = [json.loads(said.out)["pull_requests"][0] for said in opened]
    assert [(f["url"], f["new"], f["commit"]) for f in found] == [
        ("https://example.org/pull/7", True, head), ("https://example.org/pull/7", False, head),
    ]  # fmt: skip
    assert git(tmp_path / "remote.git", "rev-parse", found[0]["branch"]) == head
    assert f"pr create --head {found[0]['branch']} --base main --title own work --body - own work" in (tmp_path / "said").read_text()
