"""``televibe init`` and ``doctor``: a repository is made ready once, and every bad state has one line with the way out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.doors.cli import televibe as in_process
from orchestrator.doors.frame import guarded
from orchestrator.engine.lock import EngineLock
from orchestrator.nouns.event import EventKind
from tests.cli import Said, televibe
from tests.repos import git, make_repo

FILES = {"test_cart.py": "def test_total() -> None:\n    assert sum([1, 2]) == 3\n"}


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Said:
    """The same as the console script, without the second that a process costs."""
    status = guarded(lambda: in_process([*map(str, words)]))
    heard = capsys.readouterr()
    return Said(status, heard.out, heard.err)


def test_init_makes_a_repository_ready_once(tmp_path: Path, home_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    first = televibe("init", "--json", home=home_path, cwd=repo)
    config = repo / ".televibe" / "config.yaml"
    assert first.status == 0, first.err
    told = json.loads(first.out)
    assert told["wrote_config"]
    assert told["registered"]
    assert told["root"] == str(repo)
    assert told["default_branch"] == "main"
    assert any("pytest" in check for check in told["checks"])
    assert "git add .televibe/config.yaml" in told["commit"]
    assert git(repo, "status", "--porcelain").split() == ["??", ".televibe/"], "it commits nothing itself"
    assert home_path.stat().st_mode & 0o777 == 0o700

    config.write_text(config.read_text() + "# mine\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "settings")
    again = json.loads(said(capsys, "init", "--json", "--repo", repo).out)
    assert not again["wrote_config"]
    assert not again["registered"]
    assert again["project"] == told["project"]
    assert again["commit"] is None
    assert config.read_text().endswith("# mine\n"), "an edited file is never written again"


def test_init_says_what_it_writes_and_what_to_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    told = said(capsys, "init", "--repo", repo, "--agent", "scripted")
    assert told.status == 0
    assert 'agent: "scripted"' in told.out
    assert (repo / ".televibe/config.yaml").read_text().splitlines()[3] in told.out
    assert "git commit" in told.out
    told = said(capsys, "init", "--repo", repo, "--agent", "claude")
    assert "it says agent: scripted; edit it to use claude" in told.out


async def test_two_inits_at_once_register_one_project(tmp_path: Path, home_path: Path) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    with ThreadPoolExecutor() as both:
        runs = list(both.map(lambda _: televibe("init", "--json", "--repo", repo, home=home_path), range(2)))
    assert [run.status for run in runs] == [0, 0], runs
    assert sorted(json.loads(run.out)["registered"] for run in runs) == [False, True]
    store = await open_store(Home(home_path).database_url)
    async with store.reading() as view:
        assert len(await view.projects()) == 1
        assert len(await view.events(kinds=[EventKind.project_registered])) == 1
    await store.close()


def test_a_linked_worktree_belongs_to_the_same_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    first = json.loads(said(capsys, "init", "--json", "--repo", repo).out)
    git(repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    second = json.loads(said(capsys, "init", "--json", "--repo", tmp_path / "side").out)
    assert (second["project"], second["root"], second["registered"]) == (first["project"], first["root"], False)
    assert said(capsys, "sessions", "--json", "--repo", tmp_path / "side").out == "[]\n"


def test_a_default_branch_changed_in_the_configuration_is_taken_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    config = repo / ".televibe" / "config.yaml"
    said(capsys, "init", "--repo", repo)
    config.write_text("default_branch: trunk\n")
    missing = said(capsys, "init", "--repo", repo)
    assert missing.status == 2
    assert "there is no branch trunk" in missing.err
    git(repo, "branch", "trunk")
    assert json.loads(said(capsys, "init", "--json", "--repo", repo).out)["default_branch"] == "trunk"
    assert "no longer on main" in said(capsys, "log", "--repo", repo).out


def _plain_directory(path: Path) -> None:
    path.mkdir()


def _bare(path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", path], check=True)


def _no_commits(path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", path], check=True)


def _detached(path: Path) -> None:
    make_repo(path, FILES)
    git(path, "checkout", "-q", "--detach")


def _nothing(path: Path) -> None:
    assert not path.exists()


BAD_STATES: list[tuple[Callable[[Path], None], str]] = [
    (_plain_directory, "is not in a git repository"),
    (_bare, "bare repository"),
    (_no_commits, "has no commits yet"),
    (_detached, "detached HEAD"),
    (_nothing, "is not a directory"),
]


@pytest.mark.parametrize(("spoil", "words"), BAD_STATES)
def test_a_repository_that_cannot_be_worked_with_gets_one_line(
    tmp_path: Path, spoil: Callable[[Path], None], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = tmp_path / "repo"
    spoil(repo)
    for command in ("init", "doctor"):
        told = said(capsys, command, "--repo", repo)
        assert told.status in {1, 2}, told
        text = told.err if command == "init" else told.out
        assert words in text
    told = said(capsys, "init", "--repo", repo)
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "—" in told.err, "the way out"
    assert not (repo / ".televibe" / "config.yaml").exists()


def test_a_file_where_the_settings_should_be_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", {**FILES, ".televibe": "a file\n"})
    told = said(capsys, "init", "--repo", repo)
    assert told.status == 1
    assert f"{repo}/.televibe/config.yaml cannot be written" in told.err
    assert (repo / ".televibe").read_text() == "a file\n"


@pytest.mark.parametrize("command", ["init", "sessions", "log", "doctor"])
def test_git_missing_or_too_old_is_one_line(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    told = said(capsys, command, "--repo", repo)
    assert told.status == 1
    assert "git is not installed" in told.out + told.err
    if command in {"init", "doctor"}:
        old = tmp_path / "bin" / "git"
        old.write_text("#!/bin/sh\necho git version 2.30.1\n")
        old.chmod(0o755)
        told = said(capsys, command, "--repo", repo)
        assert told.status == 1
        assert "git 2.30.1 is too old" in told.out + told.err


@pytest.mark.parametrize("words", ["goal Add-tax --yes", "session new", "session adopt --branch main", "resume", "up --until-idle"])
def test_nothing_is_begun_with_a_git_that_is_too_old(
    tmp_path: Path, home_path: Path, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    said(capsys, "init", "--repo", repo)
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\ncase "$*" in *version) exec echo git version 2.30.1 ;; esac\nexec {shutil.which("git")} "$@"\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    told = said(capsys, *words.split(), "--repo", repo)
    assert told == Said(1, "", "git 2.30.1 is too old — install git 2.38 or newer (it merges without a worktree)\n")
    assert not list((home_path / "worktrees").iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agent: [claude\n", "config.yaml:2:"),
        ("agent: claude\nlimit: 3\n", "config.yaml:2: limit"),
        ("checks: 3\n", "config.yaml:1: checks"),
    ],
)
def test_a_bad_configuration_names_file_line_and_key(tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", {**FILES, ".televibe/config.yaml": text})
    told = said(capsys, "init", "--repo", repo)
    assert told.status == 2
    assert words in told.err
    assert told.err.count("\n") == 1
    assert words in said(capsys, "doctor", "--repo", repo).out


def test_unknown_agent_kinds_are_refused_before_anything_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    told = said(capsys, "init", "--repo", repo, "--agent", "gpt")
    assert (told.status, told.err) == (1, "there is no agent kind 'gpt' — kinds: claude, scripted\n")
    assert not (repo / ".televibe").exists()


def test_a_command_in_a_repository_that_was_not_initialised_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    for words in (["sessions"], ["sessions", "--json"], ["log"], ["goals"], ["session", "show", "S1"]):
        told = said(capsys, *words, "--repo", repo)
        assert told.status == 1
        assert told.out == ""
        assert told.err == f"{repo} is not initialised — run `televibe init --repo {repo}`\n"


def test_doctor_names_everything_with_its_remedy(tmp_path: Path, home_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    fresh = said(capsys, "doctor", "--json", "--repo", repo)
    assert fresh.status == 0, fresh
    lines = {line["name"]: line for line in json.loads(fresh.out)["lines"]}
    assert {"git", "python", "home", "disk", "database", "engine", "model key", "repository", "config", "claude code"} == set(lines)
    assert all({"name", "ok", "level", "detail", "remedy"} == set(line) for line in lines.values())
    assert lines["database"]["level"] == "info"
    assert lines["config"]["remedy"] == "run `televibe init`"
    assert not home_path.exists(), "it looks, and makes nothing"


def test_doctor_after_init_with_an_engine_and_a_key(
    tmp_path: Path, home_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repo(tmp_path / "shop", FILES)
    said(capsys, "init", "--repo", repo)
    (repo / "test_cart.py").write_text("changed\n")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-value")
    lock = EngineLock(Home(home_path).engine_lock)
    lock.take()
    told = said(capsys, "doctor", "--json", "--repo", repo)
    lock.release()
    lines = {line["name"]: line for line in json.loads(told.out)["lines"]}
    assert lines["engine"]["detail"].startswith("running as process")
    assert lines["database"]["level"] == "ok"
    assert lines["model key"]["level"] == "ok"
    assert lines["repository"]["level"] == "warning"
    assert "sk-secret" not in told.out
    assert told.status == 0


def test_doctor_outside_of_a_repository_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = said(capsys, "doctor")
    assert told.status == 0
    assert "info     repository" in told.out
    assert said(capsys, "doctor", "--repo", tmp_path).status == 1


def test_doctor_fails_on_an_open_home_and_on_a_file_that_is_no_database(home_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(home_path).ready()
    home.database_file.write_text("this is not a database, and long enough to be read as one " * 20)
    home_path.chmod(0o755)
    told = said(capsys, "doctor")
    assert told.status == 1
    assert f"chmod 700 {home_path}" in told.out
    assert "is not a usable database" in told.out


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_doctor_says_so_when_a_file_is_where_the_home_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TELEVIBE_HOME", str(tmp_path / home))
    told = said(capsys, "doctor")
    assert (told.status, told.err) == (1, "")
    assert f"FAILED   home         {tmp_path}/file is not a directory" in told.out
    assert "set TELEVIBE_HOME to a writable directory" in told.out
    assert "info     engine" in told.out, "the rest is looked at all the same"
