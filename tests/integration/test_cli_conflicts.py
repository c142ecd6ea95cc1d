"""``televibe conflicts`` as a user types it: on a repository that knows nothing of TeleVibe, and without an engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.doors.init import register
from orchestrator.nouns.conflict import Conflict, Finding
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Session
from tests.cli import COMMAND, STARTED, Said, televibe
from tests.repos import commit, git, make_repo

CART = "def total(cart, tax):\n    return cart + tax\n"
FILES = {"cart.py": CART, "shop.py": "from cart import total\n", "notes.md": "one\ntwo\n", "check.py": "import shop\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """main; two branches that git cannot merge; one that makes a parameter required, and one that calls the function without it."""
    repo = make_repo(tmp_path / "repo", FILES)
    changes: dict[str, dict[str, str]] = {
        "feature/docs": {"notes.md": "ONE\ntwo\n"},
        "feature/words": {"notes.md": "uno\ntwo\n"},
        "feature/currency": {"cart.py": "def total(cart, tax, currency):\n    return cart + tax\n"},
        "feature/invoice": {"invoice.py": "from cart import total\n\n\ndef invoice(cart):\n    return total(cart, 1)\n"},
    }
    for branch, files in changes.items():
        git(repo, "checkout", "-q", "-b", branch, "main")
        commit(repo, files, branch)
    git(repo, "checkout", "-q", "main")
    return repo


def conflicts(repo: Path, *words: str) -> Said:
    return televibe("conflicts", "--repo", repo, *words, home=repo.parent / "home")


def test_the_document_names_every_collision_with_its_evidence(repo: Path) -> None:
    git(repo, "worktree", "add", "-q", str(repo.parent / "tree"), "feature/invoice")
    (repo.parent / "tree" / "notes.md").write_text("one more\ntwo\n")
    said = conflicts(repo, "--branches", "feature/*", "--json")
    assert (said.status, said.err) == (0, "")
    found = json.loads(said.out)
    assert (found["pairs"], found["base"], found["unknown"]) == (10, "main", [])
    by_pair: dict[tuple[str, str], Any] = {(one["a"], one["b"]): one for one in found["conflicts"]}
    assert {pair: one["kind"] for pair, one in by_pair.items()} == {
        ("feature/docs", "feature/words"): "textual",
        ("feature/docs", "feature/invoice"): "textual",  # work that is not committed
        ("feature/invoice", "feature/words"): "textual",
        ("feature/currency", "feature/invoice"): "semantic",
    }
    words = by_pair["feature/docs", "feature/words"]
    assert (words["cause"], words["files"], words["severity"]) == ("content", ["notes.md"], "high")
    assert words["evidence"] == {
        "a": [{"path": "notes.md", "line": 1, "text": "ONE"}],
        "b": [{"path": "notes.md", "line": 1, "text": "uno"}],
    }
    calls = by_pair["feature/currency", "feature/invoice"]
    assert (calls["cause"], calls["files"]) == ("signature", ["cart.py", "invoice.py"])
    assert calls["proposal"]
    [dirty] = [head for head in found["branches"] if head["uncommitted"]]
    assert (dirty["name"], dirty["worktree"]) == ("feature/invoice", str(repo.parent / "tree"))
    assert {one["kind"] for one in json.loads(conflicts(repo, "--no-worktrees", "--no-semantic", "--json").out)["conflicts"]} == {
        "textual"
    }


def test_a_reader_gets_a_matrix_and_what_stands_on_both_sides(repo: Path) -> None:
    said = conflicts(repo, "--exit-code")
    assert (said.status, said.err) == (1, "")
    assert said.out.startswith("4 branches, each with main: 10 pairs, 2 collide (1 textual, 1 semantic)\n")
    assert "  2  feature/docs       .  -  .  1t\n".split() in [line.split() for line in said.out.splitlines()]
    assert "feature/docs ✕ feature/words: both changed notes.md, line 1\n" in said.out
    assert "    feature/words  notes.md:1\n      | uno\n" in said.out


def test_merged_trees_are_checked_when_that_is_asked_for(repo: Path) -> None:
    check = 'test -z "$(git status --porcelain)" && ! (grep -q currency cart.py && test -e invoice.py)'
    said = conflicts(repo, "--no-semantic", "--check", check, "--json", "feature/currency", "feature/invoice", "feature/docs")
    found = json.loads(said.out)
    assert [(one["a"], one["b"]) for one in found["verified"] if not one["ok"]] == [("feature/currency", "feature/invoice")]
    assert len(found["verified"]) == 3
    [one] = found["conflicts"]
    assert (one["kind"], one["cause"]) == ("semantic", "checks")
    assert git(repo, "status", "--porcelain") == ""


def test_what_cannot_be_compared_is_said_in_one_line(repo: Path, tmp_path: Path) -> None:
    said = conflicts(repo, "feature/dosc")
    assert (said.status, said.err) == (2, "there is no branch 'feature/dosc' — did you mean feature/docs?\n")
    git(tmp_path, "init", "-q", "empty")
    assert conflicts(tmp_path / "empty").out == "no branches yet: there is nothing to compare\n"
    assert conflicts(tmp_path).err.startswith(f"{tmp_path} is not in a git repository — ")
    head = git(repo, "rev-parse", "feature/docs")
    lines = "".join(f"{head} refs/heads/many/{n:05}\n" for n in range(10_000))
    packed = repo / ".git" / "packed-refs"
    packed.write_text(f"# pack-refs with: peeled fully-peeled sorted \n{lines}")
    said = conflicts(repo)
    assert said.status == 2
    assert said.err.startswith("10,004 branches are 50,035,006 pairs: too many to compare — name some, or take --branches")
    git(repo, "clone", "-q", "--bare", "--single-branch", str(repo), str(tmp_path / "bare.git"))
    assert conflicts(tmp_path / "bare.git").out == "no branch has anything that main has not\n"


@pytest.fixture
def watching(repo: Path) -> Iterator[subprocess.Popen[str]]:
    words = [str(COMMAND), "conflicts", "--repo", str(repo), "--watch", "--json", "--no-semantic"]
    env = {**os.environ, "TELEVIBE_HOME": str(repo.parent / "home")}
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_watching_shows_each_new_state_until_it_is_stopped(repo: Path, watching: subprocess.Popen[str]) -> None:
    assert watching.stdout is not None
    assert len(json.loads(watching.stdout.readline())["conflicts"]) == 1
    git(repo, "branch", "-D", "feature/words")
    assert json.loads(watching.stdout.readline())["conflicts"] == []
    (repo / "notes.md").write_text("eins\ntwo\n")
    [one] = json.loads(watching.stdout.readline())["conflicts"]
    assert (one["a"], one["b"], one["files"]) == ("feature/docs", "main (uncommitted)", ["notes.md"])
    watching.send_signal(signal.SIGINT)
    assert (watching.wait(20), watching.stderr and watching.stderr.read()) == (130, "stopped looking\n")


async def test_what_the_project_knows_stands_beside_what_is_found(repo: Path) -> None:
    """Whose the branches are, and since when the engine has known of the collision, with what it proposed to the two."""
    plain = json.loads(conflicts(repo, "--json").out)
    assert {one["id"] for one in plain["conflicts"]} == {None}
    assert not (repo.parent / "home").exists(), "a repository that is no project leaves nothing behind"
    home = Home(repo.parent / "home").ready()
    store = await open_store(home.database_url)
    project, _ = await register(store, str(repo), "main")
    of = {"id": "S1", "project_id": project.id, "role": "implementer", "worktree": "/gone", "base_commit": "0" * 40}
    now = {"agent": "scripted", "created_at": STARTED, "updated_at": STARTED}
    docs = Session(branch="feature/docs", **of, **now)
    words = docs.model_copy(update={"id": "S2", "branch": "feature/words"})
    [found] = [one for one in plain["conflicts"] if one["kind"] == "textual"]
    finding = Finding.model_validate({k: found[k] for k in ("kind", "cause", "files", "severity", "summary")})
    conflict = Conflict(
        id="X1", project_id=project.id, identity=finding.identity, a="S2", b="S1", head_a="0" * 40, head_b="0" * 40,
        proposal="S2 adapts: S1 is nearly done", first_seen=STARTED, last_seen=STARTED,
        **finding.model_dump(exclude={"a", "b", "adapts"}),
    )  # fmt: skip
    async with store.writing() as tx:
        await tx.put(docs, words, conflict)
        await tx.record(NewEvent(kind=EventKind.conflict_seen, project_id=project.id, text="X1"))
    await store.close()

    said = conflicts(repo)
    assert "feature/docs (S1) ✕ feature/words (S2): " in said.out
    assert "· X1, seen " in said.out
    assert "proposal: S2 adapts: S1 is nearly done" in said.out
    [told] = [one for one in json.loads(conflicts(repo, "--json").out)["conflicts"] if one["id"]]
    assert (told["id"], told["sessions"], told["first_seen"]) == ("X1", {"a": "S1", "b": "S2"}, "2026-03-01T12:00:00Z")
    assert told["proposal"] == "S2 adapts: S1 is nearly done"

    sessions = televibe("sessions", "--json", home=home.path, cwd=repo)
    assert {s["id"]: s["conflicts"] for s in json.loads(sessions.out)} == {"S1": ["X1"], "S2": ["X1"]}
    listed = televibe("sessions", home=home.path, cwd=repo).out.splitlines()
    assert [line.split()[:5] for line in listed][1] == ["S1", "implementer", "idle", "X1", "scripted"]
