"""All tools, and the one way in which they are called: identity is proved, claims are compared, words are checked, refusals told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from graphs.state import Deps
from orchestrator.boundaries.agents.protocol import ToolCall
from orchestrator.engine.coordination import (
    asking,
    awaiting,
    exports,
    hierarchy,
    knowledge,
    leases,
    messages,
    overview,
    requests,
    verdicts,
)
from orchestrator.engine.coordination.asked import Asked, why_not
from orchestrator.engine.coordination.tool import Caller, Tool
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Refused, TeleVibeError, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.session import Session
from orchestrator.verbs.rights import may_call

log = logging.getLogger("televibe.tools")

MODULES = (exports, messages, knowledge, asking, requests, verdicts, overview, hierarchy, awaiting, leases)
TOOLS: dict[str, Tool] = {tool.name: tool for module in MODULES for tool in module.TOOLS}
"""Name → tool, in the order in which agents see them."""


async def call_tool(deps: Deps, caller: Caller, name: str, arguments: Mapping[str, Any]) -> Noun:
    """The tool's answer. A call that is refused is recorded, changes nothing else, and raises with what to do instead."""
    try:
        tool = _known(name)
        asked = _asked(tool, arguments)
        _check_caller(deps, caller, tool, asked)
        return await tool.run(deps, caller, asked)
    except TeleVibeError as error:
        log.info("action=call_refused tool=%s caller=%s why=%s", name[:60], caller.name, error.line())
        await record_refusal(deps, caller, name, error)
        raise


async def record_refusal(deps: Deps, caller: Caller, name: str, error: TeleVibeError) -> None:
    """An event for what was refused: who tried what. Never the arguments."""
    text = f"{caller.name}: {name[:60]!a} was refused: {error}"
    async with deps.store.writing() as tx:
        data = {"tool": name[:60], "why": str(error)}
        await tx.record(NewEvent(kind=EventKind.call_refused, project_id=deps.project.id, text=text, data=data, **caller.ids))


def _known(name: str) -> Tool:
    if name not in TOOLS:
        raise UsageError(f"there is no tool {name[:60]!a}", f"tools: {', '.join(TOOLS)}")
    return TOOLS[name]


def _asked(tool: Tool, arguments: Mapping[str, Any]) -> Asked:
    try:
        return tool.asks.model_validate(dict(arguments))
    except ValidationError as error:
        raise UsageError(f"{tool.name}: {why_not(error)}", f"for example {tool.example}") from None


def _check_caller(deps: Deps, caller: Caller, tool: Tool, asked: Asked) -> None:
    """Identity comes from the token; what the parameters claim must agree with it."""
    proved = {"session_id": caller.id, "from_session": caller.id, "project_id": deps.project.id}
    for parameter, claimed in asked.claims().items():
        if claimed != proved[parameter]:
            raise Refused(f"{parameter} is {claimed[:40]!a}, but the token is that of {proved[parameter]}", f"leave {parameter} out")
    if not open_to(tool, caller):
        wanted = ", ".join(sorted(tool.needs))
        role = caller.session.role if caller.session else "user"
        raise Refused(f"{tool.name} is not for the role {role}", f"it takes a role with one of: {wanted}")


def open_to(tool: Tool, caller: Caller) -> bool:
    """Whether the caller's role may call it. The user may call all; a role that the configuration has no more, none that needs one."""
    if caller.session is None or not tool.needs:
        return True
    return caller.role is not None and may_call(caller.role, tool.needs)


def in_process(deps: Deps, session: Session, job: Job) -> ToolCall:
    """The tools for an agent inside of this process, bound to the session and job it works on."""

    async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = await call_tool(deps, Caller(session, deps.roles.get(session.role), job), name, arguments)
        return answer.model_dump(mode="json", by_alias=True)

    return call
