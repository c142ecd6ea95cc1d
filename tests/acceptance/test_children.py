"""A parent makes children, gives them work, is woken once with all results, and gets no further than its caps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.doors.output import Out
from orchestrator.doors.sessions import list_sessions, show_session
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import instruct, resume_session, stop_goal, stop_session
from orchestrator.engine.sessions import close_session
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.message import MessageType
from orchestrator.nouns.policy import HierarchyPolicy
from orchestrator.nouns.session import SessionState
from orchestrator.nouns.work import GoalState, TaskState, TaskType
from tests.acceptance.test_requests import as_session, asks, request, said_to, sessions
from tests.acceptance.test_talk import jobs, script, scripts, team
from tests.flow import begin, stage
from tests.line import Line, line
from tests.repos import git

ORCHESTRATES = script(
    "has two made and waits",
    "- tool: {name: spawn_session, arguments: {role: implementer, title: the form, instruction: write the form}}",
    "- tool: {name: spawn_session, arguments: {role: tester, title: the tests}}",
    "- tool: {name: assign, arguments: {to_session: S3, instruction: write the tests}}",
    "- tool: {name: wait_for, arguments: {}}",
    "- finish: I wait for both",
    role="orchestrator",
    word="begin",
)
GOES_ON = script(
    "judges the results",
    "- tool: {name: wait_for, arguments: {assignments: [A1, A2]}}",
    "- finish: both are there",
    role="orchestrator",
    word="settle",
)
FORM = script(
    "writes the form",
    "- edit: {path: shop/form.py, content: FORM = 1}",
    "- commit: add a form",
    "- cost: {usd: 0.5, tokens_in: 600, tokens_out: 400}",
    "- finish: the form is there",
    role="implementer",
)
TESTS = script(
    "writes the tests",
    "- edit: {path: tests/test_form.py, content: FORM = 1}",
    "- commit: test the form",
    "- cost: {usd: 0.25, tokens_in: 100, tokens_out: 100}",
    "- finish: the tests are there",
    role="tester",
)
FAMILY = (ORCHESTRATES, GOES_ON, FORM, TESTS)


async def assignments(shop: Line) -> list[Assignment]:
    async with shop.store.reading() as store:
        return await store.assignments(shop.deps.project.id)


async def does(shop: Line, id_: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers a session."""
    return (await call_tool(shop.deps, await as_session(shop, id_), tool, arguments)).model_dump()


def capped(shop: Line, **caps: Any) -> Line:
    """The same line under other caps; only for calls of tools in this process."""
    policy = shop.deps.policy.model_copy(update={"hierarchy": HierarchyPolicy(**caps)})
    return replace(shop, deps=replace(shop.deps, policy=policy))


async def test_two_children_are_made_and_the_parent_is_woken_once_with_both_results(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(*FAMILY)) as shop:
        await team(shop, "orchestrator")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()

        made = await sessions(shop)
        assert [(s.id, s.role, s.parent, s.agent) for s in made.values()] == [
            ("S1", "orchestrator", None, "scripted"),
            ("S2", "implementer", "S1", "scripted"),
            ("S3", "tester", "S1", "scripted"),
        ]
        assert made["S2"].base_commit == git(shop.repo, "rev-parse", "main"), "its parent has no commits"
        first, second = await assignments(shop)
        assert [(a.parent, a.child, a.state, a.instruction) for a in (first, second)] == [
            ("S1", "S2", AssignmentState.done, "write the form"),
            ("S1", "S3", AssignmentState.done, "write the tests"),
        ]
        assert "the form is there" in first.result
        assert "add a form" in first.result
        (told,) = await said_to(shop, "S1")
        assert told.type is MessageType.response
        assert [j.session_id for j in await jobs(shop) if j.session_id == "S1"] == ["S1", "S1"], "called once"
        heard = (await jobs(shop))[-1]
        assert "All that you waited for is over (2)." in heard.brief
        assert "A1 (S2) is done" in heard.brief
        assert "A2 (S3) is done" in heard.brief
        assert {e.data["id"] for e in await shop.events(EventKind.assignment_ended)} == {"A1", "A2"}
        listed = {s["id"]: s for s in (await does(shop, "S2", "list_sessions"))["sessions"]}
        assert (listed["S1"]["children"], listed["S3"]["parent"]) == (("S2", "S3"), "S1")
        again = await does(shop, "S1", "wait_for")
        assert [r["state"] for r in again["assignments"]] == ["done", "done"]
        assert (again["waiting_for"], again["what_now"]) == ((), "All of these are over; nothing is waited for.")


async def test_the_family_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async with line(tmp_path, scripts(*FAMILY), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
    monkeypatch.setenv("TELEVIBE_HOME", str(tmp_path / "home"))
    out = Out.to()
    await list_sessions(shop.repo, out, everything=False, as_json=False)
    rows = [row.split()[:3] for row in capsys.readouterr().out.splitlines()]
    assert rows == [["id", "of", "role"], ["S1", "-", "orchestrator"], ["S2", "S1", "implementer"], ["S3", "S1", "tester"]]
    await show_session(shop.repo, "S1", out, as_json=False)
    shown = capsys.readouterr().out
    assert "children:  S2 (implementer, idle), S3 (tester, idle)" in shown
    assert "A1          done   S1    S2  write the form" in shown
    await show_session(shop.repo, "S2", out, as_json=False)
    assert "parent:    S1" in capsys.readouterr().out


async def test_said_again_it_is_the_same_child_and_the_same_assignment(tmp_path: Path) -> None:
    slow = script("works", '- run: "until [ -e ../../../../go ]; do sleep 0.02; done"', "- finish: done", role="implementer")
    async with line(tmp_path, scripts(slow), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        wanted = {"role": "implementer", "title": "the form", "instruction": "write it"}
        twice = [await does(shop, "S1", "spawn_session", **wanted) for _ in range(2)]
        assert twice[0] == twice[1]
        assert (twice[0]["session"], twice[0]["assignment"]) == ("S2", "A1")
        assert (await does(shop, "S1", "assign", to_session="S2", instruction="write it"))["assignment"] == "A1"
        assert (await does(shop, "S1", "spawn_session", role="implementer", title="another"))["session"] == "S3"
        (tmp_path / "go").touch()
        await shop.engine.until_idle()
        assert (await does(shop, "S1", "assign", to_session="S2", instruction="write it"))["assignment"] == "A2", (
            "it is over: once more"
        )
        await close_session(shop.deps, "S3")
        assert (await does(shop, "S1", "spawn_session", role="implementer", title="another"))["session"] == "S4"
        await shop.engine.until_idle()


async def test_a_child_starts_at_its_parents_head_if_that_has_commits(tmp_path: Path) -> None:
    lead = "roles:\n  - {name: lead, description: Leads, allowed_actions: [read, write, orchestrate], writes: ['**']}\n"
    drafts = script("drafts", "- edit: {path: plan.md, content: first the form}", "- commit: plan", "- finish: planned", role="lead")
    async with line(tmp_path, scripts(drafts), lead, queue=MemoryQueue()) as shop:
        await team(shop, "lead")
        await instruct(shop.deps, "S1", "plan it")
        await shop.engine.until_idle()
        made = await does(shop, "S1", "spawn_session", role="implementer", title="the form")
        assert made["starts_at"] == git(shop.repo, "rev-parse", "televibe/s1-lead") != git(shop.repo, "rev-parse", "main")
        assert (Path((await sessions(shop))["S2"].worktree) / "plan.md").read_text() == "first the form"


async def test_each_cap_refuses_in_one_line_that_names_it(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(*FAMILY), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()  # $0.75 and 1200 tokens

        async def refused(tight: Line, who: str, tool: str, **arguments: Any) -> str:
            with pytest.raises(Refused) as error:
                await does(tight, who, tool, **arguments)
            return error.value.line()

        more = {"role": "tester", "title": "more"}
        assert "S1 has 2 live children; 2 are allowed (hierarchy.children)" in await refused(
            capped(shop, children=2), "S1", "spawn_session", **more
        )
        below = {"role": "orchestrator", "title": "below"}
        child = (await does(capped(shop, depth=1), "S1", "spawn_session", **below))["session"]
        assert "(hierarchy.depth)" in await refused(capped(shop, depth=1), child, "spawn_session", **more)
        work = {"to_session": "S2", "instruction": "more of it"}
        assert "1,200 of 1,200 tokens (hierarchy.tokens)" in await refused(capped(shop, tokens=1200), "S1", "assign", **work)
        assert "$0.75 of $0.50 (hierarchy.usd)" in await refused(capped(shop, usd=0.5), "S1", "assign", **work)
        grandchild = await refused(capped(shop, usd=0.5), child, "spawn_session", **more)
        assert "the sessions below S1" in grandchild, "what its parent's parent may is no more for being one further down"
        assert [a.id for a in await assignments(shop)] == ["A1", "A2"]
        with pytest.raises(UsageError, match=r"spawn_session: .*depth.* is not a parameter"):
            await does(shop, "S1", "spawn_session", **more, depth=9)


async def test_the_budget_is_looked_at_again_when_a_job_starts(tmp_path: Path) -> None:
    caps = "hierarchy: {usd: 0.6}\nlimits: {parallel_jobs: 1}\n"
    async with line(tmp_path, scripts(*FAMILY), caps, queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        for title in ("one", "two", "three"):
            await does(shop, "S1", "spawn_session", role="implementer", title=title, instruction="write the form")
        await shop.engine.until_idle()
        ended = await assignments(shop)
        assert [a.state for a in ended] == [AssignmentState.done, AssignmentState.failed, AssignmentState.failed]
        assert "it would cost more than the budget of $0.10" in ended[1].result, "what is left is all that an agent gets"
        spent = capped(shop, usd=0.5)
        assert spent.deps.policy.hierarchy.usd == 0.5
        with pytest.raises(Refused, match=r"hierarchy\.usd"):
            await does(spent, "S1", "assign", to_session="S2", instruction="once more")


async def test_a_job_that_waited_is_not_started_when_the_budget_is_used_up(tmp_path: Path) -> None:
    dear = script(
        "costs", '- run: "until [ -e ../../../../go ]; do sleep 0.02; done"', "- cost: {usd: 0.5}", "- finish: done", role="reviewer"
    )
    async with line(tmp_path, scripts(dear), "hierarchy: {usd: 0.5}\nlimits: {parallel_jobs: 1}\n", queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        for title in ("one", "two"):
            await does(shop, "S1", "spawn_session", role="reviewer", title=title, instruction="read it")
        (tmp_path / "go").touch()
        await shop.engine.until_idle()
        done, failed = await assignments(shop)
        assert done.state is AssignmentState.done
        assert "the sessions below S1 have cost $0.50 of $0.50 (hierarchy.usd)" in failed.result
        assert any("A2 (S3) is failed" in m.content for m in await said_to(shop, "S1"))


async def test_only_who_orchestrates_has_children_and_only_over_its_own(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(*FAMILY), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator", "implementer", "orchestrator")
        with pytest.raises(Refused, match="spawn_session is not for the role implementer"):
            await does(shop, "S2", "spawn_session", role="tester", title="x")
        with pytest.raises(Refused, match="S2 is no live session below S1"):
            await does(shop, "S1", "assign", to_session="S2", instruction="work for me")
        with pytest.raises(UsageError, match="there is no role 'wizard'"):
            await does(shop, "S1", "spawn_session", role="wizard", title="x")
        await does(shop, "S1", "spawn_session", role="orchestrator", title="below")
        await does(shop, "S4", "spawn_session", role="tester", title="further below")
        assert (await does(shop, "S1", "assign", to_session="S5", instruction="test it"))["assignment"] == "A1"
        with pytest.raises(Refused, match="S5 is no live session below S3"):
            await does(shop, "S3", "assign", to_session="S5", instruction="mine")
        with pytest.raises(Refused, match="A1 is no assignment of S3"):
            await does(shop, "S3", "wait_for", assignments=["A1"])
        await shop.engine.until_idle()
        user = await call_tool(shop.deps, Caller(None), "assign", {"to_session": "S2", "instruction": "write the form"})
        assert user.model_dump()["assignment"] == "A2"
        await shop.engine.until_idle()
        assert "A2 (S2) is done" in (await said_to(shop, None))[-1].content, "the user hears of it"


async def test_a_child_that_is_closed_or_stopped_ends_what_it_was_given_and_its_parent_is_called(tmp_path: Path) -> None:
    hangs = script("hangs", "- hang", role="implementer")
    async with line(tmp_path, scripts(hangs, GOES_ON), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        for title in ("one", "two"):
            await does(shop, "S1", "spawn_session", role="implementer", title=title, instruction="go on")
        while len(await shop.events(EventKind.job_running)) < 2:
            await shop.store.wait_for_news(0, 0.05)
        waits = await does(shop, "S1", "wait_for")
        assert waits["waiting_for"] == ("A1", "A2")
        assert waits["what_now"].startswith("End your turn now")
        await stop_session(shop.deps, "S2")
        while len(await shop.events(EventKind.assignment_ended)) < 1:
            await shop.store.wait_for_news(0, 0.05)
        assert not await said_to(shop, "S1"), "the other one is awaited still"
        await stop_session(shop.deps, "S3")
        await shop.engine.until_idle()
        assert [a.state for a in await assignments(shop)] == [AssignmentState.cancelled, AssignmentState.cancelled]
        (told,) = await said_to(shop, "S1")
        assert "A1 (S2) is cancelled" in told.content
        assert "A2 (S3) is cancelled" in told.content
        with pytest.raises(Refused, match="S2 was stopped by the user and takes no work"):
            await does(shop, "S1", "assign", to_session="S2", instruction="once more")
        await close_session(shop.deps, "S3")
        with pytest.raises(Refused, match="S3 is no live session below S1"):
            await does(shop, "S1", "assign", to_session="S3", instruction="once more")


async def test_a_child_that_asks_the_user_goes_on_with_its_assignment_when_it_is_answered(tmp_path: Path) -> None:
    unsure = script("asks", "- ask: old or new?", role="implementer", word="form")
    knows = script("goes on", "- finish: the new one", role="implementer", word="new")
    async with line(tmp_path, scripts(unsure, knows), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        await does(shop, "S1", "spawn_session", role="implementer", title="one", instruction="write the form")
        await shop.engine.until_idle()
        assert [a.state for a in await assignments(shop)] == [AssignmentState.open]
        await instruct(shop.deps, "S2", "the new one")
        await shop.engine.until_idle()
        (ended,) = await assignments(shop)
        assert (ended.state, ended.job_id) == (AssignmentState.done, "J2")


async def test_a_parent_and_its_child_that_wait_for_each_other_are_told(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(script("any", "- hang")), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        await does(shop, "S1", "spawn_session", role="implementer", title="one", instruction="write the form")
        await asks(shop, "S2", "S1", "which form?")
        waits = await does(shop, "S1", "wait_for")
        assert waits["waiting_for"] == ()
        assert "Not waited for: S2 waits for S1 (R1); S1 waits for S2 (A1)" in waits["what_now"]
        assert not (await assignments(shop))[0].awaited
        assert {m.to_session for m in [*await said_to(shop, "S1"), *await said_to(shop, "S2")] if m.type is MessageType.notice} == {
            "S1", "S2",
        }  # fmt: skip
        await does(shop, "S1", "complete_request", request_id="R1", response="the long one")
        assert (await does(shop, "S1", "wait_for"))["waiting_for"] == ("A1",)
        await asks(shop, "S2", "S1", "and which colour?")
        assert (await request(shop, "R2")).response.startswith("you would wait for each other: S1 waits for S2 (A1)")
        await stop_session(shop.deps, "S2")
        await stop_session(shop.deps, "S1")
        await shop.engine.until_idle()


async def test_a_stopped_parent_is_called_when_it_is_resumed(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(*FAMILY), queue=MemoryQueue()) as shop:
        await team(shop, "orchestrator")
        given = await does(shop, "S1", "spawn_session", role="implementer", title="one", instruction="write the form")
        await does(shop, "S1", "wait_for", assignments=[given["assignment"]])
        await stop_session(shop.deps, "S1")
        await shop.engine.until_idle()
        assert [j.session_id for j in await jobs(shop)] == ["S2"]
        await resume_session(shop.deps, "S1")
        await shop.engine.until_idle()
        assert [j.session_id for j in await jobs(shop)] == ["S2", "S1"]
        assert (await sessions(shop))["S1"].state is SessionState.idle


async def test_a_task_whose_session_waits_for_its_children_is_done_when_it_has_their_results(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(*FAMILY)) as shop:
        await team(shop, "orchestrator")
        goal = await shop.give("Review the cart", approve=False)
        await shop.settled(goal)
        async with shop.store.writing() as tx:
            (task,) = await tx.tasks(goal.id)
            own = {"session_id": "S1", "role": "orchestrator", "instruction": "begin", "pinned": True}
            await tx.put(task.model_copy(update=own))
            await tx.record(NewEvent(kind=EventKind.task_routed, project_id=goal.project_id, goal_id=goal.id, text="to S1"))
        await shop.answer(await shop.goal(goal), "yes")
        done = await shop.settled(goal)
        (task,) = await shop.tasks(goal)
        of_goal = [j for j in await jobs(shop) if j.goal_id == goal.id]
        assert [(j.session_id, j.task_id) for j in of_goal] == [("S1", task.id), ("S1", task.id)], "the second job is the task's, too"
        assert task.state is TaskState.done
        ended = (await shop.events(EventKind.task_done))[0]
        assert ended.job_id == of_goal[1].id, "and not before"
        assert done.state is GoalState.finished


async def test_a_goal_that_is_stopped_stops_what_the_children_do_for_it(tmp_path: Path) -> None:
    hangs = script("hangs", "- say: thinking", "- hang", role="implementer")
    async with line(tmp_path, scripts(ORCHESTRATES, hangs, TESTS), queue=MemoryQueue()) as shop:
        lead = stage("lead", TaskType.review, role="orchestrator", instruction="begin")
        goal = await begin(shop, lead)
        while not any(e.session_id == "S2" for e in await shop.events(EventKind.job_running)):
            await shop.store.wait_for_news(0, 0.05)
        await stop_goal(shop.deps, goal.id)
        goal = await shop.settled(goal)

        assert goal.state is GoalState.stopped
        assert "S1" not in {e.session_id for e in await shop.events(EventKind.session_called)}, "it is not woken for that"
        assert {a.child: a.state for a in await assignments(shop)}["S2"] is AssignmentState.cancelled
        assert all(j.state.over for j in await jobs(shop))
