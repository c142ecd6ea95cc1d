"""Watching work: lines in a pipe, nothing for scripts, and in a terminal what every session does right now."""

from __future__ import annotations

import io
import os
import pty
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.doors.frame import Stopped
from orchestrator.doors.output import Out
from orchestrator.doors.picture import Picture
from orchestrator.doors.progress import LiveView, watch_to
from orchestrator.doors.sessions import counts
from orchestrator.nouns.errors import NotReady
from orchestrator.nouns.event import Event, EventKind


def event(kind: EventKind, text: str, session: str = "S1") -> Event:
    return Event(id=1, at=datetime.now(UTC), kind=kind, project_id="P1", text=text, session_id=session, goal_id="G1")


def test_a_pipe_gets_a_line_for_each_event_a_reader_would_miss() -> None:
    stream = io.StringIO()
    with watch_to(Out.to(stream)) as watch:
        watch.show(event(EventKind.job_queued, "J1 queued"))
        watch.show(event(EventKind.job_done, "S1 ended J1"))
        watch.print("the plan\x1b[2J")
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("S1 ended J1")
    assert lines[1:] == ["the plan\\x1b[2J"]


async def test_a_script_gets_nothing_and_is_not_asked() -> None:
    stream = io.StringIO()
    with watch_to(Out.to(stream), silent=True) as watch:
        watch.show(event(EventKind.job_done, "S1 ended J1"))
        watch.print("the plan")
        with pytest.raises(Stopped, match="the plan waits"):
            await watch.ask("approve? ")
    assert stream.getvalue() == ""


async def test_the_end_of_the_input_is_no_answer() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as answers:
        os.write(writer, b"  drop task 2 \n")
        watch = watch_to(Out.to(io.StringIO()), answers=answers)
        assert await watch.ask("approve? ") == "drop task 2"
        os.close(writer)
        with pytest.raises(Stopped):
            await watch.ask("approve? ")


def test_a_terminal_shows_below_the_lines_what_every_session_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream, watch_to(Out.to(stream)) as watch:
        assert isinstance(watch, LiveView)
        watch.show(event(EventKind.job_running, "S1 works on J1"))
        watch.show(event(EventKind.job_progress, "Edit: cart.py"))
        watch.show(event(EventKind.job_running, "S2 works on J2", "S2"))
        watch.show(event(EventKind.job_done, "S2 ended J2", "S2"))
    shown = everything(leader)
    assert "Edit: cart.py" in shown
    assert "S2 ended J2" in shown
    last_frame = shown.rpartition("S2 ended J2")[2]
    assert "Edit: cart.py" in last_frame, "S1 still works"
    assert "S2 works" not in last_frame


def everything(leader: int) -> str:
    """What a terminal was sent until its other end was closed."""
    read = b""
    with os.fdopen(leader, "rb", buffering=0) as terminal, suppress(OSError):  # EIO: nobody writes any more
        while chunk := terminal.read(65536):
            read += chunk
    return read.decode()


def test_lines_of_a_diff_are_counted_by_file_even_when_they_look_like_headers() -> None:
    diff = (
        "diff --git a/notes.txt b/notes.txt\nindex 1..2 100644\n--- a/notes.txt\n+++ b/notes.txt\n@@ -1,3 +1,3 @@\n"
        " same\n--- a dashed line\n-diff --git a/x b/x\n+++ a plus line\n+@@ -1,9 +1,9 @@\n\\ No newline at end of file\n"
        "diff --git a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n"
        "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x = 1\n"
    )
    assert counts(diff) == [
        {"path": "notes.txt", "added": 2, "removed": 2},
        {"path": "logo.png", "added": 0, "removed": 0},
        {"path": "new.py", "added": 1, "removed": 0},
    ]


def test_a_picture_shows_what_is_passed_on_and_no_place_of_this_machine(tmp_path: Path) -> None:
    seen = io.StringIO()
    picture = Picture(watch_to(Out.to(seen)), {"/home/ada/shop": "shop", "/usr/bin/python3": "python"})
    with picture:
        picture.print("A sample repository: /home/ada/shop")
        picture.show(event(EventKind.job_progress, "Edit: cart.py"))
        picture.show(event(EventKind.goal_checked, "check '/usr/bin/python3 -m unittest' passed"))
    picture.write(tmp_path / "run.svg", "televibe demo")
    svg = (tmp_path / "run.svg").read_text().replace("&#160;", " ").replace("&#x27;", "'")
    assert "A sample repository: shop<" in svg
    assert "check 'python -m unittest' passed<" in svg
    assert "cart.py" not in svg, "small steps are left out"
    assert "url(http" not in svg, "it needs nothing from elsewhere"
    assert "/usr/bin/python3 -m unittest" in seen.getvalue(), "the watch it goes with is told everything, as it is"
    with pytest.raises(NotReady, match="cannot be written"):
        picture.write(tmp_path / "nowhere" / "run.svg", "televibe demo")
