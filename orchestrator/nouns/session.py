"""Session, Role and Project: who works, with which rights, where."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import Field

from .base import Moment, Noun
from .work import TaskType


class Action(StrEnum):
    """What a role may do. What each means to an agent, to our tools and to the check after a job: ``verbs/rights.py``."""

    read = "read"
    comment = "comment"
    write = "write"
    refactor = "refactor"
    write_tests = "write_tests"
    write_docs = "write_docs"
    run_tests = "run_tests"
    security_scan = "security_scan"
    merge = "merge"
    orchestrate = "orchestrate"  # create sessions and give them work


CHANGES = frozenset({Action.write, Action.refactor, Action.write_tests, Action.write_docs, Action.merge})
"""Actions that change files. Which ones is said by ``Role.writes``; without it they are worth nothing."""

ROLE_NAME = re.compile(r"(?=.{1,40}\Z)[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*\Z")
"""What a role of the user's may be called: it is part of branch names, where ``--`` parts a team from a role."""


class Role(Noun):
    """A specialisation. ``writes`` are globs its commits may touch; empty means it must leave the worktree unchanged."""

    name: str  # also the end of its branch's name in a team
    description: str
    profile: str = ""  # how it works: a text for its agent's system prompt, or the name of a built-in role, for its text
    allowed_actions: tuple[Action, ...]
    task_types: tuple[TaskType, ...] = ()  # what it is the natural choice for, best first
    writes: tuple[str, ...] = ()


class Token(Noun):
    """A session's proof of who it is. The secret (256 bits) is given to its agent; only its SHA-256 is stored."""

    hash: str  # hexadecimal
    session_id: str
    project_id: str
    job_id: str | None = None  # issued for one job, revoked at its end; None: until the session is closed
    created_at: Moment
    revoked_at: Moment | None = None


class Project(Noun):
    """A git repository that was initialised for TeleVibe."""

    id: str
    root: str  # absolute path of the main worktree
    default_branch: str
    created_at: Moment


class SessionState(StrEnum):
    """What a session is doing, on evidence."""

    idle = "idle"  # no job queued or running; no agent process
    queued = "queued"  # a job waits for its turn
    working = "working"  # its agent reported at least one event of the current job
    waiting = "waiting"  # its agent asked the user something
    stopped = "stopped"  # the user stopped it; takes no jobs until resumed
    closed = "closed"  # worktree removed, branch and refs kept


class Session(Noun):
    """One coding agent's conversation on its own branch in its own worktree."""

    id: str = Field(pattern=r"^S[1-9][0-9]*$")
    project_id: str
    role: str
    branch: str
    worktree: str  # absolute path
    base_commit: str  # where the branch started
    agent: str  # agent kind: "claude", "scripted"
    state: SessionState = SessionState.idle
    title: str = ""  # what it works on, in a few words
    conversation: str = ""  # the agent's own id, for resume
    goal_id: str | None = None  # the goal it was spawned for
    team: str | None = None
    parent: str | None = None
    adopted: bool = False  # the branch was there before the session
    last_summary: str = ""
    cost_usd: float = 0.0  # sum over its jobs
    agent_cost_usd: float = 0.0  # the agent's own cumulative figure, so that the next job's cost is a difference
    created_at: Moment
    updated_at: Moment

    @property
    def live(self) -> bool:
        """Can still be given work."""
        return self.state is not SessionState.closed
