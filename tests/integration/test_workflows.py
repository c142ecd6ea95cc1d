"""Workflows run and steered, with the real store, git and machine: what is stored, what is refused, and where it ends."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.boundaries.workflow_files import template_text
from orchestrator.doors.chat_flow import answer_flow
from orchestrator.doors.output import Out
from orchestrator.engine.intents import stop_goal
from orchestrator.engine.sessions import close_session, new_session
from orchestrator.engine.workflows import continue_, go_on, known_to, pause, retry_stage, run_workflow, skip_stage
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.errors import NotReady, Refused, Unknown, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Stage, Workflow
from orchestrator.nouns.work import Goal, GoalState, TaskState
from orchestrator.verbs.converse import Flow, understand_line
from orchestrator.verbs.workflow.fill import filled
from orchestrator.verbs.workflow.read import read_workflow
from tests.line import Line, line, register, write_project

PARTS = """
scripts:
  - when: {role: implementer, words: [greeting]}
    steps:
      - edit: {path: shop/greeting.py, content: "HELLO = 'hello'\\n"}
      - commit: add a greeting
      - finish: the greeting is there
  - when: {role: implementer, words: [farewell]}
    steps:
      - edit: {path: shop/farewell.py, content: "BYE = 'bye'\\n"}
      - commit: add a farewell
      - finish: the farewell is there
  - when: {role: integrator}
    steps:
      - edit: {path: shop/words.py, content: "from shop import farewell, greeting\\n\\nALL = [greeting.HELLO, farewell.BYE]\\n"}
      - commit: bring them together
      - finish: together
"""


async def template(shop: Line, name: str, goal: str, *parts: str) -> Workflow:
    return filled(read_workflow(template_text(name), name, await known_to(shop.deps)), goal, parts)


async def test_parts_are_built_beside_each_other_and_land_together(tmp_path: Path) -> None:
    async with line(tmp_path, PARTS, queue=MemoryQueue()) as shop:
        flow = await template(shop, "parallel-integrate", "Greet people", "Add a greeting word", "Add a farewell word")
        goal = await run_workflow(shop.deps, flow)
        assert (goal.state, goal.workflow, goal.text) == (GoalState.working, "parallel-integrate", "Greet people")

        goal = await shop.settled(goal)
        assert goal.state is GoalState.landed, goal.reply
        tasks = await shop.tasks(goal)
        assert [(t.id, t.state.value, t.type.value, t.on_complete.value) for t in tasks] == [
            ("build-1", "done", "implement", "handoff"),
            ("build-2", "done", "implement", "handoff"),
            ("integrate", "done", "integrate", "merge"),
        ]
        assert (shop.repo / "shop" / "words.py").exists()
        assert (shop.repo / "shop" / "farewell.py").exists()
        [started] = await shop.events(EventKind.workflow_started)
        assert started.text == "G1 runs parallel-integrate, 3 stages: Greet people"
        assert not await shop.events(EventKind.goal_planned), "nothing was planned"


async def test_a_stage_of_a_session_is_done_there(tmp_path: Path) -> None:
    async with line(tmp_path, PARTS, queue=MemoryQueue()) as shop:
        mine = await new_session(shop.deps, "implementer", branch="words")
        flow = Workflow(name="mine", stages=(Stage(stage_id="greet", session=mine.id, instruction="Add a greeting"),))
        goal = await shop.settled(await run_workflow(shop.deps, filled(flow)))
        assert goal.state is GoalState.landed, goal.reply
        [task] = await shop.tasks(goal)
        assert (task.session_id, task.role, task.pinned) == (mine.id, "implementer", True)
        async with shop.store.reading() as store:
            assert [s.id for s in await store.sessions(goal.project_id)] == [mine.id], "no other was made"


async def test_what_cannot_be_run_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    async with line(tmp_path, PARTS, queue=MemoryQueue()) as shop:
        gone = await new_session(shop.deps, "implementer")
        await close_session(shop.deps, gone.id)
        closed = filled(Workflow(name="w", stages=(Stage(stage_id="a", session=gone.id, instruction="x"),)))
        circle = Workflow(name="w", stages=(Stage(stage_id="a", needs=("a",), instruction="x"),))
        with pytest.raises(UsageError, match="the workflow w cannot be run: session S1 is closed"):
            await run_workflow(shop.deps, closed)
        with pytest.raises(UsageError, match="the stages wait for each other: a → a"):
            await run_workflow(shop.deps, circle)
        (shop.repo / "README.md").write_text("changed\n")
        with pytest.raises(NotReady, match=r"uncommitted changes in README\.md"):
            await run_workflow(shop.deps, await template(shop, "tdd", "Add a greeting"))
        async with shop.store.reading() as store:
            assert not await store.goals()
        allowed = await run_workflow(shop.deps, await template(shop, "parallel-integrate", "Add a greeting"), allow_dirty=True)
        await stop_goal(shop.deps, allowed.id)


class Desk:
    """A project where nobody works: what is stored stays as it is put."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.deps = place.deps

    async def hear(self, line: str) -> str:
        """What the chat answers to a line about workflows."""
        flow = understand_line(line, [])
        assert isinstance(flow, Flow)
        stream = io.StringIO()
        await answer_flow(self.place, flow, None, Out.to(stream))
        return stream.getvalue()

    async def run(self, at: TaskState, /, **changed: object) -> Goal:
        """A run of one stage, ``a``, put into a state, as the goal is by ``changed``."""
        flow = filled(Workflow(name="w", stages=(Stage(stage_id="a", instruction="Add a greeting"),)))
        goal = (await run_workflow(self.deps, flow)).model_copy(update=changed)
        async with self.deps.store.writing() as tx:
            [task] = await tx.tasks(goal.id)
            await tx.put(goal, task.model_copy(update={"state": at, "session_id": "S7"}))
            await tx.record(NewEvent(kind=EventKind.task_routed, project_id=goal.project_id, goal_id=goal.id, text="put there"))
        return goal

    async def refusal(self, asked: Awaitable[object]) -> str:
        """The line of a refusal, or nothing."""
        try:
            await asked
        except Refused as refused:
            return refused.line()
        return ""

    async def events(self, goal: Goal) -> list[str]:
        async with self.deps.store.reading() as store:
            found = await store.events(goal_id=goal.id)
        return [e.kind.value for e in found if e.kind not in {EventKind.workflow_started, EventKind.task_routed}]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    repo, home = write_project(tmp_path, PARTS), Home(tmp_path / "home").ready()
    await register(home, repo)
    async with workplace(home, repo, engine=False) as place:
        yield Desk(place)


RETRIED_AND_SKIPPED = {
    TaskState.waiting: ("it waits for its turn — `televibe workflow show G` shows how it stands", ""),
    TaskState.dispatched: ("it is being worked on", "it is being worked on — `televibe session stop S7` stops its session"),
    TaskState.asking: ('it waits for your answer — `televibe session send S7 "…"` answers it', ""),
    TaskState.done: ('it is done — `televibe session send S7 "…"` gives its session more to do', "it is done"),
    TaskState.failed: ("", ""),
    TaskState.skipped: ("", "it was skipped — `televibe workflow retry G a` runs it after all"),
    TaskState.dropped: ("it was taken out", "it was taken out"),
}
"""What each is told, by the state of the stage; nothing where it is done."""


async def test_a_stage_is_retried_or_skipped_where_that_means_something(desk: Desk) -> None:
    for state, (retry, skip) in RETRIED_AND_SKIPPED.items():
        goal = await desk.run(state)
        for asked, said, told in ((retry_stage, "tried again", retry), (skip_stage, "skipped", skip)):
            line = (await desk.refusal(asked(desk.deps, goal.id, "a"))).replace(goal.id, "G")
            assert bool(line) == bool(told)
            assert line.startswith(f"a of G cannot be {said}: {told}" if told else "")
        events = ["task.retry_requested"] * (not retry) + ["task.skip_requested"] * (not skip)
        assert await desk.events(goal) == events, "a refusal leaves nothing behind"
    with pytest.raises(Unknown, match="G1 has no stage 'b'"):
        await skip_stage(desk.deps, "G1", "b")


async def test_a_run_that_does_not_run_has_no_stage_to_retry(desk: Desk) -> None:
    said = []
    for state in (GoalState.stopped, GoalState.landed, GoalState.proposed):
        goal = await desk.run(TaskState.failed, state=state)
        said.append(await desk.refusal(retry_stage(desk.deps, goal.id, "a")))
    assert said == [
        "G1 was cancelled — `televibe workflow resume G1` takes it up again",
        "G2 is over: it is landed — `televibe workflow run` begins a new one",
        "G3 has not begun: it is proposed — `televibe answer G3 yes` begins it",
    ]


async def test_a_run_is_held_once_and_freed_once(desk: Desk) -> None:
    goal = await desk.run(TaskState.waiting)
    assert "is not paused: it is working" in await desk.refusal(continue_(desk.deps, goal.id))
    assert (await pause(desk.deps, goal.id)).paused
    assert "is paused already — `televibe workflow resume G1`" in await desk.refusal(pause(desk.deps, goal.id))
    assert not (await go_on(desk.deps, goal.id)).paused
    assert "is not paused" in await desk.refusal(go_on(desk.deps, goal.id))
    assert await desk.events(goal) == ["workflow.paused", "workflow.continued"]


async def test_what_stands_still_for_any_reason_goes_on(desk: Desk) -> None:
    blocked = await desk.run(TaskState.failed, state=GoalState.blocked)
    assert "there is nothing to hold" in await desk.refusal(pause(desk.deps, blocked.id))
    await go_on(desk.deps, blocked.id)
    assert await desk.events(blocked) == ["goal.resumed"]
    held = await desk.run(TaskState.failed, state=GoalState.stopped, paused=True)
    await go_on(desk.deps, held.id)
    assert await desk.events(held) == ["workflow.continued", "goal.resumed"]


async def test_the_chat_runs_a_template_and_draws_it(desk: Desk) -> None:
    assert "templates: implement-review-test, parallel-integrate" in await desk.hear("/workflow")
    assert await desk.hear("/workflow tdd Add a farewell; mind the umlauts") == "", "its events are told as they come"
    assert "G1    tdd" in await desk.hear("workflow")
    drawn = await desk.hear("/workflow g1")
    assert drawn.startswith("G1 tdd  working")
    assert "write-tests" in drawn
    with pytest.raises(Unknown, match="there is no workflow file or template 'tddd'"):
        await desk.hear("/workflow tddd Add a farewell")
    with pytest.raises(UsageError, match="the workflow tdd needs a goal"):
        await desk.hear("/workflow tdd")
