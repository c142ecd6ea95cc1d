"""The hook before an edit, as a process: it lets pass what may be edited, says why not, and refuses when nobody answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.agents.claude_hooks import command, edit_hooks
from orchestrator.boundaries.agents.protocol import McpEndpoint
from tests.served import Served, served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as place:
        yield place


def ask(port: int, token: str | None, question: dict[str, Any] | bytes) -> subprocess.CompletedProcess[bytes]:
    """As Claude Code does: through a shell, with the token in the environment."""
    environment = {name: value for name, value in os.environ.items() if name != "TELEVIBE_TOKEN"}
    if token is not None:
        environment["TELEVIBE_TOKEN"] = token
    said = question if isinstance(question, bytes) else json.dumps(question).encode()
    return subprocess.run(["/bin/sh", "-c", command(port)], input=said, env=environment, capture_output=True, timeout=60, check=False)


def write(place: Served, session: str, file: str) -> dict[str, Any]:
    return using(place, session, "Write", file_path=f"{worktree(place, session)}/{file}", content="x\n")


def using(place: Served, session: str, tool: str, **words: Any) -> dict[str, Any]:
    return {"hook_event_name": "PreToolUse", "cwd": worktree(place, session), "tool_name": tool, "tool_input": words}


def worktree(place: Served, session: str) -> str:
    return str(place.home.worktree("P1", session))


def port_of(place: Served) -> int:
    return int(place.url.rpartition(":")[2])


def reason(answer: subprocess.CompletedProcess[bytes]) -> str:
    """Why it was refused, in Claude Code's own words."""
    assert (answer.returncode, answer.stderr) == (0, b""), answer
    said = json.loads(answer.stdout)["hookSpecificOutput"]
    assert (said["hookEventName"], said["permissionDecision"]) == ("PreToolUse", "deny")
    return str(said["permissionDecisionReason"])


def test_a_locked_file_is_refused_with_the_reason_and_all_else_passes(place: Served) -> None:
    place.call("acquire_file_lock", {"files": ["src/cart.py", "docs/"]}, "S1")
    port, token = port_of(place), place.tokens["S3"]
    passes = [
        write(place, "S3", "src/money.py"),
        using(place, "S3", "Bash", command="git log -1; echo x > src/money.py"),
        using(place, "S3", "Bash", command="echo 'unfinished"),
        using(place, "S3", "Read", file_path=f"{worktree(place, 'S3')}/src/cart.py"),
        using(place, "S3", "Write", file_path="/tmp/elsewhere.py", content=""),
    ]
    for question in passes:
        answer = ask(port, token, question)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b""), question
    refused = [
        write(place, "S3", "src/cart.py"),
        write(place, "S3", "SRC/Cart.py"),
        using(place, "S3", "Bash", command="cd src && sed -i s/1/2/ cart.py"),
        using(place, "S3", "Bash", command="rm -rf src"),
        using(place, "S3", "NotebookEdit", notebook_path=f"{worktree(place, 'S3')}/docs/a.ipynb", new_source=""),
    ]
    for question in refused:
        assert "LOCKED: " in reason(ask(port, token, question)), question
    assert ask(port, place.tokens["S1"], write(place, "S1", "src/cart.py")).stdout == b""
    place.call("release_file_lock", {}, "S1")
    assert ask(port, token, refused[0]).stdout == b""


def test_who_cannot_prove_who_it_is_edits_nothing(place: Served) -> None:
    question = write(place, "S3", "src/money.py")
    for token in (None, "tv_wrong", "x\r\nHost: evil.example"):
        answer = ask(port_of(place), token, question)
        assert (answer.returncode, answer.stdout) == (2, b""), token
        assert answer.stderr.startswith(b"LOCKED: TeleVibe "), token


@pytest.mark.parametrize("question", [b"", b"[]", b"{", b'{"tool_name": 1, "tool_input": {}}', b"[" * 100_000])
def test_what_cannot_be_read_is_refused(place: Served, question: bytes) -> None:
    answer = ask(port_of(place), place.tokens["S3"], question)
    assert (answer.returncode, answer.stdout) == (2, b"")
    assert b"an edit that cannot be read" in answer.stderr


def test_a_service_that_is_gone_refuses_the_edit() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        answer = ask(taken.getsockname()[1], "tv_any", {})
    assert (answer.returncode, answer.stdout) == (2, b"")
    assert b"LOCKED: TeleVibe could not be asked (ConnectionRefusedError" in answer.stderr
    assert b"try again in a while" in answer.stderr


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\nsure",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n permit",
        b"HTTP/1.1 500 Internal Server Error\r\n\r\npermit",
        b"permit",
        b"\xff" * 100,
    ],
)
def test_a_service_that_answers_nonsense_refuses_the_edit(nonsense: bytes) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        answering = threading.Thread(target=_answer_once, args=(server, nonsense))
        answering.start()
        answer = ask(server.getsockname()[1], "tv_any", {})
        answering.join()
    assert (answer.returncode, answer.stdout) == (2, b"")
    assert answer.stderr.startswith(b"LOCKED: TeleVibe")


def _answer_once(server: socket.socket, said: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(said)


def test_a_hook_that_is_killed_refuses_the_edit(tmp_path: Path) -> None:
    killing = command(1).replace(str(Path(command.__code__.co_filename).with_name("edit_hook.py")), str(tmp_path / "killed.py"))
    (tmp_path / "killed.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    answer = subprocess.run(["/bin/sh", "-c", killing], input=b"{}", capture_output=True, check=False)
    assert answer.returncode == 2
    assert b"the check of this edit did not run" in answer.stderr


def test_the_token_is_in_no_command_line() -> None:
    assert "tv_secret" not in json.dumps(edit_hooks(McpEndpoint("http://127.0.0.1:7/mcp", "tv_secret")))
    assert edit_hooks(None) == {}
