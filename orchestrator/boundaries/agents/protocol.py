"""A coding agent as the rest of the program sees it: start, stream events, interrupt, stop; resume by conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestrator.nouns.base import Noun
from orchestrator.nouns.session import Role


class Started(Noun):
    """The agent is alive: its first event. ``conversation`` is what ``AgentOrder.conversation`` takes to resume."""

    conversation: str


class Said(Noun):
    """Text the agent wrote."""

    text: str


class Did(Noun):
    """A tool the agent used: ``tool`` is its name, ``detail`` one line about it."""

    tool: str
    detail: str


class Asked(Noun):
    """The agent asked the user; its run ends. The answer is the next instruction of the same conversation."""

    question: str
    cumulative_cost_usd: float | None = None  # None: not known; the last known figure stays


class Finished(Noun):
    """The agent ended its turn. ``cumulative_cost_usd`` counts from the conversation's beginning; the others this run."""

    summary: str
    cumulative_cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0


class Broke(Noun):
    """The agent could not finish: exited, refused, hit a limit. ``interrupted``: because it was asked to stop.
    ``cumulative_cost_usd`` is None when the agent died without saying: the last known figure stays."""

    reason: str
    interrupted: bool = False
    cumulative_cost_usd: float | None = None


AgentEvent = Started | Said | Did | Asked | Finished | Broke
"""A run's stream: Started first (unless it breaks before), then Said/Did, then exactly one of Asked, Finished, Broke."""

ToolCall = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Our coordination tools, bound to the session that uses them: (name, arguments) → result."""


News = Callable[[], Awaitable[str]]
"""What reached the session since this was last called, in one line of our own words; empty: nothing."""


MayEdit = Callable[[str], Awaitable[str]]
"""Why a file of the worktree must not be edited now, for the agent to read; empty: it may. Asked before each edit."""


@dataclass(frozen=True)
class McpEndpoint:
    """Where an agent finds our tools over HTTP, and what proves to us which session it is. The token never enters a log."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class AgentOrder:
    """Everything an agent needs for one job."""

    job_id: str
    session_id: str
    role: Role
    worktree: str
    branch: str
    instruction: str  # the brief
    conversation: str = ""  # empty: a new one
    home: str  # a directory of the session's own, 0700, for the agent's configuration and transcripts
    attempt: int = 1  # more than 1: an earlier run of this same job was cut off
    budget_usd: float | None = None
    call_tool: ToolCall | None = None  # for an agent inside of this process
    mcp: McpEndpoint | None = None  # for one outside of it
    news: News | None = None
    may_edit: MayEdit | None = None  # for an agent inside of this process; one outside asks over HTTP, see ``mcp``
    env: dict[str, str] = field(default_factory=dict)  # for its processes, unless they have it already
    televibe_home: str = ""  # of all sessions; nothing in it is the agent's but ``worktree`` and ``home``


class Availability(Noun):
    """Whether an agent kind can be used on this machine."""

    kind: str
    installed: bool
    version: str = ""
    detail: str = ""
    remedy: str = ""


class Agent(Protocol):
    """One kind of coding agent."""

    @property
    def kind(self) -> str: ...

    async def available(self) -> Availability: ...

    def run(self, order: AgentOrder) -> AsyncGenerator[AgentEvent, None]:
        """Run the order to its end. Cancelling the iteration (``aclose``) stops the agent and everything it started.

        When ``order.attempt`` > 1 the agent finds out what the earlier run did (its journal, its conversation, git) and goes
        on from there: nothing is done twice.
        """
        ...

    async def interrupt(self, job_id: str) -> bool:
        """Ask the agent that runs this job to stop after what it is doing; True if there was one."""
        ...
