"""The commands that read: what they print is what is stored, as JSON for scripts and as lines for people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.boundaries.store.glance import at_a_glance
from orchestrator.boundaries.store.sql import open_store
from orchestrator.boundaries.transcript import Transcript
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import SessionState
from tests.cli import COMMAND, HOSTILE, STARTED, Said, Shop, furnished_shop, televibe, televibe_cold
from tests.integration.test_cli_init import said
from tests.repos import git


@pytest.fixture
async def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = await furnished_shop(tmp_path)
    monkeypatch.setenv("TELEVIBE_HOME", str(shop.home.path))
    return shop


def read(shop: Shop, capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    return said(capsys, *words, "--repo", shop.repo)


def test_the_quick_answer_is_the_answer_of_the_command(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    quick = televibe("sessions", "--all", "--json", home=shop.home.path, cwd=shop.repo)
    found = at_a_glance(shop.home.database_file, str(shop.repo))
    assert found is not None
    # A database named by a URL closes the quick way, even if it is the same one.
    url = {"TELEVIBE_DATABASE_URL": f"sqlite:///{shop.home.database_file}"}
    slow = televibe("sessions", "--all", "--json", home=shop.home.path, cwd=shop.repo, env=url)
    assert quick == slow == Said(0, json.dumps(found.documents(), indent=2, ensure_ascii=False) + "\n", "")
    assert [session["id"] for session in json.loads(quick.out)] == ["S1", "S2"]
    live = read(shop, capsys, "sessions", "--json")
    assert [session["id"] for session in json.loads(live.out)] == ["S1"], "closed sessions only with --all"


def test_the_quick_answer_imports_nothing_heavy(shop: Shop) -> None:
    timed = televibe_cold("sessions", "--json", home=shop.home.path, cwd=shop.repo, env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in timed.err.splitlines() if "|" in line}
    assert "orchestrator" in imported
    assert not imported & {"sqlalchemy", "langgraph", "anthropic", "chromadb", "dbos", "pydantic", "typer", "rich", "asyncio"}
    assert len(json.loads(timed.out)) == 1


def test_help_imports_no_engine(shop: Shop) -> None:
    timed = televibe_cold("--help", home=shop.home.path, env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in timed.err.splitlines() if "|" in line}
    assert "typer" in imported
    assert not imported & {"sqlalchemy", "langgraph", "anthropic", "chromadb", "dbos", "pydantic", "rich", "asyncio"}


def test_every_document_is_one_json_document_and_nothing_else(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["goals"], ["log"], ["log", "--git"], ["session", "show", "S1"], ["session", "log", "S1"], ["session", "diff", "S1"]):
        told = read(shop, capsys, *words, "--json")
        assert (told.status, told.err) == (0, ""), words
        json.loads(told.out)


def test_goals_come_with_their_tasks(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    (goal,) = json.loads(read(shop, capsys, "goals", "--json").out)
    assert (goal["id"], goal["state"], [task["id"] for task in goal["tasks"]]) == ("G1", "working", ["T1", "T2"])
    assert "0/2" in read(shop, capsys, "goals").out


def test_a_session_is_shown_with_its_jobs_and_exports(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(read(shop, capsys, "session", "show", "s1", "--json").out)
    assert (told["parent"], told["children"], told["assignments"]) == (None, [], [])
    assert told["branch"] == "televibe/g1-total"
    assert [job["id"] for job in told["jobs"]] == ["J1"]
    assert [export["name"] for export in told["exports"]] == ["total"]
    text = read(shop, capsys, "session", "show", "S1").out
    assert "def total(prices, tax=0)" in text
    assert "J1" in text


def test_a_diff_holds_uncommitted_and_new_files_and_can_be_applied(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(read(shop, capsys, "session", "diff", "S1", "--json").out)
    assert told["files"] == [{"path": "cart.py", "added": 2, "removed": 2}, {"path": "tax.py", "added": 1, "removed": 0}]
    diff = read(shop, capsys, "session", "diff", "S1").out
    (shop.repo / "s1.patch").write_text(diff)
    git(shop.repo, "apply", "s1.patch")
    assert (shop.repo / "tax.py").read_text() == "RATE = 19\n"
    stat = read(shop, capsys, "session", "diff", "S1", "--stat").out
    assert [line.split() for line in stat.splitlines()[1:]] == [["cart.py", "+2", "-2"], ["tax.py", "+1", "-0"]]
    assert read(shop, capsys, "session", "diff", "S2").out == "", "a closed session is compared by its branch"


def test_a_session_log_tells_what_was_said_between_the_events(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    entries = json.loads(read(shop, capsys, "session", "log", "S1", "--json").out)
    assert [entry["kind"] for entry in entries] == ["brief", "said", "did", "session.created"]
    assert entries[0]["text"] == "Add tax\nto the cart"
    text = read(shop, capsys, "session", "log", "S1").out
    assert "Edit: cart.py" in text
    assert "S1 implementer on televibe/g1-total" in text


def test_the_log_is_filtered_and_limited(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [event["kind"] for event in json.loads(read(shop, capsys, "log", "--json").out)]
    assert kinds == ["project.registered", "goal.given", "session.created", "job.progress"]
    assert [e["kind"] for e in json.loads(read(shop, capsys, "log", "--json", "--limit", "1").out)] == ["job.progress"]
    assert len(json.loads(read(shop, capsys, "log", "--json", "--session", "S1").out)) == 2
    assert len(json.loads(read(shop, capsys, "log", "--json", "--goal", "G1").out)) == 3
    ran = json.loads(read(shop, capsys, "log", "--git", "--json").out)
    assert all(line["argv"][0] == "git" for line in ran)
    assert {line["directory"] for line in ran} == {str(shop.repo)}


def test_what_does_not_exist_is_named_with_the_way_to_find_what_does(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["session", "show", "S99"], ["session", "log", "S99"], ["session", "diff", "S99"], ["log", "--session", "S99"]):
        told = read(shop, capsys, *words)
        assert (told.status, told.out, told.err) == (1, "", "no session S99 — `televibe sessions` lists them\n")
    assert read(shop, capsys, "log", "--goal", "G9").err == "no goal G9 — `televibe goals` lists them\n"
    told = read(shop, capsys, "log", "--git", "--follow")
    assert told.status == 2
    assert told.err.count("\n") == 1


def test_what_an_agent_wrote_cannot_command_a_terminal_or_a_pipe(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["sessions"], ["session", "show", "S1"], ["session", "log", "S1"], ["log"]):
        out = read(shop, capsys, *words).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out), words
        assert "\\x1b[2J" in out, words
    titles = [s["title"] for s in json.loads(read(shop, capsys, "sessions", "--json").out)]
    assert titles == [HOSTILE], "JSON carries it as it is, escaped by JSON's own rules"


@contextmanager
def following(shop: Shop, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [COMMAND, *words, "--repo", shop.repo], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    with process:
        yield process
        process.kill()


async def test_a_followed_log_tells_news_as_json_lines_until_ctrl_c(shop: Shop) -> None:
    with following(shop, "log", "--follow", "--json", "--limit", "1") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["kind"] == "job.progress"
        store = await open_store(shop.home.database_url)
        async with store.writing() as tx:
            event = NewEvent(kind=EventKind.goal_finished, project_id="P1", goal_id="G1", text="G1 is done")
            await tx.record(event)
        await store.close()
        assert json.loads(process.stdout.readline())["text"] == "G1 is done"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "stopped looking; the work goes on\n")


async def test_a_followed_session_log_tells_what_the_agent_does_next(shop: Shop) -> None:
    with following(shop, "session", "log", "S1", "--follow") as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(5)]
        assert "S1 implementer on" in told[-1]
        with Transcript(shop.home.transcript("S1", "J1")) as transcript:
            transcript.write("finished", {"summary": "tax is in"}, STARTED)
        store = await open_store(shop.home.database_url)
        async with store.writing() as tx:
            session = (await tx.session("S1")).model_copy(update={"state": SessionState.idle})
            await tx.put(session)
            ids = {"project_id": "P1", "goal_id": "G1", "session_id": "S1", "job_id": "J1"}
            await tx.record(NewEvent(kind=EventKind.job_done, text="S1 ended J1", **ids))
        await store.close()
        news = [process.stdout.readline() for _ in range(2)]
        assert "tax is in" in news[0]
        assert "S1 ended J1" in news[1]


def test_nobody_reading_any_more_is_no_error(shop: Shop) -> None:
    script = f'set -o pipefail; "{COMMAND}" log --repo "{shop.repo}" | true'
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
