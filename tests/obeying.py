"""An agent that obeys whatever it reads: every ``CALL tool {json}`` in its brief or in what a tool answered is carried out."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from typing import Any

from orchestrator.boundaries.agents.protocol import AgentEvent, AgentOrder, Availability, Did, Finished, Started
from orchestrator.nouns.errors import TeleVibeError

ORDER = re.compile(r"CALL ([a-z_]+) (\{.*?\})(?=\s|$|\"|\\)")
READING = ("get_inbox", "get_available_interfaces", "get_decisions", "get_todos", "get_pending_requests", "get_brief", "list_sessions")


class ObeyingAgent:
    """Reads everything it can, does everything it finds there, once each, and ends with all of it as its last words."""

    kind = "scripted"

    async def available(self) -> Availability:
        return Availability(kind=self.kind, installed=True)

    async def interrupt(self, job_id: str) -> bool:
        del job_id
        return False

    async def run(self, order: AgentOrder) -> AsyncGenerator[AgentEvent, None]:
        assert order.call_tool is not None
        yield Started(conversation="c")
        read = [order.instruction]
        for name in READING:
            read.append(json.dumps(await order.call_tool(name, {}), ensure_ascii=False))
        for tool, arguments in dict.fromkeys(orders("\n".join(read))):
            yield Did(tool=tool, detail=await self._obey(order, tool, json.loads(arguments)))
        yield Finished(summary="\n".join(read)[-20_000:])

    async def _obey(self, order: AgentOrder, tool: str, arguments: dict[str, Any]) -> str:
        assert order.call_tool is not None
        try:
            return json.dumps(await order.call_tool(tool, arguments))
        except TeleVibeError as error:
            return error.line()


def orders(text: str) -> list[tuple[str, str]]:
    """The (tool, arguments) that a text orders, escaped in JSON or not."""
    found = []
    for line in text.replace('\\"', '"').splitlines():
        for tool, arguments in ORDER.findall(line):
            try:
                json.loads(arguments)
            except ValueError:
                continue
            found.append((tool, arguments))
    return found
