"""Events as lines: every kind is told, aligned, with its ids, and safe to print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.doors.events import Mark, line_of
from orchestrator.doors.output import Tone
from orchestrator.nouns.event import Event, EventKind


def event(kind: EventKind, text: str = "what happened", data: dict[str, Any] | None = None, **ids: str) -> Event:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Event(id=1, at=at, kind=kind, project_id="P1", text=text, data=data or {}, **ids)


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_is_told_with_its_ids(kind: EventKind) -> None:
    line = line_of(event(kind, goal_id="G1", session_id="S2"))
    plain = line.plain(icons=False)
    assert "what happened" in plain
    assert "G1 S2" in plain
    assert plain.isascii()


def test_lines_are_aligned_whatever_they_are_about() -> None:
    lines = [
        line_of(event(EventKind.goal_given, "x", goal_id="G1")),
        line_of(event(EventKind.job_done, "x", goal_id="G12", session_id="S34")),
        line_of(event(EventKind.project_registered, "x")),
    ]
    assert len({line.plain(icons=True).index(" x") for line in lines}) == 1


def test_good_and_bad_ends_differ() -> None:
    assert line_of(event(EventKind.goal_landed)).tone is Tone.good
    assert line_of(event(EventKind.goal_blocked)).tone is Tone.bad
    passed, failed = {"ok": True}, {"ok": False, "tail": "\n".join(map(str, range(9)))}
    assert line_of(event(EventKind.goal_checked, data=passed)).mark is Mark.good
    red = line_of(event(EventKind.goal_checked, data=failed))
    assert red.mark is Mark.bad
    assert red.more == ("4", "5", "6", "7", "8"), "the end of the check's output"
    assert line_of(event(EventKind.goal_checked, data={"moved": True})).mark is Mark.none


def test_what_an_agent_says_is_told_apart_from_what_it_does() -> None:
    said = line_of(event(EventKind.job_progress, "I am done", {"said": True}, session_id="S1"))
    did = line_of(event(EventKind.job_progress, "Edit: cart.py", {"tool": "Edit"}, session_id="S1"))
    assert (said.text, said.mark, did.text, did.mark) == ("S1 says: I am done", Mark.says, "Edit: cart.py", Mark.works)


def test_files_of_a_job_and_sections_of_a_brief_are_told_below_their_line() -> None:
    files = [f"f{n}.py" for n in range(10)]
    done = line_of(event(EventKind.job_done, data={"files_changed": files}))
    assert done.more == (*files[:8], "and 2 more")
    sections = [{"title": "Exports", "sources": ["S1:a.py:login"]}, {"title": "Nothing", "sources": []}]
    brief = line_of(event(EventKind.brief_written, data={"sections": sections, "left_out": ["D1"]}))
    assert brief.more[0].startswith("Exports: ")
    assert brief.more[0].endswith("login")
    assert brief.more[1:] == ("left out for lack of room: D1",), "a section without sources is not told"
    plain = brief.plain(icons=True).splitlines()
    assert plain[1].index("Exports") == plain[0].index("what happened")


def test_an_event_cannot_command_the_terminal() -> None:
    hostile = line_of(event(EventKind.job_failed, "boom\x1b[2J\nmore\x07", {"files_changed": ["\u202egnp"]})).plain(icons=True)
    assert not {"\x1b", "\x07", "\u202e"} & set(hostile)
    assert "boom\\x1b[2J" in hostile
