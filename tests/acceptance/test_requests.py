"""Requests to a role and to the user: somebody is found or made, the answer wakes the asker, and nobody waits in a circle."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from graphs.request_nodes import assign_request
from graphs.spawning import Wanted
from graphs.state import arrived
from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.coordination.expiry import expire
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import instruct, stop_session
from orchestrator.engine.reply import answer_request, reply
from orchestrator.engine.sessions import close_session
from orchestrator.nouns.errors import Refused, TeleVibeError, UsageError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.message import Author, Message, MessageState, MessageType, Request, RequestState
from orchestrator.nouns.session import Session, SessionState
from tests.acceptance.test_talk import jobs, messages, script, scripts, team
from tests.line import Line, line
from tests.repos import git

LOGIN = script(
    "writes a login and has it looked at",
    '- edit: {path: shop/login.py, content: "def check(token: str) -> bool:\\n    return token != \\"\\"\\n"}',
    "- commit: add a login",
    "- tool: {name: create_request, arguments: {to_role: security, request_type: review, context: Is the token check in login safe?}}",
    "- finish: I wait for the review",
    role="implementer",
    word="begin",
)
HEARS = script("hears the answer", "- finish: then I compare it in constant time", role="implementer", word="settle")
SECURITY = script(
    "looks",
    "- tool: {name: get_pending_requests, arguments: {}}",
    "- run: git diff main...HEAD",
    '- say: "{{ last }}"',
    "- tool: {name: accept_request, arguments: {request_id: R1}}",
    '- tool: {name: complete_request, arguments: {request_id: R1, response: "shop/login.py:2 leaks by timing"}}',
    "- finish: looked at",
    role="security",
)


async def sessions(shop: Line) -> dict[str, Session]:
    async with shop.store.reading() as store:
        return {s.id: s for s in await store.sessions(shop.deps.project.id)}


async def request(shop: Line, id_: str = "R1") -> Request:
    async with shop.store.reading() as store:
        return await store.request(id_)


async def as_session(shop: Line, id_: str) -> Caller:
    session = (await sessions(shop))[id_]
    return Caller(session, shop.deps.roles[session.role])


async def asks(shop: Line, asker: str | None, to: str, context: str = "please look", kind: str = "help") -> str:
    """Make a request as ``asker`` (None: the user); returns its id. ``to``: a session, a role, or user."""
    caller = await as_session(shop, asker) if asker else Caller(None)
    whom = {"to_session": to} if to == "user" or to[0] == "S" else {"to_role": to}
    answer = await call_tool(shop.deps, caller, "create_request", {**whom, "request_type": kind, "context": context})
    return str(answer.model_dump()["id"])


async def said_to(shop: Line, id_: str | None) -> list[Message]:
    return [m for m in await messages(shop) if m.to_session == id_]


async def test_a_security_session_is_made_looks_at_the_work_and_its_answer_is_in_the_askers_next_brief(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(LOGIN, HEARS, SECURITY)) as shop:
        await team(shop, "implementer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()

        asked = await request(shop)
        assert (asked.state, asked.to_role, asked.to_session, asked.answered_by) == (RequestState.completed, "security", "S2", "S2")
        made = (await sessions(shop))["S2"]
        assert (made.role, made.agent, made.parent, made.title) == ("security", "scripted", None, "review for S1")
        login = git(shop.repo, "rev-parse", "televibe/s1-implementer")
        assert made.base_commit == login, "it starts where the reviewed code is"
        assert [e.session_id for e in await shop.events(EventKind.request_assigned)] == ["S2"]

        wrote, looked, heard = await jobs(shop)
        assert [j.session_id for j in (wrote, looked, heard)] == ["S1", "S2", "S1"]
        base = git(shop.repo, "rev-parse", "main")
        assert f"R1 (review) of S1: branch televibe/s1-implementer, commits {base[:12]}..{login[:12]}." in looked.brief
        assert f"`git diff {base[:12]}...{login[:12]}` shows the change" in looked.brief
        assert "| Files: shop/login.py" in looked.brief
        said = [e.text for e in await shop.events(EventKind.job_progress) if e.job_id == looked.id and e.data.get("said")]
        assert "+def check(token: str)" in said[0], "its worktree has the code"
        assert "R1 was completed: shop/login.py:2 leaks by timing" in heard.brief
        assert [m.state for m in await messages(shop)] == [MessageState.acknowledged, MessageState.acknowledged]


async def test_of_several_free_sessions_the_one_that_knows_the_matter_is_chosen_and_never_the_asker(tmp_path: Path) -> None:
    knows = script("reads", "- finish: the basket and its prices are sound", role="reviewer")
    async with line(tmp_path, scripts(knows), queue=MemoryQueue()) as shop:
        await team(shop, "reviewer", "reviewer", "reviewer")
        await instruct(shop.deps, "S3", "look at the basket and its prices")
        await shop.engine.until_idle()
        await asks(shop, "S1", "reviewer", "are the prices of the basket rounded?")
        await shop.engine.until_idle()
        assert (await request(shop)).to_session == "S3"
        await asks(shop, "S3", "reviewer", "are the prices of the basket rounded?")
        await shop.engine.until_idle()
        assert (await request(shop, "R2")).to_session in {"S2"}, "S1 waits for S3 already; S3 is the asker"
        assert not await shop.events(EventKind.waiting_broken)


async def test_so_many_are_made_and_not_more_then_the_least_busy_one_gets_it(tmp_path: Path) -> None:
    busy = script("works", '- run: "until [ -e ../../../../go ]; do sleep 0.02; done"', "- finish: done", role="security")
    async with line(tmp_path, scripts(busy), "talk: {sessions_for_requests: 2}\n", queue=MemoryQueue()) as shop:
        await team(shop, "implementer")
        for number in range(3):
            await asks(shop, None, "security", f"look at part {number}")
        while len(await shop.events(EventKind.request_assigned)) < 3:
            await shop.store.wait_for_news(0, 0.02)
        assert [s.role for s in (await sessions(shop)).values()] == ["implementer", "security", "security"]
        assert "all 2 are at work (talk.sessions_for_requests)" in (await shop.events(EventKind.request_assigned))[-1].text
        (tmp_path / "go").touch()
        await shop.engine.until_idle()


async def test_an_agent_that_cannot_start_is_not_called_for_ever(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), queue=MemoryQueue()) as shop:  # no script for a reviewer
        await team(shop, "implementer", "reviewer")
        await asks(shop, "S1", "S2")
        await shop.engine.until_idle()
        assert [(j.session_id, j.state.value) for j in await jobs(shop)] == [("S2", "failed")]
        assert (await said_to(shop, "S2"))[0].state is MessageState.queued, "it is offered again with the next work"
        where = await call_tool(shop.deps, await as_session(shop, "S2"), "get_pending_requests", {})
        (pending,) = where.model_dump()["requests"]
        assert (pending["id"], pending["branch"]) == ("R1", "televibe/s1-implementer")
        assert pending["read_it_with"].startswith("git diff ")


async def test_where_none_may_be_made_it_is_declined_and_the_asker_hears_why(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), "talk: {sessions_for_requests: 0}\n", queue=MemoryQueue()) as shop:
        await team(shop, "implementer")
        await asks(shop, "S1", "security")
        await shop.engine.until_idle()
        declined = await request(shop)
        assert (declined.state, declined.answered_by) == (RequestState.declined, "TeleVibe")
        assert "talk.sessions_for_requests" in declined.response
        assert "R1 was declined: no security could be found for it" in (await jobs(shop))[-1].brief


async def test_run_twice_or_cut_off_in_between_it_is_one_session_and_one_call(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(SECURITY, HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer")
        await stop_session(shop.deps, "S1")
        head = git(shop.repo, "rev-parse", "main")
        async with shop.store.writing() as tx:  # as a run that was cut off after the worktree: the id is reserved, and it is there
            await tx.set_cursor(f"request-{await tx.last_event_id() + 2}", int((await tx.next_id("S"))[1:]))
        worktree = shop.deps.home.worktree(shop.deps.project.id, "S2")
        await shop.deps.git.add_worktree(str(worktree), "televibe/s2-left-over", head)
        await asks(shop, "S1", "security")
        await shop.engine.until_idle()
        made = (await sessions(shop))["S2"]
        assert (made.branch, made.worktree) == ("televibe/s2-left-over", str(worktree)), "what the first run made is found"

        (event,) = await shop.events(EventKind.request_unassigned)

        class Again:
            context = shop.deps

        assert await assign_request(arrived(event), Again()) == {"step": "end"}  # type: ignore[arg-type]
        assert list(await sessions(shop)) == ["S1", "S2"]
        assert len(await shop.events(EventKind.request_assigned)) == 1
        assert len([m for m in await messages(shop) if m.type is MessageType.request]) == 1
        assert Wanted("security", "t", "scripted", head).parent is None


ASKS_USER = script(
    "asks the user",
    '- tool: {name: create_request, arguments: {to_session: user, request_type: help, context: "Which bank?"}}',
    "- finish: I wait",
    role="implementer",
    word="begin",
)


async def test_the_user_answers_once_from_anywhere_and_the_asker_goes_on(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(ASKS_USER, HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        (letter,) = await said_to(shop, None)
        assert (letter.type, letter.request_id, letter.content) == (MessageType.request, "R1", "R1 (help): Which bank?")
        with pytest.raises(Refused, match="R1 was not made of S2"):
            await call_tool(shop.deps, await as_session(shop, "S2"), "complete_request", {"request_id": "R1", "response": "mine"})

        assert await answer_request(shop.deps, "R1", "", "accept") == "R1 is yours; answer it with R1: …"
        assert await answer_request(shop.deps, "R1", "the second one") == "R1 is answered; S1 goes on with it"
        with pytest.raises(Refused, match="R1 is completed already; the user answered it"):
            await answer_request(shop.deps, "R1", "no, the first")
        with pytest.raises(Refused, match="R1 is completed already; the user answered it"):
            await reply(shop.deps, letter.id, "no, the first")
        await shop.engine.until_idle()
        assert [j.session_id for j in await jobs(shop)] == ["S1", "S1"]
        assert "from the user, response" in (await jobs(shop))[-1].brief
        assert "R1 was completed: the second one" in (await jobs(shop))[-1].brief
        assert (await said_to(shop, None))[0].state is MessageState.acknowledged


async def test_a_reply_to_the_letter_is_the_answer_to_the_request(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(ASKS_USER, HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        assert await reply(shop.deps, "M1", "the second one") == "R1 is answered; S1 goes on with it"
        assert (await request(shop)).response == "the second one"


async def test_what_is_asked_twice_is_one_request_and_wrong_receivers_are_named(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "security")
        await stop_session(shop.deps, "S2")
        await stop_session(shop.deps, "S1")
        assert [await asks(shop, "S1", to, "the same") for to in ("user", "user", "S2", "S2")] == ["R1", "R1", "R2", "R2"]
        for to, why in (("S9", "there is no other live session S9"), ("wizard", "there is no role 'wizard' — roles: implementer")):
            with pytest.raises(UsageError) as refused:
                await asks(shop, "S1", to)
            assert why in refused.value.line()
        with pytest.raises(UsageError, match="you cannot ask yourself"):
            await asks(shop, None, "user")
        for both in ({}, {"to_session": "S2", "to_role": "security"}):
            with pytest.raises(UsageError, match="name either to_session or to_role"):
                await call_tool(
                    shop.deps, await as_session(shop, "S1"), "create_request", {**both, "request_type": "help", "context": "x"}
                )


async def test_an_expiry_is_seen_by_both(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), "talk: {message_hours: 100}\n", queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "reviewer")
        for id_ in ("S1", "S2"):
            await stop_session(shop.deps, id_)
        await asks(shop, "S1", "S2")
        await asks(shop, "S1", "user")
        later = replace(shop.deps, now=lambda: shop.deps.now() + timedelta(hours=49))
        assert await expire(later) == 2
        assert await expire(later) == 0
        assert (await request(shop)).state is RequestState.expired
        letter, notice = await said_to(shop, "S2")
        assert (letter.state, notice.type) == (MessageState.expired, MessageType.notice)
        assert "R1, which S1 asked of you, expired; it was pending. Nobody waits" in notice.content
        assert [m.content for m in await said_to(shop, "S1")] == [
            "Your request R1 to S2 expired; it was pending.",
            "Your request R2 to the user expired; it was pending.",
        ]
        assert "R2, which S1 asked of you, expired" in (await said_to(shop, None))[-1].content
        with pytest.raises(Refused, match="R2 is expired already; TeleVibe answered it"):
            await answer_request(shop.deps, "R2", "too late")


async def test_a_closed_session_gives_back_what_was_asked_of_it(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS, script("looks", "- finish: hm")), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "reviewer", "security")
        await stop_session(shop.deps, "S1")
        await asks(shop, "S1", "security", "look at it")
        await shop.engine.until_idle()
        await asks(shop, "S1", "S2", "and you")
        await asks(shop, "S2", "S3", "the reviewer asks too")
        await shop.engine.until_idle()
        assert (await request(shop)).to_session == "S3"

        await close_session(shop.deps, "S3")
        await shop.engine.until_idle()
        again = await request(shop)
        assert (again.to_session, again.state) == ("S4", RequestState.pending), "another one of the role was made for it"
        assert (await sessions(shop))["S4"].role == "security"
        third = await request(shop, "R3")
        assert (third.state, third.answered_by) == (RequestState.declined, "TeleVibe")
        assert "S3 was closed before it answered" in third.response

        await close_session(shop.deps, "S2")
        second = await request(shop, "R2")
        assert (second.state, second.response) == (
            RequestState.declined, "S2 was closed before it answered; ask another session, or a role",
        )  # fmt: skip
        await close_session(shop.deps, "S1")
        assert (await request(shop)).state is RequestState.declined
        assert "S1, which asked, was closed. Nobody waits for the answer." in (await said_to(shop, "S4"))[-1].content


# Circles


async def test_two_that_ask_each_other_are_told_and_the_newest_request_is_declined(tmp_path: Path) -> None:
    asks_first = script(
        "asks for a review",
        "- tool: {name: create_request, arguments: {to_session: S2, request_type: review, context: look at it}}",
        "- finish: I wait",
        role="implementer",
        word="begin",
    )
    asks_back = script(
        "asks back",
        "- tool: {name: create_request, arguments: {to_session: S1, request_type: help, context: what is it for}}",
        '- say: "{{ last }}"',
        "- tool: {name: complete_request, arguments: {request_id: R1, response: fine as far as I see}}",
        "- finish: answered with what I have",
        role="reviewer",
    )
    async with line(tmp_path, scripts(asks_first, asks_back, HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()

        assert [(await request(shop, r)).state for r in ("R1", "R2")] == [RequestState.completed, RequestState.declined]
        (told,) = await shop.events(EventKind.waiting_broken)
        assert told.text == "S1 waits for S2 (R1); S2 waits for S1 (R2): TeleVibe declined R2, the newest"
        answer = next(e.text for e in await shop.events(EventKind.job_progress) if e.data.get("said") and "R2" in e.text)
        assert '"state": "declined"' in answer
        for id_ in ("S1", "S2"):
            notice = next(m for m in await said_to(shop, id_) if m.type is MessageType.notice)
            assert notice.author is Author.televibe
            assert "You wait for each other: S1 waits for S2 (R1); S2 waits for S1 (R2)" in notice.content
        assert (
            "Answer R1 of S1 with what you have" in next(m for m in await said_to(shop, "S2") if m.type is MessageType.notice).content
        )
        assert [j.session_id for j in await jobs(shop)] == ["S1", "S2", "S1"], "nobody is stuck"


async def test_a_circle_of_three_and_of_mixed_waits(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "implementer", "implementer")
        for id_ in ("S1", "S2", "S3"):
            await stop_session(shop.deps, id_)
        await asks(shop, "S1", "S2")
        needs = {"name": "greet", "on_session": "S3"}
        awaited = (await call_tool(shop.deps, await as_session(shop, "S2"), "declare_dependency", needs)).model_dump()
        assert (awaited["state"], awaited["note"]) == ("waiting", "")
        assert not await shop.events(EventKind.waiting_broken), "a chain is no circle"
        await asks(shop, "S3", "S1")
        assert (await request(shop, "R2")).state is RequestState.declined
        (told,) = await shop.events(EventKind.waiting_broken)
        assert told.text.startswith("S1 waits for S2 (R1); S2 waits for S3 (greet); S3 waits for S1 (R2)")
        assert {m.to_session for m in await messages(shop) if m.type is MessageType.notice} == {"S1", "S2", "S3"}


async def test_a_dependency_that_would_close_a_circle_is_not_waited_for(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "implementer")
        for id_ in ("S1", "S2"):
            await stop_session(shop.deps, id_)
        first = await call_tool(shop.deps, await as_session(shop, "S1"), "declare_dependency", {"name": "greet", "on_session": "S2"})
        assert first.model_dump()["state"] == "waiting"
        second = await call_tool(shop.deps, await as_session(shop, "S2"), "declare_dependency", {"name": "total", "on_session": "S1"})
        assert second.model_dump()["state"] is None
        assert "S1 waits for S2 (greet); S2 waits for S1 (total)" in second.model_dump()["note"]
        async with shop.store.reading() as store:
            assert [d.name for d in await store.dependencies(shop.deps.project.id)] == ["greet"]
        anybody = await call_tool(shop.deps, await as_session(shop, "S2"), "declare_dependency", {"name": "total"})
        assert anybody.model_dump()["state"] == "waiting", "what anybody may make closes no circle"


async def test_one_that_waits_for_the_asker_is_not_chosen_for_its_role(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(script("any", "- finish: hm")), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "reviewer")
        await asks(shop, "S2", "S1")
        await shop.engine.until_idle()
        await asks(shop, "S1", "reviewer")
        await shop.engine.until_idle()
        assert (await request(shop, "R2")).to_session == "S3", "S2 waits for S1"
        assert not await shop.events(EventKind.waiting_broken)


async def test_closed_sessions_and_ended_requests_close_no_circle(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(HEARS), queue=MemoryQueue()) as shop:
        await team(shop, "implementer", "reviewer", "reviewer")
        for id_ in ("S1", "S2", "S3"):
            await stop_session(shop.deps, id_)
        await asks(shop, "S1", "S2")
        await call_tool(shop.deps, await as_session(shop, "S2"), "complete_request", {"request_id": "R1", "response": "done"})
        await asks(shop, "S2", "S1")
        assert (await request(shop, "R2")).state is RequestState.pending
        await asks(shop, "S1", "S3")
        await close_session(shop.deps, "S3")
        assert not await shop.events(EventKind.waiting_broken)
        assert (await sessions(shop))["S3"].state is SessionState.closed
        with pytest.raises(TeleVibeError):
            await asks(shop, "S1", "S3")
