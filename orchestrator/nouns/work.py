"""Goal and Task: what the user asked, and the pieces it was split into."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .base import Moment, Noun
from .flow import OnComplete, OnFailure, Outcome, Verdict


class TaskType(StrEnum):
    """What kind of work a piece of text asks for."""

    implement = "implement"  # new behaviour
    fix = "fix"  # wrong behaviour made right
    refactor = "refactor"  # same behaviour, better structure
    test = "test"  # write or run tests
    review = "review"  # read and judge, change nothing
    security = "security"  # review or harden against attack
    docs = "docs"  # documentation, comments, examples
    perf = "perf"  # same behaviour, faster or smaller
    chore = "chore"  # build, CI, dependencies, releases
    integrate = "integrate"  # bring branches together
    question = "question"  # wants an answer, not a change


class TaskState(StrEnum):
    """Where a task is. Only ``advance`` moves it, inside a transaction."""

    waiting = "waiting"  # a predecessor is not done yet, or the plan is not approved
    dispatched = "dispatched"  # a job for it is queued or running
    asking = "asking"  # its agent asked the user something
    done = "done"
    failed = "failed"
    dropped = "dropped"  # the user took it out of the plan, or the goal was stopped
    skipped = "skipped"  # its ``when`` did not come true, or the user skipped it

    @property
    def over(self) -> bool:
        """True when nothing more happens to it without a retry."""
        return self in {TaskState.done, TaskState.failed, TaskState.dropped, TaskState.skipped}


class GoalState(StrEnum):
    """Where a goal is."""

    given = "given"  # stored, not planned yet
    proposed = "proposed"  # a plan waits for the user's approval
    working = "working"  # approved; tasks are being dispatched
    landing = "landing"  # every task is done; checks and integration
    landed = "landed"  # on the default branch, checks passed
    finished = "finished"  # done with nothing to land (a question, a review)
    blocked = "blocked"  # needs the user: a failed task, red checks, a dirty tree under the default branch
    denied = "denied"  # the user said no to the plan
    stopped = "stopped"  # the user stopped it

    @property
    def over(self) -> bool:
        """True when nothing more happens without the user."""
        return self in {GoalState.landed, GoalState.finished, GoalState.blocked, GoalState.denied, GoalState.stopped}


class DecidedBy(StrEnum):
    """Who made a decision."""

    deterministic = "deterministic"
    model = "model"
    user = "user"


class Foreseen(Noun):
    """A collision that is probable before the work has begun."""

    other: str  # a task of the same plan, or a live session
    chance: float = Field(ge=0, le=1)
    files: tuple[str, ...] = ()  # that both will probably touch
    ordered: bool = False  # the task waits for the other because of it


class Task(Noun):
    """One piece of a goal, which is one stage of its workflow. ``id`` is unique inside the goal: ``T1``, ``T2`` … of a plan, the
    stage's own name of a workflow that was written down."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")
    goal_id: str
    position: int  # among the tasks of its goal, from 1; predecessors come first
    title: str
    instruction: str
    type: TaskType
    role: str
    depends_on: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # that it will probably touch, repository-relative
    state: TaskState = TaskState.waiting
    session_id: str | None = None  # chosen by routing; None until a new one is spawned
    route_reason: str = ""
    route_confidence: float = 0.0
    pinned: bool = False  # the user chose the session
    attempts: int = 0
    on_complete: OnComplete = OnComplete.handoff  # a planned goal lands as a whole, see ``land``
    on_failure: OnFailure = OnFailure.wait
    timeout_minutes: float | None = None  # None: limits.job_minutes
    retries: int | None = None  # None: limits.task_attempts
    when: dict[str, tuple[Outcome, ...]] = {}
    rework: str = ""  # the task that gets it back when changes are wanted
    rounds: int = 2  # how often
    round: int = 0  # how often it went back
    verdict: Verdict | None = None  # of its last run
    feedback: str = ""  # why it is done once more: who sent it back, and what they said
    foreseen: tuple[Foreseen, ...] = ()  # what it will probably collide with
    beside: tuple[str, ...] = ()  # tasks beside which the user wants it done, whatever is foreseen
    landed_commit: str = ""  # of a task with ``merge``: where the default branch was when it had this task's work

    @property
    def label(self) -> str:
        """How a reader is told which it is: ``T2 card payments`` of a plan, ``review (check the totals)`` of a written workflow."""
        if self.title in {"", self.id}:
            return self.id
        return f"{self.id} {self.title}" if self.id[1:].isdigit() else f"{self.id} ({self.title})"


class Goal(Noun):
    """What the user asked for, and how far it is."""

    id: str
    project_id: str
    text: str
    state: GoalState
    agent: str  # agent kind for sessions it spawns
    auto_approve: bool = False
    workflow: str = ""  # name of the definition it runs; empty: the planner made the tasks
    paused: bool = False  # the user holds it: what runs goes on, nothing new begins
    base_commit: str = ""  # default branch when the goal was given
    plan_revision: int = 0
    plan_confidence: float = 0.0
    decided_by: DecidedBy = DecidedBy.deterministic
    landed_branch: str = ""
    landed_commit: str = ""
    checks: tuple[str, ...] = ()  # commands that passed before landing
    reply: str = ""  # the last word to the user
    created_at: Moment
    updated_at: Moment
