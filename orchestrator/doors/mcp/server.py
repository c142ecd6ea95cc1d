"""What the MCP SDK asks of us: the list of tools, a call, the same data as resources. Who asks was proved at the gate."""

from __future__ import annotations

import json
import logging
from importlib.metadata import version
from typing import Any, Protocol

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from graphs.state import Deps
from orchestrator.doors.mcp.gate import HOLDER
from orchestrator.doors.mcp.rate import Rate
from orchestrator.doors.mcp.refusals import Refusals
from orchestrator.doors.mcp.schemas import described
from orchestrator.doors.mcp.words import INSTRUCTIONS
from orchestrator.engine.coordination.identity import Holder
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import TOOLS, call_tool, open_to
from orchestrator.nouns.errors import Refused, TeleVibeError

log = logging.getLogger("televibe.mcp")

RESOURCES: dict[str, tuple[str, dict[str, Any], str]] = {
    "televibe://interfaces": ("get_available_interfaces", {"limit": 200}, "What the other sessions' branches offer."),
    "televibe://inbox": ("get_inbox", {}, "Messages to you that are not settled."),
    "televibe://decisions": ("get_decisions", {}, "What is settled in this project, and why."),
    "televibe://todos": ("get_todos", {}, "What others left for you."),
    "televibe://sessions": ("list_sessions", {}, "Who works on what."),
    "televibe://requests": ("get_pending_requests", {}, "What other sessions ask of you."),
    "televibe://responses": ("get_request_responses", {}, "How your own requests ended."),
    "televibe://brief": ("get_brief", {}, "What you would be told now for your current instruction."),
}
"""URI → the tool that reads it, its arguments, and what it is."""

Context = ServerRequestContext[Any, Any]


class Projects(Protocol):
    """Where the live objects of a caller's project are; the engine."""

    async def deps(self, project_id: str) -> Deps: ...


class Desk:
    """Answers the SDK for one engine."""

    def __init__(self, projects: Projects, refusals: Refusals, rate: Rate) -> None:
        self._projects = projects
        self._refusals = refusals
        self._rate = rate

    async def list_tools(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """Those that the caller's role may call."""
        del params
        _, caller = await self._caller(context)
        return types.ListToolsResult(tools=[described(name) for name, tool in TOOLS.items() if open_to(tool, caller)])

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """The tool's answer; what was refused is an answer too, which says what to do."""
        try:
            answer = await self._answer(context, params.name, params.arguments or {})
        except TeleVibeError as error:
            return types.CallToolResult(content=[types.TextContent(text=error.line())], is_error=True)
        text = json.dumps(answer, ensure_ascii=False)
        return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=answer)

    async def list_resources(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        del context, params
        found = [
            types.Resource(name=uri.partition("://")[2], uri=uri, description=what, mime_type="application/json")
            for uri, (_, _, what) in RESOURCES.items()
        ]
        return types.ListResourcesResult(resources=found)

    async def read_resource(self, context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """What the tool behind it answers."""
        if params.uri not in RESOURCES:
            known = ", ".join(RESOURCES)
            raise MCPError(types.INVALID_PARAMS, f"there is no resource {params.uri[:80]!a} — resources: {known}")
        tool, arguments, _ = RESOURCES[params.uri]
        try:
            answer = await self._answer(context, tool, arguments)
        except TeleVibeError as error:
            raise MCPError(types.INVALID_PARAMS, error.line()) from error
        text = json.dumps(answer, ensure_ascii=False)
        return types.ReadResourceResult(contents=[types.TextResourceContents(uri=params.uri, mime_type="application/json", text=text)])

    async def _answer(self, context: Context, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            deps, caller = await self._caller(context)
            await self._within_rate(deps, caller)
            answer = await call_tool(deps, caller, name, arguments)
        except TeleVibeError:
            raise
        except Exception as error:
            log.exception("action=tool_broke tool=%s", name[:60])
            raise TeleVibeError(f"TeleVibe itself failed: {type(error).__name__}", "go on without it, and say so at the end") from error
        return answer.model_dump(mode="json", by_alias=True)

    async def _caller(self, context: Context) -> tuple[Deps, Caller]:
        assert context.request is not None, "a call that came over no HTTP"
        holder: Holder = context.request.scope[HOLDER]
        deps = await self._projects.deps(holder.session.project_id)
        return deps, holder.caller(deps)

    async def _within_rate(self, deps: Deps, caller: Caller) -> None:
        limit = deps.policy.talk.calls_per_minute
        if wait := self._rate.wait(caller.name, limit):
            why = f"more than {limit} calls within a minute (talk.calls_per_minute)"
            await self._refusals.note(why, whose=caller.session)
            raise Refused(why, f"wait {wait:.0f} seconds, then go on")


def mcp_server(projects: Projects, refusals: Refusals, rate: Rate) -> Server[Any]:
    """The SDK's server over our tools."""
    desk = Desk(projects, refusals, rate)
    return Server(
        "televibe",
        title="TeleVibe",
        version=version("televibe"),
        instructions=INSTRUCTIONS,
        on_list_tools=desk.list_tools,
        on_call_tool=desk.call_tool,
        on_list_resources=desk.list_resources,
        on_read_resource=desk.read_resource,
        get_tool_input_schema=lambda _: None,  # no parameter of ours travels as a header
    )
