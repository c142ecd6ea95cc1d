"""The frame: exit statuses, one line on stderr, no colours where nobody sees them, help that shows an example."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from orchestrator.doors import app_work, app_workflow
from orchestrator.doors.app import app
from tests.cli import COMMAND, Said, furnished_shop, televibe, televibe_to
from tests.integration.test_cli_init import said

OF_NO_REPOSITORY = {"context merge", "demo", "eval semantic", "graph", "mcp", "workflow templates", "workflow schema"}


def _commands() -> list[str]:
    assert all((app_work, app_workflow)), "they add commands to the app"
    root = get_command(app)
    names = []
    for name, command in getattr(root, "commands", {}).items():
        inner = getattr(command, "commands", {})
        names += [name, *(f"{name} {under}" for under in inner)]
    return sorted(names)


@pytest.mark.parametrize("name", _commands())
def test_the_help_of_every_command_has_an_example_that_names_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, *name.split(), "--help")
    assert told.status == 0
    assert f"Example: televibe {name}" in " ".join(told.out.split())
    group = "Commands:" in told.out
    assert group or name in OF_NO_REPOSITORY or "--repo" in told.out.partition("Options:")[2]


def test_help_comes_without_being_asked_and_without_a_terminal(home_path: Path) -> None:
    bare = televibe(home=home_path)
    assert (bare.status, bare.err) == (0, "")
    assert bare == televibe("--help", home=home_path)
    assert "\x1b" not in bare.out
    assert not home_path.exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--bogus"], "No such option: --bogus — `televibe --help` shows the words\n"),
        (["gaol"], "No such command 'gaol'. Did you mean 'goal', 'goals'? — `televibe --help` shows the words\n"),
        (["session"], "Missing command. — `televibe session --help` shows the words\n"),
        (["session", "show"], "Missing argument 'ID'. — `televibe session show --help` shows the words\n"),
        (["sessions", "--repo"], "Option '--repo' requires an argument. — `televibe --help` shows the words\n"),
        (
            ["log", "--limit", "many"],
            "Invalid value for '--limit': Input should be a valid integer, unable to parse string as an integer"
            " — `televibe log --help` shows the words\n",
        ),
    ],
)
def test_wrong_words_are_one_line_and_exit_2(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, *words) == Said(2, "", line)


async def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    shop = await furnished_shop(tmp_path)
    for words in (["sessions", "--json"], ["log"]):
        told = televibe_to("/dev/full", *words, "--repo", shop.repo, home=shop.home.path)
        assert told.status == 1
        assert told.err.startswith("the disk is full")
        assert told.err.count("\n") == 1


def test_a_home_that_cannot_be_made_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TELEVIBE_HOME", str(tmp_path / "file" / "home"))
    told = said(capsys, "log", "--repo", tmp_path)
    assert told.status == 1
    assert told.err.endswith("set TELEVIBE_HOME to a writable directory\n")


async def test_a_fault_of_our_own_is_one_line_and_a_log_with_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await furnished_shop(tmp_path)
    transcript = shop.home.transcript("S1", "J1")
    transcript.write_text('{"at": "yesterday", "kind": "said"}\n')  # nothing of ours writes this
    told = televibe("session", "log", "S1", "--repo", shop.repo, home=shop.home.path)
    assert told.status == 1
    assert told.out == ""
    found = re.fullmatch(r"televibe itself failed: ValueError: .* — details: (\S+)\n", told.err)
    assert found, told.err
    log = Path(found[1])
    assert log.parent == shop.home.logs
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("TELEVIBE_HOME", str(shop.home.path))
    monkeypatch.setenv("TELEVIBE_DEBUG", "1")
    assert "Traceback" in (await asyncio.to_thread(said, capsys, "session", "log", "S1", "--repo", shop.repo)).err


def in_terminal(*words: str | Path, env: dict[str, str]) -> str:
    """What the command writes to a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen([COMMAND, *map(str, words)], stdin=follower, stdout=follower, stderr=follower, env=env) as process:
        os.close(follower)
        seen = b""
        try:
            while part := os.read(leader, 65536):
                seen += part
        except OSError:  # the other side is closed: EIO on Linux
            pass
        process.wait(timeout=60)
    os.close(leader)
    return seen.decode()


async def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    shop = await furnished_shop(tmp_path)
    env = {**os.environ, "TELEVIBE_HOME": str(shop.home.path), "TERM": "xterm-256color", "COLUMNS": "160"}
    env.pop("NO_COLOR", None)
    coloured = in_terminal("sessions", "--repo", shop.repo, env=env)
    assert "\x1b[36mS1" in coloured
    assert "\x1b[2J" not in coloured, "the agent's own escape codes are written out"
    plain = in_terminal("sessions", "--repo", shop.repo, env={**env, "NO_COLOR": "1"})
    assert "\x1b[3" not in plain
    assert "S1" in plain
    assert "\x1b" not in televibe("sessions", "--repo", shop.repo, home=shop.home.path, env={"TERM": "xterm-256color"}).out
