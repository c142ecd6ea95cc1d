"""The context file on its way with the work: from a branch into the store, from the store onto the default branch."""

from __future__ import annotations

from pathlib import Path

from graphs.context_file import CARRIED
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.interface import ExportStatus
from orchestrator.nouns.work import GoalState
from orchestrator.verbs.context_file.parse import parse
from tests.line import line
from tests.repos import git

WITHOUT_TOOLS = """
scripts:
  - when: {role: implementer}
    steps:
      - edit:
          path: shop/greeting.py
          content: |
            def greet(name: str) -> str:
                '''A friendly word.'''
                return f"hello {name}"
      - edit:
          path: .televibe/context.yaml
          content: |
            interfaces:
              words:
                session: S9
                exports:
                  # for the shop window
                  - name: GREETINGS
                    file: shop/greetings.txt
                    description: One greeting a line
            decisions:
              - date: 2026-01-02
                session: S7
                decision: Greet by first name
                rationale: friendlier
            todos_for_others:
              - from: user
                to: anyone
                message: translate the greetings
      - commit: add a greeting
      - finish: the greeting is there
  - when: {role: reviewer}
    steps:
      - finish: approved, no changes wanted
  - when: {role: tester}
    steps:
      - edit: {path: tests/test_greeting.py, content: "# none yet\\n"}
      - commit: test the greeting
      - finish: tested
"""
GOAL = "Add a greeting function to the shop; review and test it"


async def test_what_a_session_without_tools_wrote_is_its_own_and_lands(tmp_path: Path) -> None:
    async with line(tmp_path, WITHOUT_TOOLS) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        assert goal.state is GoalState.landed, goal.reply
        async with shop.store.reading() as store:
            decisions = await store.decisions(goal.project_id)
            todos = await store.todos(goal.project_id)
            exports = await store.exports(goal.project_id)
    assert [(d.session_id, d.decision, d.rationale) for d in decisions] == [("S1", "Greet by first name", "friendlier")]
    assert [(t.from_session, t.to_session, t.message) for t in todos] == [("S1", None, "translate the greetings")]
    assert [(e.session_id, e.name, e.status) for e in exports if e.name == "GREETINGS"] == [("S1", "GREETINGS", ExportStatus.declared)]
    landed = git(shop.repo, "show", f"main:{FILE}")
    content = parse(landed, "landed")
    assert {(d.get("session"), d.get("decision")) for d in content.decisions} >= {("S1", "Greet by first name")}
    assert {e.get("name") for t in content.topics if t.session == "S1" for e in t.exports} == {"GREETINGS", "greet"}
    assert git(shop.repo, "log", "-1", "--format=%b", "main") == CARRIED
    assert git(shop.repo, "status", "--porcelain") == "", "the landed version stands in the main worktree"


async def test_a_human_who_edits_the_file_while_it_lands_loses_nothing(tmp_path: Path) -> None:
    async with line(tmp_path, WITHOUT_TOOLS) as shop:
        path = shop.repo / FILE
        path.write_text("# our window\ndecisions:\n  - decision: Open on Sundays\nhours: {sunday: 9-12}\n")
        seen = 0
        while not await shop.events(EventKind.context_read):
            seen = await shop.store.wait_for_news(seen, 0.2)
        goal = await shop.settled(await shop.give(GOAL))
        assert goal.state is GoalState.landed, goal.reply
    text = path.read_text()
    assert text.startswith("# our window\n")
    assert "hours: {sunday: 9-12}\n" in text
    assert {"Open on Sundays", "Greet by first name"} <= {d.get("decision") for d in parse(text, "x").decisions}
    assert "Open on Sundays" in git(shop.repo, "show", f"main:{FILE}")


async def test_a_goal_may_be_given_while_only_this_file_is_not_committed(tmp_path: Path) -> None:
    async with line(tmp_path, WITHOUT_TOOLS) as shop:
        first = await shop.settled(await shop.give(GOAL))
        assert first.state is GoalState.landed
        (shop.repo / FILE).write_text((shop.repo / FILE).read_text() + "# mine\n")
        assert git(shop.repo, "status", "--porcelain").strip() == f"M {FILE}"
        second = await shop.settled(await shop.give("Add a second greeting to the shop"))
        assert second.text


async def test_a_file_that_is_refused_on_main_stands_in_no_ones_way_and_is_kept(tmp_path: Path) -> None:
    async with line(tmp_path, WITHOUT_TOOLS) as shop:
        (shop.repo / FILE).write_text("decisions: [half written\n")
        goal = await shop.settled(await shop.give(GOAL))
        assert goal.state is GoalState.landed, goal.reply
        assert (shop.repo / FILE).read_text() == "decisions: [half written\n"
        assert "Greet by first name" in git(shop.repo, "show", f"main:{FILE}")
        refused = await shop.events(EventKind.context_refused)
        assert [e.text.count(f"{FILE}:1:") for e in refused] == [1]


async def test_switched_off_it_is_neither_read_nor_carried(tmp_path: Path) -> None:
    async with line(tmp_path, WITHOUT_TOOLS, "context_file: false\n") as shop:
        goal = await shop.settled(await shop.give(GOAL))
        assert goal.state is GoalState.landed, goal.reply
        async with shop.store.reading() as store:
            assert await store.decisions(goal.project_id) == []
    assert CARRIED not in git(shop.repo, "log", "--format=%B", "main")
