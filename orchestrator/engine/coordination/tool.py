"""A tool: its name, its words, who may call it, and the function behind it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from graphs.state import Deps
from orchestrator.engine.coordination.asked import Asked
from orchestrator.nouns.base import Noun
from orchestrator.nouns.job import Job
from orchestrator.nouns.session import Action, Role, Session

SPEAKS = frozenset({Action.comment})
"""For what others read: a role that may not comment only listens."""


@dataclass(frozen=True)
class Caller:
    """Who calls: a session, as its token proves, or the user (None), who is at the command line."""

    session: Session | None
    role: Role | None = None
    job: Job | None = None  # that the session's agent works on

    @property
    def id(self) -> str | None:
        return self.session.id if self.session else None

    @property
    def name(self) -> str:
        """For a reader: ``S12`` or ``the user``."""
        return self.session.id if self.session else "the user"

    @property
    def ids(self) -> dict[str, Any]:
        """The ids an event about this call carries."""
        job = self.job
        return {
            "session_id": self.id,
            "goal_id": job.goal_id if job else None,
            "task_id": job.task_id if job else None,
            "job_id": job.id if job else None,
        }


@dataclass(frozen=True)
class Tool:
    """One tool. ``description`` is what an agent reads; ``example`` are arguments that work."""

    name: str
    description: str
    asks: type[Asked]
    gives: type[Noun]
    run: Callable[[Deps, Caller, Any], Awaitable[Noun]]
    example: dict[str, Any]
    needs: frozenset[Action] = frozenset()  # one of these actions of the caller's role; empty: every role may
    reads: bool = False  # changes nothing


def tool(
    run: Callable[[Deps, Caller, Any], Awaitable[Noun]],
    *,
    example: dict[str, Any],
    needs: frozenset[Action] = frozenset(),
    reads: bool = False,
) -> Tool:
    """The tool behind ``async def name(deps, caller, asked: In) -> Out``; its docstring is the description."""
    hints = get_type_hints(run)
    asked = [hints[parameter] for parameter in inspect.signature(run).parameters][2]
    description = inspect.getdoc(run) or ""
    return Tool(run.__name__, description, asked, hints["return"], run, example, needs, reads)
