"""Job: one instruction run in one session."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .base import Moment, Noun
from .flow import Verdict


class JobState(StrEnum):
    """A job's life. ``running`` is entered only on the agent's first event."""

    queued = "queued"
    starting = "starting"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"

    @property
    def over(self) -> bool:
        return self in {JobState.done, JobState.failed, JobState.cancelled}


OPEN_JOBS = tuple(state for state in JobState if not state.over)
"""States of jobs that are still to end."""

OVER_JOBS = tuple(state for state in JobState if state.over)


class Job(Noun):
    """One instruction in one session. Commits and files come from git, never from what the agent says."""

    id: str = Field(pattern=r"^J[1-9][0-9]*$")
    project_id: str
    session_id: str
    goal_id: str | None = None
    task_id: str | None = None
    seq: int  # order among all jobs of the store; a session runs its jobs in this order
    instruction: str  # what was asked
    brief: str = ""  # what the agent was given: the enhanced instruction
    state: JobState = JobState.queued
    attempt: int = 0  # runs begun; more than 1 after a crash
    stop_requested: bool = False
    hops: int = 0  # how many jobs, each woken by a message of the one before, led to it
    base_commit: str = ""  # the branch's head when the agent first started
    head_commit: str = ""  # and when it ended
    commits: tuple[str, ...] = ()  # oldest first
    files_changed: tuple[str, ...] = ()  # repository-relative, between base_commit and head_commit
    set_aside: str = ""  # one line: what its role may not change was taken out of the branch, and the ref that keeps it
    last_words: str = ""  # the agent's own
    summary: str = ""  # ours, written when the job is absorbed; empty until then
    timeout_minutes: float | None = None  # None: limits.job_minutes
    verdict: Verdict | None = None  # of a job that judged another's work
    verdict_reason: str = ""
    ending: str = ""  # JSON: how the agent's run ended, kept until the job is over, so that a crash does not run it again
    checks: tuple[str, ...] = ()  # one line for each check run on ``head_commit``: "passed: …" or "failed: … — tail"
    question: str = ""  # what the agent asked the user, if it ended on a question
    error: str = ""
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    queued_at: Moment
    started_at: Moment | None = None
    first_event_at: Moment | None = None
    finished_at: Moment | None = None


class Handoff(Noun):
    """Work passed from one session to the next: what the receiver starts from."""

    id: str  # "H1" …
    project_id: str
    goal_id: str
    from_session: str
    to_session: str
    from_task: str
    to_task: str
    from_branch: str
    base_commit: str  # commit range of the work: base..head
    head_commit: str
    summary: str
    files_changed: tuple[str, ...]
    takes_commits: bool = True  # False: the receiver is only told
    checks: tuple[str, ...] = ()  # as in ``Job``
    open_items: tuple[str, ...] = ()  # one line for each todo and request of the giver's that is open
    created_at: Moment
