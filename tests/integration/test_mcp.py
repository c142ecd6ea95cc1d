"""The server at ``/mcp``: a generic client uses every tool; whatever is not proved, not plain or not its own is refused and told."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import StdioServerParameters, types
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.doors.mcp.gate import BODY_BYTES
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.mcp.refusals import ONE_BY_ONE, Refusals
from orchestrator.doors.mcp.server import RESOURCES
from orchestrator.engine.coordination.tool import Tool
from orchestrator.engine.coordination.tools import TOOLS
from orchestrator.engine.engine import Engine
from orchestrator.nouns.errors import NotReady
from orchestrator.verbs.rights import may_call
from orchestrator.verbs.roles import role_table
from tests.served import Answer, Served, reopened, served, settled

SECRET_WORDS = "for S4 only"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as place:
        yield place


# What works


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_generic_client_lists_and_calls_every_tool_with_its_example(place: Served, mode: str) -> None:
    headers = {"Authorization": f"Bearer {place.tokens['S1']}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(place.mcp_url, http_client=http), mode=mode) as client,
    ):
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == list(TOOLS)
        for tool in listed:
            assert tool.description is not None
            assert "Example: {" in tool.description
            assert tool.input_schema["additionalProperties"] is False
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint is TOOLS[tool.name].reads
            if "request_id" in TOOLS[tool.name].example:
                await reopened(place.home, "R1")
            answer = await client.call_tool(tool.name, TOOLS[tool.name].example)
            assert not answer.is_error, (tool.name, answer.content)
            assert isinstance(answer.content[0], types.TextContent)
            assert json.loads(answer.content[0].text) == answer.structured_content
        await settled(place.home)
        resources = (await client.list_resources()).resources
        assert [resource.uri for resource in resources] == list(RESOURCES)
        for resource in resources:
            contents = (await client.read_resource(resource.uri)).contents[0]
            assert isinstance(contents, types.TextResourceContents)
            assert isinstance(json.loads(contents.text), dict)
        with pytest.raises(MCPError, match="televibe://inbox"):
            await client.read_resource("televibe://nothing")


def test_the_server_says_which_televibe_it_is(place: Served) -> None:
    me = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "any", "version": "1"}}
    server = place.rpc("initialize", me).body["result"]["serverInfo"]
    assert (server["name"], server["version"]) == ("televibe", version("televibe"))


def test_who_reads_sees_the_tools_of_its_role(place: Served) -> None:
    answer = place.rpc("tools/list", {}, "S2")
    names = {tool["name"] for tool in answer.body["result"]["tools"]}
    assert names == {name for name, tool in TOOLS.items() if may_call(role_table()["reviewer"], tool.needs)}
    assert "declare_export is not for the role reviewer" in place.call("declare_export", TOOLS["declare_export"].example, "S2").refusal


async def test_an_agent_without_http_has_the_same_tools(place: Served) -> None:
    env = {**os.environ, "TELEVIBE_HOME": str(place.home.path), "TELEVIBE_TOKEN": place.tokens["S3"]}
    command = StdioServerParameters(command=sys.executable, args=["-m", "orchestrator.doors", "mcp"], env=env)
    async with Client(command, mode="legacy") as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(TOOLS)
        answer = await client.call_tool("list_sessions", {})
        assert [s["id"] for s in answer.structured_content["sessions"] if s["you"]] == ["S3"]
        refused = await client.call_tool("get_inbox", {"session_id": "S1"})
        assert refused.is_error
        assert "the token is that of S3" in refused.content[0].text  # type: ignore[union-attr]
        contents = (await client.read_resource("televibe://sessions")).contents[0]
        assert "S3" in contents.text  # type: ignore[union-attr]


# Who it is


def test_nothing_of_another_project_is_seen(place: Served) -> None:
    for name in ("get_available_interfaces", "list_sessions", "get_inbox", "get_todos", "get_pending_requests"):
        seen = json.dumps(place.call(name, {}).body["result"])
        assert not [word for word in (SECRET_WORDS, "offer_S4", '"S4"', '"R2"', '"O2"') if word in seen], name


def test_a_token_taken_back_is_worth_nothing_at_once(place: Served) -> None:
    words = [sys.executable, "-m", "orchestrator.doors", "session", "token", "S3", "--repo", str(place.repo)]
    made = json.loads(_ran(place, [*words, "--json"]))
    assert made["mcp_url"] == place.mcp_url
    assert place.call("get_inbox", {}, made["token"]).status == 200
    assert json.loads(_ran(place, [*words, "--revoke", "--json"]))["revoked"] == 2
    answer = place.call("get_inbox", {}, made["token"])
    assert (answer.status, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert "a token of S3 that is worth nothing any more" in answer.refusal
    assert place.refusals()[-1][1] == "S3"


def _ran(place: Served, words: list[str]) -> str:
    environment = {**os.environ, "TELEVIBE_HOME": str(place.home.path)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_more_calls_than_allowed_are_told_to_wait(place: Served) -> None:
    answers = [place.call("get_decisions", {}, "S4") for _ in range(7)]
    assert [bool(answer.refusal) for answer in answers] == [False] * 5 + [True] * 2
    assert "more than 5 calls within a minute (talk.calls_per_minute) — wait " in answers[-1].refusal
    assert place.refusals()[-1][1] == "S4"


# What is refused, for every tool there is

Call = Callable[[Served, Tool], Answer]


def _texts(tool: Tool) -> list[str]:
    """The parameters that take words; the claim of who calls is always one."""
    free = [name for name, given in tool.example.items() if isinstance(given, str)]
    return [*free, *(name for name in ("session_id", "from_session") if name in tool.asks.model_fields)]


def _needed(tool: Tool) -> str:
    """A parameter that may not be empty."""
    return next((name for name in _texts(tool) if tool.asks.model_fields[name].is_required()), _claim(tool))


def _claim(tool: Tool) -> str:
    return next(name for name in ("session_id", "from_session") if name in tool.asks.model_fields)


def _with(tool: Tool, value: Any, parameter: str | None = None) -> dict[str, Any]:
    return {**tool.example, parameter or _texts(tool)[0]: value}


def _ids(tool: Tool, ids: dict[str, Any]) -> dict[str, Any]:
    """The example with ids of the wrong kind; a tool that takes none gets one as a claim."""
    taken = {name: ids[name] for name in ids if name in tool.example}
    return {**tool.example, **(taken or {_claim(tool): ids["to_session"]})}


UNKNOWN: dict[str, Any] = dict.fromkeys(("to_session", "on_session"), "S999") | {
    "message_id": "M999",
    "request_id": "R999",
    "todo_id": "O999",
    "assignments": ["A999"],
}
OF_S4: dict[str, Any] = dict.fromkeys(("to_session", "on_session"), "S4") | {
    "message_id": "M2",
    "request_id": "R2",
    "todo_id": "O2",
    "assignments": ["A2"],
}


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


HOSTILE: dict[str, Call] = {
    "no token": lambda place, tool: place.call(tool.name, tool.example, None),
    "wrong token": lambda place, tool: place.call(tool.name, tool.example, "tv_" + "x" * 43),
    "another session's id": lambda place, tool: place.call(tool.name, {**tool.example, _claim(tool): "S2"}),
    "unknown id": lambda place, tool: place.call(tool.name, _ids(tool, UNKNOWN)),
    "another project's id": lambda place, tool: place.call(tool.name, _ids(tool, OF_S4)),
    "empty": lambda place, tool: place.call(tool.name, _with(tool, "", _needed(tool))),
    "long": lambda place, tool: place.call(tool.name, _with(tool, "x" * 900_000)),
    "1 MB": lambda place, tool: place.call(tool.name, _with(tool, "x" * 1_000_000)),
    "NUL": lambda place, tool: place.call(tool.name, _with(tool, "S1\x00")),
    "bidi": lambda place, tool: place.call(tool.name, _with(tool, "S1\u202e")),
    "half a character": lambda place, tool: place.call(tool.name, _with(tool, "\ud83d")),
    "deep": lambda place, tool: place.call(tool.name, _with(tool, _deep(40))),
    "too deep": lambda place, tool: place.call(tool.name, _with(tool, _deep(900))),
    "number": lambda place, tool: place.call(tool.name, _with(tool, 12)),
    "object": lambda place, tool: place.call(tool.name, _with(tool, {"$ne": None})),
    "extra parameter": lambda place, tool: place.call(tool.name, {**tool.example, "as_admin": True}),
}
BY_SOMEBODY = {"no token", "wrong token"}
"""Nobody knows by whom."""


@pytest.mark.parametrize("name", TOOLS)
def test_hostile_calls_are_refused_recorded_and_change_nothing(place: Served, name: str) -> None:
    before, last = place.state(), place.last_event()
    for hostile, call in HOSTILE.items():
        answer = call(place, TOOLS[name])
        by_somebody = hostile in BY_SOMEBODY
        assert " — " in answer.refusal or ": " in answer.refusal, (hostile, answer.body)
        assert len(answer.refusal) < 1500, hostile
        assert answer.status in ({401} if by_somebody else {200, 400, 413}), hostile
        assert place.state() == before, hostile
        recorded = place.refusals(last)
        last = place.last_event()
        assert [session for _, session, _ in recorded] == [None if by_somebody else "S1"], (hostile, answer.refusal)
        assert len(recorded[0][2]) < 1000, hostile


def test_a_tool_that_does_not_exist_names_those_that_do(place: Served) -> None:
    answer = place.call("drop_tables", {})
    assert "there is no tool 'drop_tables' — tools: declare_export" in answer.refusal


# What never reaches a tool


def _post(place: Served, headers: dict[str, str], body: bytes = b"{}") -> Answer:
    return place.send("POST", "/mcp", body, {"authorization": f"Bearer {place.tokens['S1']}", **headers})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1:1"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"origin": "http://localhost.evil.example"}, 403),
    ],
)
def test_another_host_or_origin_is_refused(place: Served, headers: dict[str, str], status: int) -> None:
    before, last = place.state(), place.last_event()
    answer = _post(place, headers)
    assert (answer.status, place.state()) == (status, before)
    assert " — " in answer.refusal
    assert place.refusals(last)


def test_our_own_names_are_answered(place: Served) -> None:
    port = place.url.rpartition(":")[2]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert place.send("GET", "/healthz", headers={"host": host, "origin": f"http://{host}"}).status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_without_a_token_every_method_is_401_and_with_one_only_calls_are_taken(place: Served, method: str) -> None:
    assert place.send(method, "/mcp").status == 401
    assert place.send(method, "/mcp", headers={"authorization": f"Bearer {place.tokens['S1']}"}).status == 405


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic UzE6eA==", "Bearer tv_", "Bearer S1", "tv_x", "Bearer tv_é"])
def test_what_is_no_token_is_401(place: Served, authorization: str) -> None:
    answer = place.send("POST", "/mcp", b"{}", {"authorization": authorization.encode().decode("latin-1")})
    assert (answer.status, "televibe session token" in answer.refusal) == (401, True)


def test_ten_megabytes_are_refused_before_they_are_read(place: Served) -> None:
    answer = _post(place, {"content-type": "application/json"}, b"x" * 200)
    assert answer.status in {400, 406}
    long = _post(place, {"content-type": "application/json"}, b"x" * 10_000_000)
    assert (long.status, f"{BODY_BYTES:,} bytes" in long.refusal) == (413, True)
    assert place.send("POST", "/mcp", b"x" * 10_000_000).status == 401
    chunks = (b"x" * 100_000 for _ in range(100))
    assert _chunked(place, chunks) == 413


def _chunked(place: Served, chunks: Iterator[bytes]) -> int:
    """A body that does not say how long it is."""
    connection = http.client.HTTPConnection(place.url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/mcp", chunks, {"authorization": f"Bearer {place.tokens['S1']}"}, encode_chunked=True)
    return connection.getresponse().status


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5_000, b'{"jsonrpc":"2.0","id":1,"method":"nothing"}'],
    ids=["empty", "half", "batch", "null", "no version", "no utf-8", "deep array", "deep object", "no method"],
)
def test_a_body_that_is_no_call_is_answered_and_the_server_goes_on(place: Served, body: bytes) -> None:
    last = place.last_event()
    by_another = {"authorization": f"Bearer {place.tokens['S3']}"}  # S1 was refused so often that the rest is only counted
    answer = _post(place, {"content-type": "application/json", "accept": "application/json, text/event-stream", **by_another}, body)
    assert 200 <= answer.status < 500
    assert "error" in answer.body
    if b"jsonrpc" not in body:
        assert " — " in answer.refusal
        assert len(answer.refusal) < 300
        assert [session for _, session, _ in place.refusals(last)] == ["S3"]
    assert place.send("GET", "/healthz").status == 200


def test_no_token_is_in_the_database_or_a_log(place: Served) -> None:
    files = [path for path in place.home.path.rglob("*") if path.is_file()] + [place.repo.parent / "up.log"]
    for path in files:
        content = path.read_bytes()
        assert not [session for session, token in place.tokens.items() if token.encode() in content], path


def test_where_it_listens_is_for_its_owner_only(place: Served) -> None:
    assert place.home.server_file.stat().st_mode & 0o777 == 0o600
    assert json.loads(place.home.server_file.read_bytes()) == {"url": place.url, "mcp_url": place.mcp_url, "pid": place.pid}


async def test_a_port_that_is_taken_names_who_has_it(place: Served, tmp_path: Path) -> None:
    port = int(place.url.rpartition(":")[2])
    with pytest.raises(NotReady) as refused:
        async with Engine(Home(tmp_path / "home"), host=hosting(port)):
            pytest.fail("it listens where another one does")
    assert f"port {port} is taken by process {place.pid} " in refused.value.line()
    assert "leave --port out" in refused.value.line()


async def test_a_flood_is_counted_and_not_written_down_call_by_call(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path / 'store.db'}")
    refusals = Refusals(store)
    for _ in range(ONE_BY_ONE + 40):
        await refusals.note("a token that was never issued")
    await refusals.note("a request to another host's name", host="'evil'")
    await refusals.close()
    async with store.reading() as view:
        events = await view.events()
    await store.close()
    assert len(events) == ONE_BY_ONE + 2
    assert events[-1].text == "somebody was refused 40 more times within a minute: a token that was never issued"
    assert events[-2].data == {"why": "a request to another host's name", "host": "'evil'"}
