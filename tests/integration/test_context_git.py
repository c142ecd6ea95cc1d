"""The merge driver of the context file, called by plain git and by our own."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from orchestrator.boundaries.git.repository import Repository
from orchestrator.nouns.context_file import FILE
from orchestrator.verbs.context_file.parse import parse
from tests.cli import COMMAND, televibe
from tests.repos import WHO, commit, git, make_repo
from tests.unit.test_context_file import SPECIFIED
from tests.unit.test_context_merge import OURS, THEIRS


def merge(repo: Path, branch: str) -> subprocess.CompletedProcess[str]:
    """Plain ``git merge``, as a person runs it."""
    return subprocess.run(
        ["git", "merge", "--no-edit", branch], cwd=repo, env={**os.environ, **WHO}, capture_output=True, text=True, check=False
    )


def two_branches(repo: Path, ours: str, theirs: str, home: Path) -> Path:
    """main and ``other``, that both changed the file."""
    make_repo(repo, {"README.md": "# shop\n", FILE: SPECIFIED})
    done = televibe("init", "--repo", repo, home=home)
    assert done.status == 0, done.err
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "config")
    git(repo, "switch", "-q", "-c", "other")
    commit(repo, {FILE: theirs}, "theirs")
    git(repo, "switch", "-q", "main")
    return commit(repo, {FILE: ours}, "ours")


def check_united(text: str) -> None:
    content = parse(text, "x")
    assert [t.key for t in content.topics] == ["auth", "search", "payments", "mail"]
    assert {d.get("decision") for d in content.decisions} == {
        "Use Lucene",
        "Use SMTP",
        "Use Stripe for payments",
        "Use JWT for session tokens",
    }
    assert len(content.todos) == 3


@pytest.mark.parametrize("name", ["shop", "it's a shop; $(touch owned)"], ids=["plain", "with a name that a shell could take apart"])
def test_two_branches_that_both_added_merge_to_one_correct_file(tmp_path: Path, home_path: Path, name: str) -> None:
    repo = two_branches(tmp_path / name, OURS, THEIRS, home_path)
    done = merge(repo, "other")
    assert done.returncode == 0, done.stdout + done.stderr
    check_united((repo / FILE).read_text())
    assert git(repo, "status", "--porcelain") == ""
    assert not list(tmp_path.rglob("owned"))


def test_a_contradiction_is_a_normal_conflict_that_can_be_settled(tmp_path: Path, home_path: Path) -> None:
    words = '"Use JWT for session tokens"'
    repo = two_branches(tmp_path / "shop", OURS.replace(words, '"Use PASETO"'), THEIRS.replace(words, '"Use cookies"'), home_path)
    done = merge(repo, "other")
    assert done.returncode == 1
    assert "CONFLICT" in done.stdout
    assert "changed on both sides" in done.stderr
    assert git(repo, "diff", "--name-only", "--diff-filter=U") == FILE
    text = (repo / FILE).read_text()
    assert text.count("<<<<<<< ours\n") == text.count("=======\n") == text.count(">>>>>>> theirs\n") == 1
    before, _, rest = text.partition("<<<<<<< ours\n")
    settled = before + rest.partition("=======\n")[0] + rest.partition(">>>>>>> theirs\n")[2]
    (repo / FILE).write_text(settled)
    git(repo, "commit", "-q", "-a", "--no-edit")
    assert {d.get("decision") for d in parse(settled, "x").decisions} >= {"Use PASETO", "Use Lucene", "Use SMTP"}


def test_an_unreadable_side_is_an_ordinary_conflict_and_nothing_is_lost(tmp_path: Path, home_path: Path) -> None:
    broken = SPECIFIED + "decisions: [a, b\n"
    repo = two_branches(tmp_path / "shop", OURS, broken, home_path)
    done = merge(repo, "other")
    assert done.returncode == 1
    text = (repo / FILE).read_text()
    for side in (OURS, broken):
        assert set(side.splitlines()) <= set(text.splitlines())


async def test_our_own_merges_use_it_in_a_linked_worktree(tmp_path: Path, home_path: Path) -> None:
    repo = two_branches(tmp_path / "shop", OURS, THEIRS, home_path)
    ours = await Repository.open(str(repo))
    await ours.add_detached_worktree(str(tmp_path / "land ing"), git(repo, "rev-parse", "main"))
    done = await ours.merge(str(tmp_path / "land ing"), [git(repo, "rev-parse", "other")], "land")
    assert not done.unchanged
    check_united((tmp_path / "land ing" / FILE).read_text())


async def test_our_own_merges_do_not_stop_for_a_contradiction_in_this_file_alone(tmp_path: Path, home_path: Path) -> None:
    words = '"Use JWT for session tokens"'
    repo = two_branches(tmp_path / "shop", OURS.replace(words, '"Use PASETO"'), THEIRS.replace(words, '"Use cookies"'), home_path)
    for driver in (True, False):
        if not driver:
            git(repo, "reset", "-q", "--hard", "ORIG_HEAD")
            git(repo, "config", "--remove-section", "merge.televibe-context")
        done = await (await Repository.open(str(repo))).merge(str(repo), [git(repo, "rev-parse", "other")], "land")
        assert not done.unchanged
        assert git(repo, "status", "--porcelain") == ""
        assert git(repo, "rev-list", "--count", "--merges", "HEAD") == "1"
        decided = {d.get("decision") for d in parse((repo / FILE).read_text(), "x").decisions}
        assert "Use PASETO" in decided
        assert "Use cookies" not in decided


def test_installing_twice_changes_nothing_and_keeps_what_was_there(tmp_path: Path, home_path: Path) -> None:
    repo = make_repo(tmp_path / "shop", {"README.md": "# shop\n"})
    attributes = repo / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.png binary")
    first = televibe("init", "--repo", repo, home=home_path)
    assert "merge driver" in first.out
    assert f".git/info/attributes: {FILE} merge=televibe-context" in first.out
    before = attributes.read_text(), (repo / ".git" / "config").read_text()
    assert before[0] == f"*.png binary\n{FILE} merge=televibe-context\n"
    again = televibe("init", "--repo", repo, home=home_path)
    assert "merge driver" not in again.out
    assert (attributes.read_text(), (repo / ".git" / "config").read_text()) == before


def test_doctor_says_whether_it_is_there(tmp_path: Path, home_path: Path) -> None:
    repo = make_repo(tmp_path / "shop", {"README.md": "# shop\n"})
    televibe("init", "--repo", repo, home=home_path)
    assert "merge driver" in televibe("doctor", "--repo", repo, home=home_path).out
    git(repo, "config", "merge.televibe-context.driver", "/gone/televibe context merge %O %A %B")
    elsewhere = televibe("doctor", "--repo", repo, home=home_path).out
    assert "/gone/televibe" in elsewhere
    assert "run `televibe init`" in elsewhere
    televibe("init", "--repo", repo, home=home_path)
    assert str(COMMAND) in git(repo, "config", "merge.televibe-context.driver")
    git(repo, "config", "--remove-section", "merge.televibe-context")
    assert "not installed" in televibe("doctor", "--repo", repo, home=home_path).out


def test_the_driver_is_quick_and_imports_neither_the_machine_nor_pydantic(tmp_path: Path, home_path: Path) -> None:
    for name, text in (("base", SPECIFIED), ("ours", OURS), ("theirs", THEIRS)):
        (tmp_path / name).write_text(text)
    words = ["context", "merge", *(str(tmp_path / name) for name in ("base", "ours", "theirs"))]
    code = (
        "import sys; from orchestrator.doors.cli import televibe; status = televibe(sys.argv[1:]);"
        "heavy = {'langgraph', 'pydantic', 'sqlalchemy', 'typer', 'asyncio', 'ruamel'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    ran = subprocess.run([str(COMMAND.with_name("python")), "-c", code, *words], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    check_united((tmp_path / "ours").read_text())
    (tmp_path / "ours").write_text(OURS)
    started = time.monotonic()
    assert televibe(*words, home=home_path).status == 0
    assert time.monotonic() - started < 5, "git waits for it"


def test_show_and_path(tmp_path: Path, home_path: Path) -> None:
    repo = make_repo(tmp_path / "shop", {"README.md": "# shop\n", FILE: SPECIFIED})
    televibe("init", "--repo", repo, home=home_path)
    assert televibe("context", "path", "--repo", repo, home=home_path).out.strip() == str(repo / FILE)
    assert "Use JWT" in televibe("context", "show", "--repo", repo, home=home_path).out
    (repo / FILE).write_text("a: 1\na: 2\n")
    said = televibe("context", "show", "--repo", repo, home=home_path)
    assert "context.yaml:2: a: the key is there twice" in said.out
    assert televibe("context", "show", "--repo", repo, "--json", home=home_path).status == 0
