"""Who may come near at all: requests to this machine by its own name, that no web page of another origin sent.

A page whose name was bound to 127.0.0.1 after it was loaded sends no Origin that gives it away (DNS rebinding): the Host header does.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.doors.mcp.refusals import Refusals

NAMES = ("127.0.0.1", "localhost", "[::1]")
REFUSED = -32600
"""JSON-RPC: invalid request."""


def refusal(status: int, why: str, what_to_do: str, headers: dict[str, str] | None = None, **data: Any) -> Response:
    """A refusal that an MCP client shows as an error, with what to do about it."""
    error: dict[str, Any] = {"code": REFUSED, "message": f"{why} — {what_to_do}"}
    body = {"jsonrpc": "2.0", "id": None, "error": {**error, "data": data} if data else error}
    return Response(json.dumps(body), status, headers, media_type="application/json")


class HereOnly:
    """Lets through what names this machine and our port; everything else is answered with 421 or 403."""

    def __init__(self, app: ASGIApp, *, port: int, refusals: Refusals) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in NAMES}
        self._origins = {f"http://{host}" for host in self._hosts}
        self._url = f"http://{NAMES[0]}:{port}"
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = await self._refused(scope) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)

    async def _refused(self, scope: Scope) -> Response | None:
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            await self._refusals.note("a request to another host's name", host=ascii(", ".join(hosts)[:100]))
            return refusal(421, "this server answers to its own name only", f"use {self._url}")
        origins = _values(scope, b"origin")
        if any(origin.lower() not in self._origins for origin in origins):
            await self._refusals.note("a request of a page of another origin", origin=ascii(", ".join(origins)[:100]))
            return refusal(403, "pages of another origin may not call this server", "call it from a program, not from a page")
        return None


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
