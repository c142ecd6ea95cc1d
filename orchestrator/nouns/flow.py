"""Workflow: a DAG of stages as it is written down. A run of it is a goal, and each of its stages is then a task of that goal.

A chain is a sequential handoff, a stage with several predecessors is a sync point, a stage that sends work back is a rework loop:
there is one mechanism, whoever made the stages: a file, a template, or the planner.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .base import Moment, Noun


class OnComplete(StrEnum):
    """What happens when a stage is done."""

    handoff = "handoff"  # the stages that need it start from its commits
    merge = "merge"  # its branch is checked and lands on the default branch; then as handoff
    notify = "notify"  # the user and the stages that need it are told; nobody takes its commits


class OnFailure(StrEnum):
    """What a stage does when one that it needs has failed. One that was skipped stands in nobody's way."""

    wait = "wait"  # for the user: retry, skip or cancel
    proceed = "proceed"  # go on with what the others made
    cancel = "cancel"  # the whole workflow is stopped


class Outcome(StrEnum):
    """How a stage ended, as another stage's ``when`` asks for it."""

    done = "done"  # whatever it said
    approved = "approved"  # done, and it did not want changes
    changes_wanted = "changes_wanted"
    failed = "failed"
    skipped = "skipped"


class Verdict(StrEnum):
    """What an agent that judged another's work says of it."""

    approved = "approved"
    changes_wanted = "changes_wanted"  # goes back to the stage named in ``rework``, at most so many rounds
    refused = "refused"  # the work cannot be taken over ("no tests ran", "does not build"): goes back to who handed it over


class Stage(Noun):
    """One stage of a workflow. ``session`` and ``role`` exclude each other; with neither, the instruction decides the role."""

    stage_id: str
    instruction: str
    session: str | None = None
    role: str | None = None
    title: str = ""
    needs: tuple[str, ...] = ()
    on_complete: OnComplete | None = None  # None: merge for a stage that nobody needs, else handoff
    on_failure: OnFailure = OnFailure.wait
    timeout_minutes: float | None = Field(default=None, gt=0)
    retries: int | None = Field(default=None, ge=0, le=9)  # after the first attempt
    when: dict[str, tuple[Outcome, ...]] = {}  # runs only if each of these stages ended in one of these ways; else it is skipped
    rework: str | None = None  # the stage that gets it back when changes are wanted
    rounds: int = Field(default=2, ge=0, le=20)  # how often
    files: tuple[str, ...] = ()
    each_part: bool = False  # stands for as many stages as the goal has parts; none is left once a workflow is filled in


class Workflow(Noun):
    """A definition: what a file says, a template with its goal filled in, or what the planner made."""

    name: str
    description: str = ""
    goal: str = ""  # what it is for, unless whoever runs it says something else
    agent: str | None = None  # kind of the sessions that it spawns; None: the project's
    parts: tuple[str, ...] = ()  # of the goal, for the stages that are there once for each
    stages: tuple[Stage, ...] = Field(min_length=1)


class SyncKind(StrEnum):
    """How a branch was brought up to what landed."""

    forward = "forward"  # it had no commits of its own
    rebase = "rebase"
    merge = "merge"  # others have its commits already, so they are not rewritten


class SyncState(StrEnum):
    """How far keeping a branch up came."""

    begun = "begun"  # all is worked out and kept; the branch moves now, or did when the program was cut off
    done = "done"
    conflict = "conflict"  # git could not; the session was told to
    undone = "undone"  # the user took it back, or the branch went its own way before it was done


class Sync(Noun):
    """A branch that was brought up to the default branch, or was to be. The refs keep what it was before."""

    id: str  # "K1" …
    project_id: str
    session_id: str
    kind: SyncKind
    state: SyncState
    onto: str  # commit of the default branch
    before: str  # head of the session's branch
    base: str = ""  # the session's ``base_commit`` before
    after: str = ""  # and afterwards; empty when git could not
    backup: str = ""  # refs/televibe/backup/… at ``before``
    dirty: str = ""  # refs/televibe/backup/… at a snapshot of work that was not committed
    files: tuple[str, ...] = ()  # that conflict
    created_at: Moment


class AssignmentState(StrEnum):
    """Where a piece of work is that a parent session gave a child."""

    open = "open"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


class Assignment(Noun):
    """An instruction that a parent session gave one of its children."""

    id: str  # "A1" …
    project_id: str
    parent: str | None  # None: the user
    child: str
    instruction: str
    state: AssignmentState = AssignmentState.open
    job_id: str | None = None
    awaited: bool = False  # the parent ends its turn for it, and is called when all that it awaits is over; False again once it was
    result: str = ""  # the job's summary, or why it failed
    created_at: Moment
    updated_at: Moment
