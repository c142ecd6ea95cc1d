"""The gate before the SDK: a proved session, a body of bounded size and depth; nothing else gets any further."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.boundaries.store.protocol import Store
from orchestrator.doors.mcp.place import refusal
from orchestrator.doors.mcp.refusals import Refusals
from orchestrator.engine.coordination.identity import Holder, NotProved, bearer

BODY_BYTES = 1_000_000
DEPTH = 64
"""Levels of a request's JSON. The tools' own words need four; parsers recurse."""
HOLDER = "televibe.holder"
"""Where the scope says who is calling."""

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True)
class Gate:
    """ASGI. 401 without a token that is somebody's now; 405 for what is no call; 413 and 400 for what no call needs."""

    app: ASGIApp
    store: Store
    refusals: Refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            holder = await bearer(self.store, _secret(scope))
        except NotProved as error:
            await self.refusals.note(str(error), whose=error.token)
            challenge = {"www-authenticate": 'Bearer realm="televibe", error="invalid_token"'}
            return await refusal(401, str(error), error.remedy, challenge)(scope, receive, send)
        if scope["method"] != "POST":
            answer = refusal(405, f"{scope['method'][:20]} is not used here", "every call is a POST", {"allow": "POST"})
            return await answer(scope, receive, send)
        body = await self._body(scope, receive, holder)
        if isinstance(body, Response):
            return await body(scope, receive, send)
        return await self.app({**scope, HOLDER: holder}, _replayed(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive, holder: Holder) -> bytes | Response:
        """The whole body, or the refusal of it."""
        received = bytearray()
        if _length(scope) <= BODY_BYTES:
            more = True
            while more and len(received) <= BODY_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return Response(status_code=400)
                received += message.get("body", b"")
                more = message.get("more_body", False)
            if not more and len(received) <= BODY_BYTES:
                return await self._refused(holder, 400, "a call nested too deeply", DEEP) if _too_deep(received) else bytes(received)
        return await self._refused(holder, 413, f"a call of more than {BODY_BYTES:,} bytes", LONG)

    async def _refused(self, holder: Holder, status: int, why: str, what_to_do: str) -> Response:
        await self.refusals.note(why, whose=holder.session)
        return refusal(status, why, what_to_do, {"connection": "close"})


LONG = "commit a file and name it"
DEEP = f"at most {DEPTH} levels; the tools' arguments are flat"


def _secret(scope: Scope) -> str:
    """The bearer token; empty if there is none, or more than one."""
    given = [value for key, value in scope["headers"] if key == b"authorization"]
    scheme, _, secret = given[0].decode("latin-1").partition(" ") if len(given) == 1 else ("", "", "")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _length(scope: Scope) -> int:
    declared = next((value for key, value in scope["headers"] if key == b"content-length"), b"")
    return int(declared) if declared.isdigit() else 0


def _too_deep(body: bytes | bytearray) -> bool:
    if body.count(b"[") + body.count(b"{") <= DEPTH:
        return False
    depth = 0
    for found in _BRACKETS.finditer(body):
        mark = found[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > DEPTH:
                return True
        elif mark in (b"]", b"}"):
            depth -= 1
    return False


def _replayed(body: bytes, receive: Receive) -> Receive:
    """``receive`` for an application to which the body is still new."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
