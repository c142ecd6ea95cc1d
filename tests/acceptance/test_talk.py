"""Sessions talk: a question wakes whoever can answer it, nothing is lost, nobody plays ping-pong, and interfaces are kept honest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.coordination.expiry import expire
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import instruct
from orchestrator.engine.reply import reply
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.interface import DependencyState, ExportStatus
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import Author, Message, MessageState, MessageType, RequestState
from orchestrator.nouns.session import SessionState
from tests.line import Line, line

SEND = "send_cross_session_message"
ASK = f"- tool: {{name: {SEND}, arguments: {{to_session: S2, message_type: need_input, content: which column?}}}}"


def script(name: str, *steps: str, role: str = "", word: str = "") -> str:
    """One script, chosen by role and a word of the task."""
    when = ", ".join([*([f"role: {role}"] if role else []), *([f"words: [{word}]"] if word else [])])
    lines = "\n".join(f"      {line}" for step in steps for line in step.splitlines())
    return f"  # {name}\n  - when: {{{when}}}\n    steps:\n{lines}\n"


def scripts(*each: str) -> str:
    return "scripts:\n" + "".join(each)


async def team(shop: Line, *roles: str) -> None:
    """Sessions S1, S2 … with these roles."""
    for role in roles:
        await new_session(shop.deps, role)


async def messages(shop: Line) -> list[Message]:
    async with shop.store.reading() as store:
        return await store.messages(shop.deps.project.id)


async def jobs(shop: Line) -> list[Job]:
    async with shop.store.reading() as store:
        return await store.jobs()


ASKER = (
    script("asks", ASK, "- finish: I asked", role="implementer", word="begin"),
    script("hears the answer", "- finish: the second then", role="implementer", word="settle"),
)
ANSWERER = script(
    "answers",
    f"- tool: {{name: {SEND}, arguments: {{in_reply_to: M1, content: the second}}}}",
    "- finish: answered",
    role="reviewer",
    word="Answer",
)


async def test_a_question_wakes_an_idle_session_and_the_answer_wakes_the_asker(tmp_path: Path) -> None:
    async with line(tmp_path, scripts(*ASKER, ANSWERER)) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()

        question, answer = await messages(shop)
        assert (question.from_session, question.to_session, question.state) == ("S1", "S2", MessageState.acknowledged)
        assert (answer.from_session, answer.to_session, answer.thread) == ("S2", "S1", question.id)
        assert answer.state is MessageState.acknowledged, "the job that carried it ended well"
        asked, woken, told = await jobs(shop)
        assert [(j.session_id, j.state, j.hops) for j in (asked, woken, told)] == [
            ("S1", JobState.done, 0),
            ("S2", JobState.done, 1),
            ("S1", JobState.done, 2),
        ]
        assert "M1 from S1, need_input" in woken.brief
        assert "| which column?" in woken.brief
        assert "M2 from S2, fyi, in reply to your M1" in told.brief


async def test_what_was_not_answered_is_offered_again_and_wakes_only_once(tmp_path: Path) -> None:
    silent = script("does not answer", "- finish: nothing to say", role="reviewer")
    async with line(tmp_path, scripts(*ASKER, silent)) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        assert [j.session_id for j in await jobs(shop)] == ["S1", "S2"]
        assert [m.state for m in await messages(shop)] == [MessageState.delivered], "it was handed over, and is not settled"

        await instruct(shop.deps, "S2", "look at the cart")
        await shop.engine.until_idle()
        assert "| which column?" in (await jobs(shop))[-1].brief
        assert [(m.state, m.offers) for m in await messages(shop)] == [(MessageState.delivered, 2)]


async def test_two_agents_that_always_answer_are_stopped(tmp_path: Path) -> None:
    def asks_back(name: str, other: str, role: str) -> str:
        again = f"- tool: {{name: {SEND}, arguments: {{to_session: {other}, message_type: need_input, content: and you?}}}}"
        return script(name, again, "- finish: asked", role=role)

    ping_pong = scripts(asks_back("ping", "S2", "implementer"), asks_back("pong", "S1", "reviewer"))
    async with line(tmp_path, ping_pong, "talk: {hops: 3}\n") as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        assert [j.hops for j in await jobs(shop)] == [0, 1, 2, 3, 4]
        last = (await messages(shop))[-1]
        assert (last.hops, last.state) == (4, MessageState.queued), "it is kept, and read with the next work"


async def test_a_working_session_is_called_when_its_job_is_over(tmp_path: Path) -> None:
    works = script("works", '- run: "until [ -e ../../../../go ]; do sleep 0.02; done"', "- finish: done", role="reviewer", word="work")
    async with line(tmp_path, scripts(*ASKER, works, ANSWERER)) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S2", "work")
        while not await shop.events(EventKind.job_running):
            await shop.store.wait_for_news(0, 0.05)
        await instruct(shop.deps, "S1", "begin")
        while not await shop.events(EventKind.message_sent):
            await shop.store.wait_for_news(0, 0.05)
        assert not await shop.events(EventKind.session_called)
        (tmp_path / "go").touch()
        await shop.engine.until_idle()

        assert [e.session_id for e in await shop.events(EventKind.session_called)] == ["S2", "S1"]
        assert [m.state for m in await messages(shop)] == [MessageState.acknowledged, MessageState.acknowledged]


async def test_a_request_is_taken_answered_and_its_answer_heard(tmp_path: Path) -> None:
    asks = script(
        "asks for a review",
        '- tool: {name: create_request, arguments: {to_session: S2, request_type: review, context: "Is shop/cart.py safe?"}}',
        "- finish: asked",
        role="implementer",
        word="begin",
    )
    reviews = script(
        "reviews",
        "- tool: {name: get_pending_requests, arguments: {}}",
        "- tool: {name: accept_request, arguments: {request_id: R1}}",
        "- tool: {name: complete_request, arguments: {request_id: R1, response: it is}}",
        "- finish: reviewed",
        role="reviewer",
    )
    async with line(tmp_path, scripts(asks, ASKER[1], reviews)) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        async with shop.store.reading() as store:
            request = await store.request("R1")
        assert (request.state, request.response) == (RequestState.completed, "it is")
        assert [j.session_id for j in await jobs(shop)] == ["S1", "S2", "S1"]
        assert "R1 was completed: it is" in (await jobs(shop))[-1].brief


async def test_a_question_to_the_user_waits_and_its_answer_is_the_next_instruction(tmp_path: Path) -> None:
    asks = script(
        "asks the user",
        '- tool: {name: ask_user, arguments: {question: "old or new?"}}',
        "- finish: waiting",
        role="implementer",
        word="begin",
    )
    hears = script("hears", "- finish: the new one then", role="implementer", word="new")
    async with line(tmp_path, scripts(asks, hears)) as shop:
        await team(shop, "implementer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        async with shop.store.reading() as store:
            assert (await store.session("S1")).state is SessionState.waiting
        (question,) = await messages(shop)
        assert (question.to_session, question.content) == (None, "old or new?")

        assert await reply(shop.deps, "M1", "the new one") == "M1 is answered; S1, which waited for it, goes on"
        await shop.engine.until_idle()
        assert [m.state for m in await messages(shop)] == [MessageState.acknowledged]
        assert [j.instruction for j in await jobs(shop)] == ["begin", "the new one"]


MAKES = script(
    "makes greet",
    '- edit: {path: shop/greeting.py, content: "def greet(name: str) -> str:\\n    return name\\n"}',
    "- commit: add greet",
    "- finish: made",
    role="implementer",
    word="greeting",
)
CHANGES = script(
    "changes greet",
    '- edit: {path: shop/greeting.py, content: "def greet(name: str, title: str) -> str:\\n    return title + name\\n"}',
    "- commit: greet with a title",
    "- finish: changed",
    role="implementer",
    word="title",
)


async def test_whoever_waits_for_an_interface_is_told_when_it_is_there_and_when_it_changes(tmp_path: Path) -> None:
    waits = script(
        "waits",
        "- tool: {name: declare_dependency, arguments: {name: greet, on_session: S1, reason: for the banner}}",
        "- finish: I wait",
        role="refactorer",
        word="banner",
    )
    goes_on = script(
        "goes on",
        '- edit: {path: shop/banner.py, content: "from shop.greeting import greet\\n\\nBANNER = greet(1)\\n"}',
        "- commit: add a banner",
        "- finish: it is there",
        role="refactorer",
        word="settle",
    )
    async with line(tmp_path, scripts(MAKES, CHANGES, waits, goes_on)) as shop:
        await team(shop, "implementer", "refactorer")
        await instruct(shop.deps, "S2", "make a banner")
        await shop.engine.until_idle()
        await instruct(shop.deps, "S1", "make a greeting")
        await shop.engine.until_idle()
        async with shop.store.reading() as store:
            (dependency,) = await store.dependencies(shop.deps.project.id)
        assert (dependency.state, dependency.export_key) == (DependencyState.met, "S1:shop/greeting.py:greet")
        (ready,) = await messages(shop)
        assert (ready.author, ready.to_session, ready.type) == (Author.televibe, "S2", MessageType.interface_ready)
        assert "S2 waits for greet: for the banner" in next(j for j in await jobs(shop) if j.session_id == "S1").brief
        assert [j.session_id for j in await jobs(shop)] == ["S2", "S1", "S2"], "who waited goes on"

        await instruct(shop.deps, "S1", "add a title")
        await shop.engine.until_idle()
        told = (await messages(shop))[-1]
        assert (told.to_session, told.type) == ("S2", MessageType.interface_changed)
        assert "was: def greet(name: str) -> str\nnow: def greet(name: str, title: str) -> str" in told.content
        assert "You use it in shop/banner.py." in told.content


async def test_who_built_on_a_promise_hears_that_it_was_kept_otherwise(tmp_path: Path) -> None:
    promises = script(
        "promises greet",
        "- tool: {name: declare_export, arguments: {name: greet, signature: def greet() -> str, promised: true}}",
        "- finish: announced",
        role="implementer",
        word="announce",
    )
    builds = script(
        "builds on it",
        '- edit: {path: shop/banner.py, content: "from shop.greeting import greet\\n\\nBANNER = greet()\\n"}',
        "- commit: add a banner",
        "- finish: it is there",
        role="refactorer",
    )
    waits = script(
        "waits", "- tool: {name: declare_dependency, arguments: {name: greet}}", "- finish: I wait", role="tester", word="begin"
    )
    goes_on = script("goes on", "- finish: now I know", role="tester", word="settle")
    async with line(tmp_path, scripts(promises, MAKES, builds, waits, goes_on)) as shop:
        await team(shop, "implementer", "refactorer", "tester")
        for session, words in (("S1", "announce it"), ("S2", "a banner"), ("S3", "begin"), ("S1", "make a greeting")):
            await instruct(shop.deps, session, words)
            await shop.engine.until_idle()
        told = {m.to_session: m for m in await messages(shop)}

        assert {to: m.type for to, m in told.items()} == {
            "S2": MessageType.interface_changed,
            "S3": MessageType.interface_ready,
        }
        assert "was: def greet() -> str\nnow: def greet(name: str) -> str\nYou use it in shop/banner.py." in told["S2"].content
        assert "def greet(name: str) -> str\nIt had been announced as: def greet() -> str" in told["S3"].content


async def test_a_declaration_that_the_code_does_not_keep_is_told_to_its_owner(tmp_path: Path) -> None:
    declares = script(
        "declares too much",
        "- tool: {name: declare_export, arguments: {name: greet, file: shop/greeting.py, topic: hello}}",
        "- tool: {name: declare_export, arguments: {name: shout, file: shop/greeting.py}}",
        '- edit: {path: shop/greeting.py, content: "def greet(name: str) -> str:\\n    return name\\n"}',
        "- commit: add greet",
        "- finish: made",
        role="implementer",
    )
    async with line(tmp_path, scripts(declares)) as shop:
        await team(shop, "implementer")
        await instruct(shop.deps, "S1", "make a greeting")
        await shop.engine.until_idle()
        async with shop.store.reading() as store:
            exports = {e.name: e for e in await store.exports(shop.deps.project.id)}
        assert (exports["greet"].status, exports["greet"].topic) == (ExportStatus.found, "hello")
        assert exports["greet"].signature == "def greet(name: str) -> str"
        assert exports["shout"].status is ExportStatus.declared
        (notice,) = await messages(shop)
        assert (notice.author, notice.to_session, notice.type) == (Author.televibe, "S1", MessageType.notice)
        assert "You declared shout, but shop/greeting.py has no public shout" in notice.content
        assert "it offers greet" in notice.content


async def test_what_nobody_answers_expires_and_the_asker_is_told(tmp_path: Path) -> None:
    silent = script("does not answer", "- finish: nothing to say", role="reviewer")
    async with line(tmp_path, scripts(*ASKER, silent)) as shop:
        await team(shop, "implementer", "reviewer")
        await instruct(shop.deps, "S1", "begin")
        await shop.engine.until_idle()
        assert await expire(shop.deps) == 0
        later = replace(shop.deps, now=lambda: shop.deps.now() + timedelta(hours=49))
        assert await expire(later) == 1
        question, notice = await messages(shop)
        assert question.state is MessageState.expired
        assert (notice.to_session, notice.type) == ("S1", MessageType.notice)
        assert "M1 expired: it was handed over, and not acknowledged" in notice.content
        assert len(await shop.events(EventKind.message_expired)) == 1


async def test_a_session_that_talks_too_much_is_told_to_put_it_into_one(tmp_path: Path) -> None:
    async with line(
        tmp_path, scripts(script("any", "- finish: read")), "talk: {messages_per_minute: 2}\n", queue=MemoryQueue()
    ) as shop:
        await team(shop, "implementer", "reviewer")
        async with shop.store.reading() as store:
            caller = Caller(await store.session("S1"), shop.deps.roles["implementer"])
        words = {"to_session": "S2", "message_type": "fyi", "content": "again"}
        for _ in range(2):
            await call_tool(shop.deps, caller, SEND, words)
        with pytest.raises(Refused, match=r"2 are allowed \(talk.messages_per_minute\)"):
            await call_tool(shop.deps, caller, SEND, words)
        assert len([m for m in await messages(shop) if m.content == "again"]) == 2
        await call_tool(shop.deps, Caller(None), SEND, words)  # the user may
