"""Stories of a goal on its way to the default branch, through the real engine, git, store and queue."""

from __future__ import annotations

import subprocess
from pathlib import Path

from orchestrator.engine.intents import instruct, resume_goal, stop_goal
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import JobState
from orchestrator.nouns.session import SessionState
from orchestrator.nouns.work import GoalState, TaskState
from tests.line import line

ADD_GREETING = """
scripts:
  - when: {role: implementer}
    steps:
      - edit:
          path: shop/greeting.py
          content: |
            def greet(name: str) -> str:
                '''A friendly word.'''
                return f"hello {name}"
      - commit: add a greeting
      - finish: the greeting is there
  - when: {role: reviewer}
    steps:
      - say: reads well
      - finish: approved, no changes wanted
  - when: {role: tester}
    steps:
      - edit:
          path: tests/test_greeting.py
          content: |
            import unittest

            from shop.greeting import greet


            class GreetingTest(unittest.TestCase):
                def test_greet(self) -> None:
                    self.assertEqual(greet("Ada"), "hello Ada")
      - commit: test the greeting
      - finish: one test, it passes
"""
GOAL = "Add a greeting function to the shop; review and test it"


def on_main(repo: Path) -> set[str]:
    out = subprocess.run(["git", "ls-tree", "-r", "--name-only", "main"], cwd=repo, capture_output=True, text=True, check=True)
    return set(out.stdout.split())


async def test_a_goal_becomes_reviewed_tested_work_on_main(tmp_path: Path) -> None:
    async with line(tmp_path, ADD_GREETING) as shop:
        goal = await shop.settled(await shop.give(GOAL))

        assert goal.state is GoalState.landed, goal.reply
        assert {"shop/greeting.py", "tests/test_greeting.py"} <= on_main(shop.repo)
        assert (shop.repo / "shop" / "greeting.py").exists(), "the main worktree follows its branch"
        tasks = await shop.tasks(goal)
        assert [t.type.value for t in tasks] == ["implement", "review", "test"]
        assert all(t.state is TaskState.done for t in tasks)
        handed = await shop.events(EventKind.handoff_made)
        assert [(e.data["from"], e.data["to"]) for e in handed] == [("S1", "S2"), ("S2", "S3")]


async def test_what_one_session_exports_is_in_the_next_ones_brief(tmp_path: Path) -> None:
    async with line(tmp_path, ADD_GREETING) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        async with shop.store.reading() as store:
            exports = await store.exports(goal.project_id)
            jobs = await store.jobs(goal_id=goal.id)

        assert [(e.name, e.signature, e.description) for e in exports if e.session_id == "S1"] == [
            ("greet", "def greet(name: str) -> str", "A friendly word.")
        ]
        review = next(j for j in jobs if j.session_id == "S2")
        assert "def greet(name: str) -> str" in review.brief
        assert "shop/greeting.py" in review.brief


async def test_red_checks_keep_main_as_it_was_and_say_so(tmp_path: Path) -> None:
    broken = ADD_GREETING.replace('"hello Ada")', '"goodbye Ada")')
    async with line(tmp_path, broken) as shop:
        goal = await shop.settled(await shop.give(GOAL))

        assert goal.state is GoalState.blocked
        assert "check failed" in goal.reply
        assert "shop/greeting.py" not in on_main(shop.repo)


async def test_the_plan_waits_for_approval_and_survives_a_restart(tmp_path: Path) -> None:
    async with line(tmp_path, ADD_GREETING) as shop:
        goal = await shop.settled(await shop.give(GOAL, approve=False))
        assert goal.state is GoalState.proposed
        assert not await shop.events(EventKind.session_created), "nothing is spawned before the user agrees"
    async with line(tmp_path, ADD_GREETING) as shop:
        await shop.answer(goal, "drop the review")
        goal = await shop.settled(goal)
        assert goal.state is GoalState.proposed
        assert goal.plan_revision == 2
        await shop.answer(goal, "yes")
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        done = [t.type.value for t in await shop.tasks(goal) if t.state is TaskState.done]
        assert done == ["implement", "test"]


async def test_a_denied_plan_changes_nothing(tmp_path: Path) -> None:
    async with line(tmp_path, ADD_GREETING) as shop:
        goal = await shop.settled(await shop.give(GOAL, approve=False))
        await shop.answer(goal, "no")
        goal = await shop.settled(goal)

        assert goal.state is GoalState.denied
        assert not await shop.events(EventKind.session_created)


async def test_done_without_a_commit_is_not_believed(tmp_path: Path) -> None:
    idle = "scripts:\n  - steps:\n      - say: thinking\n      - finish: all done\n"
    async with line(tmp_path, idle) as shop:
        goal = await shop.settled(await shop.give("Add a greeting function to the shop"))

        assert goal.state is GoalState.blocked
        assert "no commit" in goal.reply
        async with shop.store.reading() as store:
            jobs = await store.jobs(goal_id=goal.id)
        assert [j.state for j in jobs] == [JobState.failed, JobState.failed], "it was tried twice"


async def test_a_question_waits_for_the_user_and_the_answer_goes_on(tmp_path: Path) -> None:
    asking = """
scripts:
  - when: {words: [English]}
    steps:
      - edit: {path: shop/greeting.py, content: "GREETING = 'hello'\\n"}
      - commit: greet in English
      - finish: done in English
  - steps:
      - ask: which language?
"""
    async with line(tmp_path, asking) as shop:
        goal = await shop.settled(await shop.give("Add a greeting function to the shop"))
        assert goal.state is GoalState.blocked
        assert "which language?" in goal.reply
        async with shop.store.reading() as store:
            assert (await store.session("S1")).state is SessionState.waiting
        await instruct(shop.deps, "S1", "In English, please")
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply


async def test_stop_and_resume(tmp_path: Path) -> None:
    hanging = """
scripts:
  - when: {attempt: 1}
    steps:
      - edit: {path: shop/a.py, content: "A = 1\\n"}
      - commit: first half
      - hang: true
"""
    async with line(tmp_path, hanging) as shop:
        goal = await shop.give("Add a greeting function to the shop")
        while not await shop.events(EventKind.job_progress):
            await shop.store.wait_for_news(0, 0.2)
        await shop.until(goal, GoalState.working)
        while not any("commit" in e.text for e in await shop.events(EventKind.job_progress)):
            await shop.store.wait_for_news(0, 0.1)
        await stop_goal(shop.deps, goal.id)
        goal = await shop.settled(goal)
        assert goal.state is GoalState.stopped
        async with shop.store.reading() as store:
            job = (await store.jobs(goal_id=goal.id))[0]
        assert job.state is JobState.cancelled
        assert job.files_changed == ("shop/a.py",), "what it made before the stop is known and kept"
        (tmp_path / "script.yaml").write_text(
            'scripts:\n  - steps:\n      - append: {path: shop/a.py, content: "B = 2\\n"}\n'
            "      - commit: second half\n      - finish: done\n"
        )
        (shop.repo / ".televibe" / "config.yaml").touch()
        await resume_goal(shop.deps, goal.id)
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        assert "shop/a.py" in on_main(shop.repo)
