"""``POST /hooks/edit``: an agent's hook asks whether a tool may edit what it is about to. It sends Claude Code's ``PreToolUse`` input.

``permit`` has no opinion: the agent's own permissions go on to decide. Everything else than that word and a denial in Claude Code's own
words is a refusal to whoever asked, so that nothing has to be caught here for the edit not to be made.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from orchestrator.doors.mcp.gate import secret_of
from orchestrator.doors.mcp.place import refusal
from orchestrator.doors.mcp.rate import Rate
from orchestrator.doors.mcp.refusals import Refusals
from orchestrator.engine.coordination.identity import NotProved, bearer
from orchestrator.engine.editing import edit_refusal, paths_of
from orchestrator.engine.engine import Engine

BODY_BYTES = 20_000_000
"""``Write`` sends the whole file along."""


def edits_route(engine: Engine, refusals: Refusals, rate: Rate) -> Route:
    async def hook(request: Request) -> Response:
        try:
            holder = await bearer(engine.store, secret_of(request.scope))
        except NotProved as error:
            await refusals.note(str(error), whose=error.token)
            return refusal(401, str(error), error.remedy)
        deps = await engine.deps(holder.session.project_id)
        if wait := rate.wait(holder.session.id, deps.policy.talk.calls_per_minute):
            why = f"more than {deps.policy.talk.calls_per_minute} calls within a minute (talk.calls_per_minute)"
            await refusals.note(why, whose=holder.session)
            return refusal(429, why, f"wait {wait:.0f} seconds, then go on")
        asked = await _asked(request)
        if isinstance(asked, Response):
            await refusals.note("an edit that cannot be read", whose=holder.session)
            return asked
        tool, words, folder = asked
        paths = await asyncio.to_thread(paths_of, tool, words, folder or holder.session.worktree)
        why = await edit_refusal(deps, holder.session, holder.job, paths)
        return _denial(why) if why else PlainTextResponse("permit")

    return Route("/hooks/edit", hook, methods=["POST"])


async def _asked(request: Request) -> tuple[str, dict[str, Any], str] | Response:
    """(tool, its words, the folder it works in), or the refusal of what cannot be read."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            return refusal(413, f"an edit of more than {BODY_BYTES:,} bytes", "write it in parts")
    try:
        said = from_json(bytes(body))
        tool, words, folder = said["tool_name"], said["tool_input"], said.get("cwd", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return refusal(400, "an edit that cannot be read", "send what Claude Code gives a PreToolUse hook")
    if not (isinstance(tool, str) and isinstance(words, dict) and isinstance(folder, str)):
        return refusal(400, "an edit that cannot be read", "send what Claude Code gives a PreToolUse hook")
    return tool, words, folder


def _denial(why: str) -> Response:
    said = {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": why}
    return JSONResponse({"hookSpecificOutput": said})
