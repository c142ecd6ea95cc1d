"""The demo, as a user and as a script see it: its document, a landing whose tests pass, and which need every agent's edit."""

from __future__ import annotations

import json
import subprocess
import sys
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
