"""The commands that make something happen, as a user types them: goals, answers, sessions, and what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.doors.unread import GOES_ON
from orchestrator.engine.lock import holder
from orchestrator.engine.sessions import new_session
from orchestrator.engine.workplace import workplace
from orchestrator.nouns.session import Session
from tests.cli import COMMAND, Said, televibe
from tests.line import write_project
from tests.repos import git

SCRIPT = """
scripts:
  - when: {words: [colour]}
    steps: [{ask: which colour?}]
  - when: {role: implementer}
    steps:
      - edit: {path: shop/greeting.py, content: "HELLO = 'hello'\\n"}
      - commit: add a greeting
      - finish: the greeting is there
  - when: {role: reviewer}
    steps: [{finish: approved}]
"""


class Shop:
    """A project with scripted agents, and the command run in it."""

    def __init__(self, directory: Path, config: str = "") -> None:
        self.repo = write_project(directory, SCRIPT, config)
        self.home = directory / "home"
        assert self.run("init").status == 0

    def run(self, *words: str) -> Said:
        return televibe(*words, home=self.home, cwd=self.repo)

    def json(self, *words: str) -> Any:
        said = self.run(*words, "--json")
        assert (said.status, said.err) == (0, ""), said.err
        return json.loads(said.out)

    def refused(self, *words: str) -> tuple[int, str]:
        """(status, line) of a command that must say one line, and nothing on standard output."""
        said = self.run(*words)
        assert said.out == ""
        assert said.err.count("\n") == 1
        return said.status, said.err

    def until_idle(self) -> None:
        """Everything is done that can be done without a user; the engine in the background may have been faster."""
        while self.run("up", "--until-idle").status != 0:
            while holder(Home(self.home).engine_lock) is not None:
                time.sleep(0.05)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_plan_is_shown_answered_and_carried_out(shop: Shop) -> None:
    proposed = shop.json("goal", "Add a greeting; review it")
    assert (proposed["id"], proposed["state"]) == ("G1", "proposed")
    assert [t["type"] for t in proposed["tasks"]] == ["implement", "review"]
    assert shop.json("sessions") == [], "nothing is made before the user agrees"

    assert "no task" in shop.refused("answer", "G1", "drop task 9")[1]
    shop.json("answer", "G1", "drop task 2")
    shop.until_idle()
    assert [t["state"] for t in shop.json("goals")[0]["tasks"]] == ["waiting", "dropped"]
    shop.json("answer", "g1", "yes")
    shop.until_idle()
    [goal] = shop.json("goals")
    assert goal["state"] == "landed", goal["reply"]
    assert (shop.repo / "shop" / "greeting.py").exists()
    assert shop.refused("answer", "G1", "yes")[0] == 1


def test_a_goal_in_one_shot_says_its_last_word_once(shop: Shop) -> None:
    said = shop.run("goal", "Add a greeting; review it", "--yes", "--wait")
    assert said.status == 0, said.err
    assert said.out.count("2 tasks, 1 file changed") == 1
    assert "1 check passed" in said.out


@pytest.mark.parametrize(
    "words", [["goal", "Add a greeting; review it", "--yes", "--wait"], ["session", "send", "S1", "Add a greeting", "--wait"]]
)
def test_work_goes_on_when_nobody_reads_any_more(shop: Shop, words: list[str]) -> None:
    shop.json("session", "new")
    watched = subprocess.Popen(
        [COMMAND, *words],
        cwd=shop.repo,
        env={**os.environ, "TELEVIBE_HOME": str(shop.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watched.stdout is not None
    assert watched.stdout.readline()
    watched.stdout.close()  # as ``| head -1`` does
    assert watched.wait(timeout=60) == 0
    assert watched.stderr is not None
    assert watched.stderr.read() == f"{GOES_ON}\n"
    shop.until_idle()
    done = [job["state"] for session in shop.json("sessions") for job in shop.json("session", "show", session["id"])["jobs"]]
    assert done
    assert set(done) == {"done"}


def test_an_agent_that_is_not_installed_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "claude: {path: /nonexistent/claude}\n")
    status, line = shop.refused("goal", "Add a greeting", "--agent", "claude", "--yes", "--wait")
    assert status == 1
    assert "the agent kind claude cannot be used here" in line
    assert "correct claude.path" in line
    assert shop.json("goals") == []


def test_a_session_whose_agent_is_not_installed_is_made_with_a_warning_and_given_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "claude: {path: /nonexistent/claude}\n")
    made = shop.run("session", "new", "--agent", "claude", "--branch", "work/greeting", "--json")  # no agent is started for it
    assert (made.status, json.loads(made.out)["id"]) == (0, "S1")
    assert made.err.startswith("S1 cannot take work yet: the agent kind claude cannot be used here: ")
    assert "correct claude.path" in made.err
    assert "cannot be used here" in shop.refused("session", "send", "S1", "do it")[1]

    routed = shop.json("route", "S1: Add a greeting")
    assert routed["session"] is None
    assert "S1 was named, but cannot work here" in routed["reason"]
    shop.json("goal", "Add a greeting to work/greeting")
    assert "cannot be used here" in shop.refused("answer", "G1", "use S1 for task 1")[1]
    shop.json("answer", "G1", "yes")
    shop.until_idle()
    [goal] = shop.json("goals")
    assert (goal["state"], goal["tasks"][0]["session_id"]) == ("landed", "S2")
    assert shop.json("session", "show", "S1")["jobs"] == []


def test_work_lands_on_the_branch_that_the_settings_name_now(shop: Shop) -> None:
    settings = shop.repo / ".televibe" / "config.yaml"
    settings.write_text(settings.read_text() + "default_branch: releases\n")
    git(shop.repo, "commit", "-qam", "land on releases")
    assert "the default branch releases does not exist" in shop.refused("goal", "Add a greeting", "--yes")[1]
    assert "the default branch releases does not exist" in shop.refused("session", "new")[1]

    before = git(shop.repo, "rev-parse", "main")
    git(shop.repo, "branch", "releases")
    landed = shop.json("goal", "Add a greeting", "--yes", "--wait")["landed"]
    assert landed["branch"] == "releases"
    assert git(shop.repo, "rev-parse", "releases") == landed["commit"]
    assert git(shop.repo, "rev-parse", "main") == before


def test_a_branch_that_is_taken_burns_no_session_id(shop: Shop) -> None:
    assert shop.refused("session", "new", "--branch", "main")[0] == 1
    assert shop.refused("session", "new", "--branch", "main/sub")[0] == 1
    assert shop.refused("session", "new", "--branch=-x")[0] == 2
    assert shop.json("session", "new", "--branch", "review/login", "--role", "reviewer")["id"] == "S1"


def test_a_session_from_new_to_closed(shop: Shop) -> None:
    made = shop.json("session", "new", "--branch", "feature/hello")
    assert (made["id"], made["state"], made["branch"]) == ("S1", "idle", "feature/hello")
    told = shop.json("session", "send", "S1", "Add a greeting", "--wait")
    assert told["job"]["state"] == "done"
    assert told["job"]["files_changed"] == ["shop/greeting.py"]
    asked = shop.run("session", "send", "S1", "Choose a colour", "--wait")
    assert "S1 asks: which colour?" in asked.out

    shop.json("session", "stop", "S1")
    assert "`televibe session resume S1` first" in shop.refused("session", "send", "S1", "more")[1]
    shop.json("session", "resume", "S1")
    (Path(made["worktree"]) / "draft.txt").write_text("the only copy\n")
    [kept] = shop.json("session", "close", "S1")["kept"]
    assert git(shop.repo, "show", f"{kept}:draft.txt") == "the only copy"
    assert git(shop.repo, "rev-parse", "feature/hello")
    assert not Path(made["worktree"]).exists()
    assert shop.json("session", "adopt", "--branch", "feature/hello")["adopted"] is True


async def test_sixteen_sessions_at_once(shop: Shop) -> None:
    async with workplace(Home(shop.home), shop.repo, engine=False) as place:
        made = await asyncio.gather(
            *(new_session(place.deps, "implementer", branch=f"work/{n}") for n in range(16)), return_exceptions=True
        )
    assert not [str(s) for s in made if isinstance(s, BaseException)]
    sessions = [s for s in made if isinstance(s, Session)]
    assert {s.id for s in sessions} == {f"S{n}" for n in range(1, 17)}
    assert all(Path(s.worktree).is_dir() for s in sessions)
    assert not list((shop.repo / ".git").rglob("*.lock"))


def test_the_machine_as_a_document(shop: Shop) -> None:
    machine = shop.json("graph")
    assert machine["start"]
    assert set().union(*machine.values()) <= machine.keys()
    assert subprocess.run(["git", "status", "--porcelain"], cwd=shop.repo, capture_output=True, check=True).stdout == b""
