"""A stand-in for Anthropic's API on loopback: real HTTP, real server-sent events, answers from a script.

::

    with FakeAnthropic({"LOGIN": [Use("Bash", {"command": "ls"}), Text("done")]}) as api:
        ...  # ANTHROPIC_BASE_URL=api.url

A script is chosen by its word in the newest user message that contains one; which step of it comes next is told by the tool
results after that message. The server remembers nothing for it: a conversation may be resumed, restarted or crash in between.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from uuid import uuid4

Json = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """Say something; the turn ends unless a ``Use`` is in the same step. ``stop`` may be ``max_tokens`` or ``refusal``."""

    text: str
    stop: str = "end_turn"


@dataclass(frozen=True)
class Use:
    """Call a tool."""

    tool: str
    input: Json


@dataclass(frozen=True)
class Fail:
    """Answer with an HTTP error: 401, 429 (``retry_after`` in seconds), 500, 529."""

    status: int
    message: str = "scripted failure"
    retry_after: float | None = None


@dataclass(frozen=True)
class Hang:
    """Accept the request and say nothing until the client goes away or the server closes."""


@dataclass(frozen=True)
class Cut:
    """Begin to stream ``text`` and drop the connection in the middle."""

    text: str = "half a sentence that"


Step = Text | Use | tuple[Text | Use, ...] | Fail | Hang | Cut
ERRORS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error", 529: "overloaded_error"}


@dataclass(frozen=True)
class Request:
    """A request as it arrived: header names in lower case, the parsed body ({} when there was none)."""

    path: str
    headers: Mapping[str, str]
    body: Json

    @property
    def messages(self) -> list[Json]:
        return list(self.body.get("messages", []))

    def user_texts(self) -> list[str]:
        """What the user wrote, oldest first, without tool results."""
        return [text for m in self.messages if m["role"] == "user" and (text := _text(m["content"]))]

    def tool_results(self) -> list[Json]:
        """``tool_result`` blocks, oldest first."""
        return [block for m in self.messages for block in _results(m)]

    def system(self) -> str:
        return _text(self.body.get("system", ""))


Script = Sequence[Step] | Callable[[Request], Step]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block.get("type") == "text")


def _results(message: Json) -> list[Json]:
    content = message["content"]
    if message["role"] != "user" or isinstance(content, str):
        return []
    return [block for block in content if block.get("type") == "tool_result"]


class FakeAnthropic:
    """The server, in a thread of its own: it answers even while a test blocks. ``key``: any other API key gets a 401."""

    def __init__(
        self,
        scripts: Mapping[str, Script] | None = None,
        *,
        key: str | None = None,
        tokens_in: int = 1000,
        tokens_out: int = 100,
    ) -> None:
        self.scripts: dict[str, Script] = dict(scripts or {})
        self.key = key
        self.usage = {"input_tokens": tokens_in, "output_tokens": tokens_out}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._next: list[Step] = []
        self._news = threading.Condition()

    def __enter__(self) -> FakeAnthropic:
        self._server = _Server(("127.0.0.1", 0), _Exchange)
        self._server.api = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer_next(self, *steps: Step) -> None:
        """The next calls of ``/v1/messages`` get these answers, whatever the scripts say."""
        with self._news:
            self._next += steps

    def calls(self, word: str = "") -> list[Request]:
        """Calls of ``/v1/messages`` so far in which the user wrote ``word``."""
        with self._news:
            asked = [r for r in self.requests if r.path == "/v1/messages"]
        return [r for r in asked if any(word in text for text in r.user_texts())]

    async def called(self, word: str = "", times: int = 1, *, within: float = 30.0) -> list[Request]:
        """Wait until ``calls(word)`` has ``times`` entries."""
        return await asyncio.to_thread(self._called, word, times, within)

    def _called(self, word: str, times: int, within: float) -> list[Request]:
        deadline = time.monotonic() + within
        while len(calls := self.calls(word)) < times:
            with self._news:
                self._news.wait(0.2)
            assert time.monotonic() < deadline, f"{len(calls)} calls with {word!r}, {times} expected"
        return calls

    def receive(self, request: Request) -> Step:
        """Record a request and choose its answer."""
        with self._news:
            self.requests.append(request)
            self._news.notify_all()
            if self.key is not None and request.headers.get("x-api-key") != self.key:
                return Fail(401, "invalid x-api-key")
            if request.path == "/v1/messages" and self._next:
                return self._next.pop(0)
        return self._scripted(request)

    def _scripted(self, request: Request) -> Step:
        messages = request.messages
        for at in reversed(range(len(messages))):
            text = _text(messages[at]["content"]) if messages[at]["role"] == "user" else ""
            word = next((word for word in self.scripts if word in text), None)
            if word is not None:
                script = self.scripts[word]
                return script(request) if callable(script) else _step(script, sum(len(_results(m)) for m in messages[at + 1 :]))
        return Text("Nothing to do.")

    def message(self, request: Request, step: Text | Use | tuple[Text | Use, ...]) -> Json:
        """The answer as one Message object of the API."""
        parts = step if isinstance(step, tuple) else (step,)
        texts = [part for part in parts if isinstance(part, Text)]
        uses = any(isinstance(part, Use) for part in parts)
        return {
            "id": f"msg_{uuid4().hex}",
            "type": "message",
            "role": "assistant",
            "model": request.body.get("model", "claude"),
            "content": [self._block(part) for part in parts],
            "stop_reason": "tool_use" if uses else texts[-1].stop,
            "stop_sequence": None,
            "usage": {**self.usage, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
        }

    def _block(self, part: Text | Use) -> Json:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        return {"type": "tool_use", "id": f"toolu_{uuid4().hex}", "name": part.tool, "input": part.input}


def _step(script: Sequence[Step], results: int) -> Step:
    """The step after ``results`` tool results; the last one for ever when there are more."""
    for step in script[:-1]:
        uses = sum(isinstance(part, Use) for part in (step if isinstance(step, tuple) else (step,)))
        if results < uses or not uses:
            return step
        results -= uses
    return script[-1]


def stream_events(message: Json) -> Iterator[Json]:
    """A Message as the events of ``stream: true``."""
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **_blank(is_text)}}
        delta = (
            {"type": "text_delta", "text": block["text"]}
            if is_text
            else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        )
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": message["usage"]}
    yield {"type": "message_stop"}


def _blank(is_text: bool) -> Json:
    return {"text": ""} if is_text else {"input": {}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: FakeAnthropic

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle is part of the tests."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path.partition("?")[0], headers, json.loads(body or b"{}"))
        step = self.server.api.receive(request)
        match request.path, step:
            case _, Fail():
                self._fail(step)
            case "/v1/messages/count_tokens", _:
                self._json(200, {"input_tokens": len(body) // 4})
            case "/v1/messages", _:
                self._answer(request, step)
            case _:
                self._fail(Fail(404, "no such path"))

    def do_GET(self) -> None:
        self._fail(Fail(404, "no such path"))

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(self, request: Request, step: Step) -> None:
        match step:
            case Fail():
                self._fail(step)
            case Hang():
                self._hang()
            case Cut(text=text):
                events = list(stream_events(self.server.api.message(request, Text(text))))
                self._stream(events[:3], whole=False)
            case _ if request.body.get("stream"):
                self._stream(list(stream_events(self.server.api.message(request, step))), whole=True)
            case _:
                self._json(200, self.server.api.message(request, step))

    def _stream(self, events: list[Json], *, whole: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events:
            line = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.flush()
        if whole:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def _hang(self) -> None:
        self.connection.settimeout(0.2)
        while not self.server.api.closing.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
        self.close_connection = True

    def _fail(self, step: Fail) -> None:
        error = {"type": ERRORS.get(step.status, "api_error"), "message": step.message}
        extra = {} if step.retry_after is None else {"retry-after": f"{step.retry_after:g}"}
        self._json(step.status, {"type": "error", "error": error}, extra)

    def _json(self, status: int, body: Json, extra: Mapping[str, str] | None = None) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(text)), **(extra or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet: tests read ``FakeAnthropic.requests``."""
