"""``televibe workflow`` as a user types it: written, checked, run, watched, steered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli import Said, furnished_shop, televibe
from tests.cli import Shop as Furnished
from tests.integration.test_cli_frame import in_terminal
from tests.integration.test_cli_init import said
from tests.line import write_project

SCRIPT = """
scripts:
  - when: {role: implementer, words: [greeting]}
    steps:
      - edit: {path: shop/greeting.py, content: "HELLO = 'hello'\\n"}
      - commit: add a greeting
      - finish: the greeting is there
  - when: {role: implementer}
    steps: [{ask: which colour?}]
  - when: {role: reviewer}
    steps: [{finish: approved}]
  - when: {role: tester}
    steps:
      - edit: {path: tests/test_greeting.py, content: "import shop.greeting\\n"}
      - commit: test the greeting
      - finish: it is tested
"""
FLOW = """\
# yaml-language-server: $schema=workflow.schema.json
stages:
  - {stage_id: paint, role: implementer, instruction: "Choose a colour for {goal}"}
  - {stage_id: review, role: reviewer, needs: paint, instruction: Review it}
"""


A = "stage_id: a, instruction: x, needs: b, timout: 3"


class Shop:
    """A project with scripted agents. What works is a process of its own, as for a user; what only looks needs none."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str], home: Path) -> None:
        self.repo = write_project(directory, SCRIPT)
        self._home = home
        self._capsys = capsys
        assert self.ask("init").status == 0

    def work(self, *words: str) -> Said:
        return televibe(*words, home=self._home, cwd=self.repo)

    def ask(self, *words: str) -> Said:
        return said(self._capsys, *words, "--repo", self.repo)

    def json(self, *words: str) -> Any:
        told = self.ask(*words, "--json")
        assert (told.status, told.err) == (0, ""), told.err
        return json.loads(told.out)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], home_path: Path) -> Shop:
    return Shop(tmp_path, capsys, home_path)


def test_a_template_is_run_watched_and_lands(shop: Shop) -> None:
    told = shop.work("workflow", "run", "implement-review-test", "--goal", "Add a greeting", "--follow")
    assert told.status == 0, told.err
    first, *_, last = told.out.split("G1 implement-review-test")[1:]
    assert "· implement  waiting  new implementer" in first
    assert "✓ test       done  S3 tester" in last
    assert "(lands)" in last
    assert "landed on main" in told.out
    assert (shop.repo / "tests" / "test_greeting.py").exists()

    shown = shop.json("workflow", "show", "g1")
    assert (shown["id"], shown["name"], shown["state"], shown["paused"]) == ("G1", "implement-review-test", "landed", False)
    assert [(s["id"], s["state"], s["role"], s["session"], s["needs"], s["on_complete"]) for s in shown["stages"]] == [
        ("implement", "done", "implementer", "S1", [], "handoff"),
        ("review", "done", "reviewer", "S2", ["implement"], "handoff"),
        ("test", "done", "tester", "S3", ["review"], "merge"),
    ]
    assert {"round", "verdict", "seconds", "cost_usd", "why"} <= shown["stages"][0].keys()
    assert shop.json("workflow", "list") == [shown]
    assert json.loads(shop.ask("workflow", "show", "G1", "--follow", "--json").out) == shown
    assert shop.ask("workflow", "pause", "G1").err.startswith("G1 is landed: there is nothing to hold")
    assert shop.ask("workflow", "retry", "G1", "tset").err == "G1 has no stage 'tset' — did you mean 'test'?\n"


def test_a_stage_that_asks_shows_its_question_and_is_answered_from_anywhere(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)
    told = shop.work("workflow", "run", str(tmp_path / "flow.yaml"), "--goal", "the door", "--wait", "--json")
    assert told.status == 1, "it needs the user"
    [paint, review] = json.loads(told.out)["stages"]
    assert (paint["question"], review["why"]) == ("which colour?", "waits for paint")
    shown = shop.ask("workflow", "show", "G1").out
    assert "? paint   asking   S1 implementer" in shown
    assert "which colour?" in shown
    assert 'televibe session send S1 "…"' in shown

    assert shop.work("session", "send", "S1", "make it a greeting", "--wait").status == 0
    assert shop.json("workflow", "show", "G1")["state"] == "landed"


class TestFiles:
    """What can be asked of a file."""

    def test_a_file_is_checked_anywhere(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
        good.write_text(FLOW.replace("role: reviewer", "session: S3"))
        bad.write_text(f"stages:\n  - {{{A}}}\n  - {{stage_id: b, instruction: x, role: nobody}}\n")
        told = said(capsys, "workflow", "check", good, "--repo", tmp_path)
        assert told.status == 0
        assert "2 stages, nothing wrong" in told.out
        assert "the sessions that it names were not looked up" in told.out
        told = said(capsys, "workflow", "check", bad, "--repo", tmp_path)
        assert (told.status, told.err) == (2, "")
        assert told.out.splitlines() == [f"{bad}:2:45: timout: unknown key — did you mean 'timeout'?"]
        bad.write_text(bad.read_text().replace(", timout: 3", ""))
        faults = json.loads(said(capsys, "workflow", "check", bad, "--repo", tmp_path, "--json").out)["faults"]
        assert [(f["line"], f["column"], f["what"]) for f in faults] == [(3, 35, "there is no role 'nobody'")]

    def test_a_template_is_a_file_to_start_from(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        text = said(capsys, "workflow", "templates", "tdd").out
        (tmp_path / "mine.yaml").write_text(text)
        (tmp_path / "workflow.schema.json").write_text(said(capsys, "workflow", "schema").out)
        assert "$schema=workflow.schema.json" in text.splitlines()[0]
        assert said(capsys, "workflow", "check", tmp_path / "mine.yaml", "--repo", tmp_path).status == 0
        assert json.loads((tmp_path / "workflow.schema.json").read_text())["title"] == "TeleVibe workflow"
        first, *_ = json.loads(said(capsys, "workflow", "templates", "--json").out)
        assert (first["name"], first["stages"]) == ("implement-review-test", ["implement", "review", "test"])
        assert said(capsys, "workflow", "templates", "tddd").err.startswith(
            "there is no workflow template 'tddd' — did you mean 'tdd'?"
        )


WRONG: list[tuple[list[str], int, str]] = [
    (["run", "tddd"], 1, "there is no workflow file or template 'tddd' — did you mean 'tdd'?; a file is named with its .yaml"),
    (["run", "tdd"], 2, 'the workflow tdd needs a goal — televibe workflow run tdd --goal "…"'),
    (["run", "tdd", "--goal", "x", "--part", "y"], 2, "the workflow tdd does not work in parts"),
    (["run", "flow.yaml"], 1, "there is no file flow.yaml — templates: implement-review-test"),
    (["run", "tdd", "--goal", "x", "--agent", "cluade"], 1, "there is no agent kind 'cluade'"),
    (["run", "/nonexistent/flow.yaml"], 1, "there is no file /nonexistent/flow.yaml"),
    (["run", "tdd", "--goal", "x", "--wait", "--follow"], 2, "--wait and --follow both watch — use one of them"),
    (["show", "G9"], 1, "no goal G9"),
    (["cancel", "G9"], 1, "no goal G9"),
    (["retry", "G1", "T9"], 1, "G1 has no stage 'T9' — stages: T1, T2"),
    (["skip", "G1", "T1"], 1, "T1 of G1 cannot be skipped: it is being worked on — `televibe session stop S1` stops its session"),
    (["resume", "G1"], 1, "G1 is not paused: it is working"),
]


class TestWhatIsStored:
    """A planned goal is a workflow too: it is shown and steered in the same way."""

    @pytest.fixture
    async def shop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Furnished:
        shop = await furnished_shop(tmp_path)
        monkeypatch.setenv("TELEVIBE_HOME", str(shop.home.path))
        return shop

    def test_wrong_words_are_one_line(self, shop: Furnished, capsys: pytest.CaptureFixture[str]) -> None:
        for words, status, line in WRONG:
            told = said(capsys, "workflow", *words, "--repo", shop.repo)
            assert (told.status, told.out) == (status, ""), told
            assert told.err.startswith(line)
            assert told.err.count("\n") == 1

    def test_it_is_listed_and_drawn(self, shop: Furnished, capsys: pytest.CaptureFixture[str]) -> None:
        listed = ["workflow", "list", "--json", "--repo", str(shop.repo)]
        assert json.loads(said(capsys, *listed).out) == []
        [run] = json.loads(said(capsys, *listed, "--all").out)
        assert (run["id"], run["name"], [s["needs"] for s in run["stages"]]) == ("G1", "planned", [[], ["T1"]])
        drawn = said(capsys, "workflow", "show", "G1", "--repo", shop.repo).out
        assert drawn.splitlines()[1:] == [
            "Add tax; test it",
            "",
            "  ▸ T1  dispatched  S1 implementer",
            "  │",
            "  · T2  waiting     new tester      ← T1",
            "      waits for T1",
        ]

    def test_looking_imports_nothing_of_what_takes_seconds(self, shop: Furnished) -> None:
        program = (
            "import sys; from orchestrator.doors.cli import televibe\n"
            "for words in (['list'], ['show', 'G1'], ['templates'], ['schema'], ['check', 'tdd']): televibe(['workflow', *words])\n"
            "sys.exit(','.join(sorted({'langgraph', 'anthropic', 'chromadb', 'dbos'} & set(sys.modules))) or 0)"
        )
        ran = subprocess.run([sys.executable, "-c", program], cwd=shop.repo, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")

    def test_colours_and_width_are_the_terminals(self, shop: Furnished) -> None:
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "40"}
        env.pop("NO_COLOR", None)
        words = ["workflow", "show", "G1", "--repo", str(shop.repo)]
        assert "\x1b[33m" in in_terminal(*words, env=env)
        plain = in_terminal(*words, env={**env, "NO_COLOR": "1"})
        assert "\x1b[3" not in plain
        assert max(map(len, plain.splitlines())) <= 40
        assert "new tester" in plain
