"""The user takes part: what sessions say, offer, settle and ask is read and answered at the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.lock import EngineLock
from orchestrator.engine.workplace import workplace
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import JobState
from orchestrator.nouns.message import Author, Message, MessageState, MessageType
from orchestrator.nouns.session import SessionState
from tests.cli import HOSTILE, STARTED, Said, Shop, furnished_shop
from tests.integration.test_cli_init import said


@pytest.fixture
async def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """S1 is at work (a message does not wake it), and has asked the user something."""
    shop = await furnished_shop(tmp_path)
    monkeypatch.setenv("TELEVIBE_HOME", str(shop.home.path))
    store = await open_store(shop.home.database_url)
    async with store.writing() as tx:
        question = Message(
            id=await tx.next_id("M"), project_id="P1", from_session="S1", to_session=None, type=MessageType.need_input,
            content=f"Which column?\n{HOSTILE}", thread="M1", created_at=STARTED,
        )  # fmt: skip
        await tx.put(question)
        await tx.record(NewEvent(kind=EventKind.message_sent, project_id="P1", session_id="S1", text="S1 asks"))
    await store.close()
    return shop


def tell(shop: Shop, capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    return said(capsys, *words, "--repo", shop.repo)


def document(shop: Shop, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    answer = tell(shop, capsys, *words, "--json")
    assert answer.status == 0, answer.err
    return json.loads(answer.out)


def stored(shop: Shop) -> list[Message]:
    """The messages as they are in the database."""

    async def read() -> list[Message]:
        store = await open_store(shop.home.database_url)
        async with store.reading() as view:
            found = await view.messages("P1")
        await store.close()
        return found

    return asyncio.run(read())


@contextmanager
def engine_elsewhere(shop: Shop) -> Iterator[None]:
    """As if an engine ran: none is started, and what it is to do stays in the log."""
    engine = EngineLock(shop.home.engine_lock)
    engine.take()
    yield
    engine.release()


def become_idle(shop: Shop) -> None:
    """S1's job is over."""

    async def end() -> None:
        store = await open_store(shop.home.database_url)
        async with store.writing() as tx:
            (job,) = await tx.jobs(session_id="S1")
            idle = (await tx.session("S1")).model_copy(update={"state": SessionState.idle})
            await tx.put(idle, job.model_copy(update={"state": JobState.done, "finished_at": STARTED}))
            await tx.record(NewEvent(kind=EventKind.job_progress, project_id="P1", text="done"))
        await store.close()

    asyncio.run(end())


def test_the_inbox_shows_who_asks_what_and_commands_nothing(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shown = tell(shop, capsys, "inbox")
    assert "M1 from S1, need_input, queued" in shown.out
    assert "wants an answer" in shown.out
    assert "Which column?" in shown.out
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out
    (message,) = document(shop, capsys, "inbox")
    assert (message["id"], message["from"], message["state"]) == ("M1", "S1", "queued")
    assert document(shop, capsys, "inbox", "S1") == []
    assert "nothing new for S1" in tell(shop, capsys, "inbox", "s1").out


def test_a_reply_settles_the_question_and_reaches_the_asker(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with engine_elsewhere(shop):
        assert document(shop, capsys, "reply", "m1", "the second")["outcome"] == "M1 is answered with M2"
    question, answer = stored(shop)
    assert question.state is MessageState.acknowledged
    assert (answer.author, answer.to_session, answer.in_reply_to, answer.content) == (Author.user, "S1", "M1", "the second")
    assert document(shop, capsys, "inbox") == []
    assert [m["id"] for m in document(shop, capsys, "inbox", "--all")] == ["M1"]
    assert document(shop, capsys, "inbox", "S1")[0]["from"] == "the user"


def test_a_message_to_one_or_to_all(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(shop, capsys, "message", "s1", "the freeze is on Friday").out == "sent: M2\n"
    assert tell(shop, capsys, "message", "all", "use tabs").out == "sent: M3\n", "the closed session gets none"
    refused = tell(shop, capsys, "message", "S2", "are you there?")
    assert (refused.status, refused.out) == (2, "")
    assert "there is no other live session S2 — live sessions: S1" in refused.err
    assert [m.id for m in stored(shop)] == ["M1", "M2", "M3"]


def test_what_is_settled_and_what_is_left_to_do(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(shop, capsys, "decide", "cents, not floats", "--because", "they add up").out.startswith("D1 is part of every brief")
    assert document(shop, capsys, "decide", "cents, not floats")["id"] == "D1", "once"
    (decision,) = document(shop, capsys, "decisions")
    assert (decision["decision"], decision["rationale"], decision["session_id"]) == ("cents, not floats", "they add up", None)
    assert document(shop, capsys, "todo", "tidy up", "--for", "s1")["id"] == "O1"
    assert "O1  open   you   S1   tidy up" in tell(shop, capsys, "todos").out
    assert tell(shop, capsys, "todo", "--done", "o1").status == 0
    assert document(shop, capsys, "todos") == []
    assert document(shop, capsys, "todos", "--all")[0]["done"] is True
    nothing = tell(shop, capsys, "todo")
    assert (nothing.status, "say what is to be done" in nothing.err) == (2, True)


def test_interfaces_by_session_and_name(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert "S1       changed  cart.py:1  def total(prices, tax=0)" in tell(shop, capsys, "exports").out
    (export,) = document(shop, capsys, "exports", "--session", "S1", "--name", "total")
    assert (export["signature"], export["status"]) == ("def total(prices, tax=0)", "changed")
    assert document(shop, capsys, "exports", "--name", "tota") == []
    assert "no session S9" in tell(shop, capsys, "exports", "--session", "S9").err


def test_a_request_of_the_user(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    made = document(shop, capsys, "request", "S1", "Is it safe?", "--type", "review")
    assert (made["id"], made["from_session"], made["state"]) == ("R1", "the user", "pending")
    assert "R1  pending  you   S1  review  Is it safe?" in tell(shop, capsys, "requests").out
    assert document(shop, capsys, "request", "--type", "review", "s1", "Is it safe?")["id"] == "R2", "the user may ask again"
    bad = tell(shop, capsys, "request", "S1", "Is it safe?", "--type", "approve")
    assert bad.status == 2
    assert "review" in bad.err


def test_a_request_to_a_role_and_one_that_nobody_has(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with engine_elsewhere(shop):
        assert tell(shop, capsys, "request", "security", "Look at S1").out == (
            "R1 goes to a security; `televibe requests` shows how it goes\n"
        )
        assert document(shop, capsys, "request", "make", "reviewer", "and you")["to_role"] == "reviewer"
    assert "R1  pending  you   any security  help  Look at S1" in tell(shop, capsys, "requests").out
    assert [e["data"]["id"] for e in document(shop, capsys, "log") if e["kind"] == "request.unassigned"] == ["R1", "R2"]
    refused = tell(shop, capsys, "request", "wizard", "do magic")
    assert (refused.status, "there is no role 'wizard' — roles: implementer" in refused.err) == (2, True)


def asked_by_s1(shop: Shop) -> None:
    """S1 asks the user two things."""

    async def ask() -> None:
        async with workplace(shop.home, shop.repo, engine=False) as place:
            async with place.store.reading() as view:
                session = await view.session("S1")
            for context in ("Which bank?", "Which currency?"):
                wanted = {"to_session": "user", "request_type": "help", "context": context}
                await call_tool(place.deps, Caller(session, place.deps.roles["implementer"]), "create_request", wanted)

    asyncio.run(ask())


def test_what_a_session_asks_of_the_user_is_answered_once(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    asked_by_s1(shop)
    shown = tell(shop, capsys, "inbox").out
    assert "R1 (help): Which bank?" in shown
    assert 'answer it: televibe request complete R1 "…"' in shown
    listed = tell(shop, capsys, "requests").out
    assert "R1  pending  S1    you  help  Which bank?" in listed
    assert "answer yours with: televibe request complete" in listed
    with engine_elsewhere(shop):
        assert tell(shop, capsys, "request", "accept", "r1").out.startswith("R1 is yours; answer it with `televibe request complete R1")
        assert tell(shop, capsys, "request", "complete", "R1", "the second").out == "R1 is answered; S1 goes on with it\n"
        assert document(shop, capsys, "request", "decline", "R2", "ask the bank")["state"] == "declined"
        for words in (("complete", "R1", "the first"), ("decline", "R1", "no"), ("accept", "R1")):
            again = tell(shop, capsys, "request", *words)
            assert (again.status, again.out) == (1, "")
            assert "R1 is completed already; the user answered it" in again.err
        assert "R2 is declined already; the user answered it" in tell(shop, capsys, "reply", "M3", "euro").err
    ended = document(shop, capsys, "requests", "--all")
    assert [(r["id"], r["state"], r["answered_by"], r["response"]) for r in ended] == [
        ("R1", "completed", "the user", "the second"),
        ("R2", "declined", "the user", "ask the bank"),
    ]
    assert [m.content for m in stored(shop) if m.to_session == "S1"] == [
        "R1 was completed: the second",
        "R2 was declined: ask the bank",
    ]
    other = tell(shop, capsys, "request", "complete", "R9", "x")
    assert (other.status, "no request R9" in other.err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("message", "S1", ""),
        ("message", "S1", "x" * 5000),
        ("message", "S1", "a\x07b"),
        ("message", "S1", "a\u202eb"),
        ("message", "-x", "hello"),
        ("reply", "M99", "hello"),
        ("reply", "no such", "hello"),
        ("decide", "  "),
        ("request", "S1", "\x00"),
        ("request", "S77", "hello"),
        ("request", "wizard", "hello"),
        ("request", "complete", "R99", "hello"),
        ("request", "decline", "R1", ""),
        ("request", "accept", "no such"),
        ("todo", "hello", "--for", "S77"),
    ],
)
def test_bad_words_are_refused_in_one_line_and_nothing_is_stored(
    shop: Shop, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    before = stored(shop)
    refused = tell(shop, capsys, *words)
    assert refused.status in {1, 2}
    assert (refused.out, refused.err.count("\n")) == ("", 1)
    assert len(refused.err) < 600
    assert stored(shop) == before


def test_a_message_that_wants_an_answer_wakes_an_idle_session(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    become_idle(shop)
    with engine_elsewhere(shop):
        tell(shop, capsys, "message", "S1", "for your information")
        assert document(shop, capsys, "log") != []
        assert "session.called" not in [event["kind"] for event in document(shop, capsys, "log")]
        assert document(shop, capsys, "message", "S1", "how far are you?", "--type", "need_input")["ids"] == ["M3"]
    called = next(event for event in document(shop, capsys, "log") if event["kind"] == "session.called")
    assert (called["session_id"], called["data"]["messages"]) == ("S1", ["M3"])
