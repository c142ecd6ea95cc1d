"""The chat, line by line: what it says of sessions and goals, and whose they must be."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.doors.chat import Chat
from orchestrator.doors.output import Out
from orchestrator.engine.sessions import new_session
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.merging import EntryState, MergeEntry
from orchestrator.nouns.work import Goal, GoalState
from tests.cli import furnished_shop, televibe
from tests.repos import make_repo


class Talk:
    """A chat without a terminal: a line in, what it says out."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self._said = io.StringIO()
        self._chat = Chat(place, None, Out.to(self._said))

    async def hears(self, line: str) -> str:
        before = self._said.tell()
        assert await self._chat.hear(line)
        return self._said.getvalue()[before:]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """In a repository of its own, beside the shop (with S1, S2 and G1) in the same home."""
    shop = await furnished_shop(tmp_path)
    repo = make_repo(tmp_path / "mill", {"mill.py": "GRIST = 1\n"})
    assert televibe("init", "--repo", repo, home=shop.home.path).status == 0
    async with workplace(Home(shop.home.path), repo, engine=False) as place:
        yield Talk(place)


async def test_a_session_that_was_made_by_hand_has_had_no_work_and_no_plan(talk: Talk) -> None:
    async with talk.place.store.writing() as tx:
        assert [await tx.next_id("S"), await tx.next_id("S")] == ["S1", "S2"]  # those of the shop
    made = await new_session(talk.place.deps, "reviewer")
    assert "is idle; it has had no work yet" in await talk.hears(f"what is {made.id} doing?")
    assert "was given no task by a plan" in await talk.hears(f"why {made.id}?")
    assert made.branch in await talk.hears("sessions")


@pytest.mark.parametrize("line", ["what is S1 doing?", "why S1?", "what did S1 cost?", "S1: do it", "stop S1", "resume S1"])
async def test_a_session_of_another_repository_is_not_spoken_of_and_not_told(talk: Talk, line: str) -> None:
    assert await talk.hears(line) == "session S1 belongs to another repository — `televibe sessions` lists them\n"
    async with talk.place.store.reading() as store:
        assert (await store.session("S1")).state == "working"
    assert "no session S99" in await talk.hears(line.replace("S1", "S99"))


@pytest.mark.parametrize("line", ["how far is G1?", "what did G1 cost?", "stop G1", "resume G1"])
async def test_nor_is_a_goal(talk: Talk, line: str) -> None:
    assert await talk.hears(line) == "goal G1 belongs to another repository — `televibe goals` lists them\n"
    async with talk.place.store.reading() as store:
        assert (await store.goal("G1")).state is GoalState.working


async def test_what_waits_for_the_users_word_is_shown_and_approved(talk: Talk) -> None:
    project, now = talk.place.deps.project, datetime.now(UTC)
    goal = Goal(id="G7", project_id=project.id, text="Rules", state=GoalState.landing, agent="x", created_at=now, updated_at=now)
    entry = MergeEntry(
        id="E3", project_id=project.id, seq=1, title="G7 Rules", goal_id="G7", heads=("0" * 40,), state=EntryState.waiting,
        sensitive=("AGENTS.md",), queued_at=now, updated_at=now,
    )  # fmt: skip
    async with talk.place.store.writing() as tx:
        await tx.put(goal, entry)
        await tx.record(NewEvent(kind=EventKind.merge_waiting, project_id=project.id, text="E3"))
    assert "waits for your word on AGENTS.md: televibe merge approve E3" in await talk.hears("goals")
    [told] = json.loads(televibe("goals", "--json", "--repo", project.root, home=talk.place.home.path).out)
    assert told["waits_for"] == "waits for your word on AGENTS.md: televibe merge approve E3"
    assert "E3 G7 Rules: waits for your word: it changes AGENTS.md" in await talk.hears("inbox")
    assert "approve E3" in await talk.hears("/merge status")
    assert "E3 G7 Rules: 0000000000 waits for its turn" in await talk.hears("approve e3")
    assert "does not wait for your word" in await talk.hears("/approve E3")
