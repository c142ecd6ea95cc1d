"""The values decisions return: classification, plan draft, recommendation, summary. The model answers with the same types."""

from __future__ import annotations

from pydantic import Field

from .base import Moment, Noun
from .session import Session
from .work import DecidedBy, TaskType


class Classified(Noun):
    """What kind of work a text asks for. ``confidence`` is in 0..1."""

    type: TaskType
    confidence: float = Field(ge=0, le=1)
    reason: str


class TaskDraft(Noun):
    """A piece of a goal before it has a session. ``depends_on`` and ``rework`` are 1-based positions in the plan; the task at
    ``rework`` is done once more when this one, which judges it, wants changes."""

    title: str
    instruction: str
    type: TaskType
    depends_on: tuple[int, ...] = ()
    rework: int | None = None
    files: tuple[str, ...] = ()


class PlanDraft(Noun):
    """A goal split into tasks, in an order in which predecessors come first."""

    tasks: tuple[TaskDraft, ...] = Field(min_length=1)
    confidence: float = Field(ge=0, le=1)
    reason: str


class Candidate(Noun):
    """A live session with what it has been doing, as recommending looks at it."""

    session: Session
    files: tuple[str, ...] = ()  # changed by its last jobs, newest first
    exports: tuple[str, ...] = ()  # names
    recent_work: tuple[str, ...] = ()  # instruction and summary of its last jobs, oldest first
    queued: int = 0  # jobs not over
    hindrance: str = ""  # why its agent cannot work on this machine
    last_active: Moment


class Scored(Noun):
    """One candidate session and why it got its score (0..1)."""

    session: str
    score: float
    reason: str


class Recommendation(Noun):
    """Which session should do it: ``session`` is an id, or None for "spawn a new one with ``role``"."""

    type: TaskType
    role: str
    session: str | None
    reason: str
    confidence: float = Field(ge=0, le=1)
    alternatives: tuple[Scored, ...] = ()


class Summary(Noun):
    """What a job made and what it means for the others, in a few sentences."""

    text: str


class Decided(Noun):
    """How a decision came about; stored with its event. ``why_not_model`` is empty when the model answered."""

    decided_by: DecidedBy
    why_not_model: str = ""
    detail: str = ""


class Usage(Noun):
    """What one call of the model used. ``prompt`` is ``name@hash`` of the prompt file."""

    model: str
    prompt: str
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cache_read: int = 0
    tokens_cache_write: int = 0
    cost_usd: float = 0.0
    milliseconds: int = 0


class ModelCall(Usage):
    """A recorded call: what it was for. ``at`` is when."""

    id: str  # "C1" …
    project_id: str
    goal_id: str | None
    session_id: str | None
    decision: str
    at: Moment
