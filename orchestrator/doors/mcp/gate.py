"""The gate before the SDK: a proved session, a body of bounded size and depth; nothing else gets any further."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from pydantic_core import from_json
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.boundaries.store.protocol import Store
from orchestrator.doors.mcp.place import refusal
from orchestrator.doors.mcp.refusals import Refusals
from orchestrator.engine.coordination.identity import Holder, NotProved, bearer

BODY_BYTES = 1_000_000
DISCARDED_BYTES = 16_000_000
DISCARDED_SECONDS = 5.0
HOLDER = "televibe.holder"
"""Where the scope says who is calling."""


@dataclass(frozen=True)
class Gate:
    """ASGI. 401 without a token that is somebody's now; 405 for what is no call; 413 and 400 for what no call needs."""

    app: ASGIApp
    store: Store
    refusals: Refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = Sent(receive)
        admitted = await self._admitted(scope, sent)
        if isinstance(admitted, Response):
            await sent.discard()
            return await admitted(scope, receive, send)
        holder, body = admitted
        return await self.app({**scope, HOLDER: holder}, _replayed(body, receive), send)

    async def _admitted(self, scope: Scope, receive: Receive) -> tuple[Holder, bytes] | Response:
        try:
            holder = await bearer(self.store, secret_of(scope))
        except NotProved as error:
            await self.refusals.note(str(error), whose=error.token)
            challenge = {"www-authenticate": 'Bearer realm="televibe", error="invalid_token"'}
            return refusal(401, str(error), error.remedy, challenge)
        if scope["method"] != "POST":
            return refusal(405, f"{scope['method'][:20]} is not used here", "every call is a POST", {"allow": "POST"})
        body = await self._body(scope, receive, holder)
        return body if isinstance(body, Response) else (holder, body)

    async def _body(self, scope: Scope, receive: Receive, holder: Holder) -> bytes | Response:
        """The whole body, or the refusal of it."""
        received = await _read(receive) if _length(scope) <= BODY_BYTES else None
        if received is None:
            return await self._refused(holder, 413, f"a call of more than {BODY_BYTES:,} bytes", "commit a file and name it")
        try:
            call = from_json(received)  # bounded in depth, and stricter about text than the SDK's parser
        except ValueError as error:
            what_to_do = f"write flat JSON in UTF-8 ({error})"
            return await self._refused(holder, 400, "a call that is no JSON that can be read", what_to_do)
        if not isinstance(call, dict) or call.get("jsonrpc") != "2.0":  # what the SDK says of it is about its own types
            return await self._refused(holder, 400, "a call that is no JSON-RPC 2.0", "send one call at a time, as an object")
        return received

    async def _refused(self, holder: Holder, status: int, why: str, what_to_do: str) -> Response:
        await self.refusals.note(why, whose=holder.session)
        return refusal(status, why, what_to_do)


def secret_of(scope: Scope) -> str:
    """The bearer token; empty if there is none, or more than one."""
    given = [value for key, value in scope["headers"] if key == b"authorization"]
    scheme, _, secret = given[0].decode("latin-1").partition(" ") if len(given) == 1 else ("", "", "")
    return secret.strip() if scheme.lower() == "bearer" else ""


async def _read(receive: Receive) -> bytes | None:
    """The body; None when it is longer than a call may be."""
    received, more = bytearray(), True
    while more and len(received) <= BODY_BYTES:
        message = await receive()
        received += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(received) if len(received) <= BODY_BYTES else None


class Sent:
    """What a client sends, as ``receive``; it knows whether that was all."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._all = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._all = not message.get("more_body", False)
        return message

    async def discard(self) -> None:
        """Let a client finish, within bounds: one whose connection is cut while it still sends never sees the answer."""
        left = DISCARDED_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARDED_SECONDS):
                while not self._all and left > 0:
                    left -= len((await self()).get("body", b""))


def _length(scope: Scope) -> int:
    declared = next((value for key, value in scope["headers"] if key == b"content-length"), b"")
    return int(declared) if declared.isdigit() else 0


def _replayed(body: bytes, receive: Receive) -> Receive:
    """``receive`` for an application to which the body is still new."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
