"""``televibe mcp``: the tools over standard input and output, for an agent that speaks no HTTP. It forwards, and starts nothing."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

import httpx2
from mcp import types
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.types.version import LATEST_MODERN_VERSION

from orchestrator.boundaries.home import Home
from orchestrator.doors.mcp.address import address_of
from orchestrator.doors.mcp.words import INSTRUCTIONS
from orchestrator.nouns.errors import NotReady, Refused, TeleVibeError, UsageError

R = TypeVar("R", bound=types.Result)

SECONDS = 60.0
"""For one call; ours take milliseconds, a brief of a large project less than one second."""


@dataclass(frozen=True)
class Upstream:
    """The engine's server. It is looked up for every call: an engine that was started again listens elsewhere."""

    home: Home
    http: httpx2.AsyncClient
    fixed_url: str  # empty: where the home says

    async def ask(self, request: types.Request[Any, Any], gives: type[R]) -> R:
        """Forward one request. ``MCPError`` is the server's own; ``NotReady`` when there is none."""
        url = self.url()
        said: MCPError | None = None
        try:
            transport = streamable_http_client(url, http_client=self.http)
            async with Client(transport, mode=LATEST_MODERN_VERSION, cache=None, read_timeout_seconds=SECONDS) as client:
                try:
                    return await client.session.send_request(request, gives)
                except MCPError as error:
                    said = error
        except Exception as error:  # the SDK raises groups of whatever the connection met
            raise NotReady(f"no engine of TeleVibe answers at {url}", START) from error
        raise said

    def url(self) -> str:
        """``NotReady`` when no engine runs."""
        if self.fixed_url:
            return self.fixed_url
        address = address_of(self.home)
        if address is None:
            raise NotReady(f"no engine runs for {self.home.path}", START)
        return address.mcp_url


START = "start one with `televibe up`, in a terminal of its own"


async def run_shim() -> int:
    """Serve until standard input ends. Whatever is wrong at the beginning is told on stderr, and the exit status is not 0."""
    token = os.environ.get("TELEVIBE_TOKEN", "")
    if not token:
        raise UsageError("TELEVIBE_TOKEN is not set", "`televibe session token S1` makes one")
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # what it would write, an agent's user would take for ours
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=SECONDS, trust_env=False) as http:
        upstream = Upstream(Home.find(), http, os.environ.get("TELEVIBE_MCP_URL", ""))
        try:
            await upstream.ask(types.ListToolsRequest(), types.ListToolsResult)
        except MCPError as error:
            raise Refused(error.message) from error
        server = forwarding(upstream)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
    return 0


def forwarding(upstream: Upstream) -> Server[Any]:
    """A server that answers with what ``upstream`` says."""

    async def list_tools(_: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return await asked(types.ListToolsRequest(params=params), types.ListToolsResult)

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        given = types.CallToolRequestParams(name=params.name, arguments=params.arguments)
        try:
            return await upstream.ask(types.CallToolRequest(params=given), types.CallToolResult)
        except TeleVibeError as error:
            return types.CallToolResult(content=[types.TextContent(text=error.line())], is_error=True)

    async def list_resources(_: Any, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        return await asked(types.ListResourcesRequest(params=params), types.ListResourcesResult)

    async def read_resource(_: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        given = types.ReadResourceRequestParams(uri=params.uri)
        return await asked(types.ReadResourceRequest(params=given), types.ReadResourceResult)

    async def asked(request: types.Request[Any, Any], gives: type[R]) -> R:
        try:
            return await upstream.ask(request, gives)
        except TeleVibeError as error:
            raise MCPError(types.INTERNAL_ERROR, error.line()) from error

    return Server(
        "televibe",
        title="TeleVibe",
        version=version("televibe"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )
