"""The demo, as a user and as a script see it: its document, a landing whose tests pass, and which need every agent's edit."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli import COMMAND
from tests.repos import git

TESTS = [sys.executable, "-m", "unittest", "discover", "-q", "-s", "tests", "-t", "."]
KEYS = {"goal", "repo", "tasks", "sessions", "jobs", "handoffs", "landed", "decided_by", "cost_usd", "seconds"}
KEYS_IN = {
    "tasks": {"id", "type", "role", "session", "depends_on"},
    "sessions": {"id", "role", "branch", "worktree", "state", "agent"},
    "jobs": {"id", "session", "state", "files_changed", "summary"},
    "handoffs": {"from", "to", "files_changed"},
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``televibe demo --json`` printed, run once for all tests here; no key, no terminal."""
    where = tmp_path_factory.mktemp("demo")
    ran = subprocess.run(
        [COMMAND, "demo", "--json", "--dir", where], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def green(repo: str) -> bool:
    return subprocess.run(TESTS, cwd=repo, capture_output=True, check=False).returncode == 0


def test_its_document_has_what_scripts_read(shown: dict[str, Any]) -> None:
    assert shown.keys() >= KEYS
    for key, names in KEYS_IN.items():
        assert shown[key], key
        assert all(entry.keys() >= names for entry in shown[key]), key
    assert shown["landed"].keys() == {"branch", "commit", "checks"}
    assert [t["type"] for t in shown["tasks"]] == ["implement", "implement", "review", "test"]
    assert all(Path(s["worktree"]).is_dir() for s in shown["sessions"])
    assert shown["cost_usd"] == 0
    assert 0 < shown["seconds"] < 120


def test_it_lands_on_main_with_tests_that_pass(shown: dict[str, Any]) -> None:
    assert git(Path(shown["repo"]), "rev-parse", shown["landed"]["branch"]) == shown["landed"]["commit"]
    assert git(Path(shown["repo"]), "status", "--porcelain") == ""
    assert green(shown["repo"])


def test_a_collision_that_git_does_not_see_is_told_to_both_before_anything_lands_and_is_over(shown: dict[str, Any]) -> None:
    [conflict] = [c for c in shown["conflicts"] if c["kind"] == "semantic"]
    both = {conflict["a"], conflict["b"]}
    assert both == {shown["tasks"][0]["session"], shown["beside"]["tasks"][0]["session"]}
    assert (conflict["told"], conflict["state"], conflict["files"]) == (2, "closed", ["src/shop/storage.py"])
    assert conflict["closed_why"] == "the two do not collide any more", "one side adapted; nothing had landed"
    assert shown["beside"]["landed"] is not None
    repo = Path(shown["repo"])
    landed = [git(repo, "log", "-1", "--format=%cI", shown[key]["commit"] if key == "landed" else shown[key]["landed"]["commit"])
              for key in ("landed", "beside")]  # fmt: skip
    first_seen = datetime.fromisoformat(conflict["first_seen"]).replace(microsecond=0)
    assert all(first_seen <= datetime.fromisoformat(moment) for moment in landed)
    assert "src/shop/searches.py" in git(repo, "ls-tree", "-r", "--name-only", "main")


def test_the_collision_was_real(shown: dict[str, Any], tmp_path: Path) -> None:
    """What each side had when they were told passes its tests, merges cleanly, and fails together."""
    repo, [theirs] = tmp_path / "shop", [job for job in shown["beside"]["jobs"] if job["commits"]]
    ours = next(job for job in shown["jobs"] if "src/shop/storage.py" in job["files_changed"])
    git(tmp_path, "clone", "-q", shown["repo"], str(repo))
    for commit in (ours["commits"][-1], theirs["commits"][0]):
        git(repo, "checkout", "-q", "--detach", commit)
        assert green(str(repo))
    git(repo, "merge", "-q", "--no-edit", ours["commits"][-1])
    assert not green(str(repo))


def test_its_tests_fail_when_any_edit_of_an_agent_is_left_out(shown: dict[str, Any], tmp_path: Path) -> None:
    base = git(Path(shown["repo"]), "rev-list", "--max-parents=0", "main")
    edited = sorted({path for job in shown["jobs"] for path in job["files_changed"] if path.startswith("src/")})
    assert len(edited) == 4
    for path in edited:
        without = tmp_path / path.replace("/", "-")
        git(tmp_path, "clone", "-q", shown["repo"], str(without))
        assert green(str(without))
        if git(without, "ls-tree", base, path):
            git(without, "checkout", "-q", base, "--", path)
        else:
            (without / path).unlink()
        assert not green(str(without)), f"the tests do not miss {path}"
