"""The tables: real columns named like the nouns' fields. Tuples and mappings are JSON, enums text, moments ISO 8601 in UTC.

Column types are derived from the nouns, so that a field cannot exist in one and not in the other; a test compares the result
with what the migrations build.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo
from sqlalchemy import JSON, Boolean, Column, Dialect, Float, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from orchestrator.nouns.base import Noun
from orchestrator.nouns.conflict import Conflict, Ownership, StrategyRule
from orchestrator.nouns.deciding import ModelCall
from orchestrator.nouns.event import Event
from orchestrator.nouns.flow import Assignment, Sync
from orchestrator.nouns.interface import Dependency, Export
from orchestrator.nouns.job import Handoff, Job
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.lease import Lease
from orchestrator.nouns.merging import MergeEntry
from orchestrator.nouns.message import Message, Request
from orchestrator.nouns.session import Project, Session, Token
from orchestrator.nouns.work import Goal, Task

metadata = MetaData()


class MomentText(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC with microseconds: sorts as it should, on both databases."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def _type(field: FieldInfo) -> TypeEngine[Any]:
    kinds = [k for k in (get_args(field.annotation) or (field.annotation,)) if k is not type(None)]
    kind = get_args(kinds[0])[0] if get_origin(kinds[0]) is Annotated else kinds[0]  # ``Moment | None`` keeps its annotation
    origin = getattr(field.annotation, "__origin__", None)
    if origin in {tuple, dict, list}:
        return JSON()
    if kind is datetime:
        return MomentText()
    if kind is bool:
        return Boolean()
    if kind is int:
        return Integer()
    if kind is float:
        return Float()
    if isinstance(kind, type) and issubclass(kind, Enum):
        return String(40)
    return Text()


def _table(name: str, noun: type[Noun], key: tuple[str, ...], *indexes: tuple[str, ...]) -> Table:
    columns = [
        Column(field, _type(info), primary_key=field in key, autoincrement=False, nullable=type(None) in get_args(info.annotation))
        for field, info in noun.model_fields.items()
    ]
    made = [Index(f"ix_{name}_{'_'.join(columns)}", *columns) for columns in indexes]
    return Table(name, metadata, *columns, *made)


projects = _table("projects", Project, ("id",), ("root",))
sessions = _table("sessions", Session, ("id",), ("project_id",))
goals = _table("goals", Goal, ("id",), ("project_id", "state"))
tasks = _table("tasks", Task, ("goal_id", "id"))
jobs = _table("jobs", Job, ("id",), ("project_id",), ("session_id",), ("goal_id", "task_id"), ("state",))
handoffs = _table("handoffs", Handoff, ("id",), ("goal_id",))
exports = _table("exports", Export, ("session_id", "file", "name"), ("project_id",))
dependencies = _table("dependencies", Dependency, ("session_id", "name"), ("project_id",))
decisions = _table("decisions", Decision, ("id",), ("project_id",))
todos = _table("todos", Todo, ("id",), ("project_id",))
messages = _table("messages", Message, ("id",), ("project_id", "to_session"), ("thread",), ("state",), ("from_session", "created_at"))
requests = _table("requests", Request, ("id",), ("project_id",), ("to_session",), ("state",))
assignments = _table("assignments", Assignment, ("id",), ("project_id",), ("parent",), ("child",))
syncs = _table("syncs", Sync, ("id",), ("session_id",))
conflicts = _table("conflicts", Conflict, ("id",), ("project_id", "state"))
ownerships = _table("ownerships", Ownership, ("project_id", "glob"))
strategies = _table("strategies", StrategyRule, ("project_id", "glob"))
leases = _table("leases", Lease, ("id",), ("project_id", "state"))
merge_entries = _table("merge_entries", MergeEntry, ("id",), ("project_id", "state"), ("goal_id",))
tokens = _table("tokens", Token, ("hash",), ("session_id",))
model_calls = _table("model_calls", ModelCall, ("id",), ("goal_id",), ("at",))
events = _table("events", Event, ("id",), ("project_id",), ("goal_id",), ("session_id",), ("kind",))
counters = Table("counters", metadata, Column("name", String(40), primary_key=True), Column("value", Integer, nullable=False))
cursors = Table("cursors", metadata, Column("name", String(80), primary_key=True), Column("event_id", Integer, nullable=False))

TABLE_OF: dict[type[Noun], Table] = {
    Project: projects,
    Session: sessions,
    Goal: goals,
    Task: tasks,
    Job: jobs,
    Handoff: handoffs,
    Export: exports,
    Dependency: dependencies,
    Decision: decisions,
    Todo: todos,
    Message: messages,
    Request: requests,
    Assignment: assignments,
    Sync: syncs,
    Conflict: conflicts,
    Ownership: ownerships,
    StrategyRule: strategies,
    Lease: leases,
    MergeEntry: merge_entries,
    Token: tokens,
    ModelCall: model_calls,
}
