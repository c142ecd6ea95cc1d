"""Reading the store: a consistent view over one connection."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select

from orchestrator.boundaries.store import tables as t
from orchestrator.boundaries.store.rows import noun_of
from orchestrator.boundaries.store.trouble import SqlTrouble
from orchestrator.boundaries.store.view import among, given, in_order, number
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Unknown
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.flow import Assignment, AssignmentState, Sync
from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus
from orchestrator.nouns.job import Handoff, Job, JobState
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.message import Message, MessageState, Request, RequestState
from orchestrator.nouns.session import Project, Session, SessionState, Token
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState

N = TypeVar("N", bound=Noun)
Where = ColumnElement[bool]


class SqlReading(SqlTrouble):
    """``Reading`` over one connection."""

    async def project(self, project_id: str) -> Project:
        return await self._one(Project, project_id, f"no project {project_id}", "")

    async def project_at(self, root: str) -> Project | None:
        found = await self._all(Project, t.projects.c.root == root)
        return found[0] if found else None

    async def projects(self) -> list[Project]:
        return in_order(await self._all(Project))

    async def session(self, session_id: str) -> Session:
        return await self._one(Session, session_id, f"no session {session_id}", "`televibe sessions` lists them")

    async def sessions(self, project_id: str, *, live_only: bool = False) -> list[Session]:
        where = [t.sessions.c.project_id == project_id]
        if live_only:
            where.append(t.sessions.c.state != SessionState.closed.value)
        return in_order(await self._all(Session, *where))

    async def goal(self, goal_id: str) -> Goal:
        return await self._one(Goal, goal_id, f"no goal {goal_id}", "`televibe goals` lists them")

    async def goals(self, project_id: str | None = None, *, states: Sequence[GoalState] = ()) -> list[Goal]:
        return in_order(await self._all(Goal, *given(t.goals, project_id=project_id), *among(t.goals, states)))

    async def tasks(self, goal_id: str, *, ids: Collection[str] | None = None, needing: str | None = None) -> list[Task]:
        where = [t.tasks.c.goal_id == goal_id]
        if ids is not None:
            where.append(t.tasks.c.id.in_(ids))
        if needing is not None:
            where.append(or_(*(cast(column, Text).contains(f'"{needing}"') for column in (t.tasks.c.depends_on, t.tasks.c.when))))
        found = sorted(await self._all(Task, *where), key=lambda task: task.position)
        return [task for task in found if needing is None or needing in task.depends_on or needing in task.when]

    async def task_states(self, goal_id: str) -> dict[TaskState, int]:
        state = t.tasks.c.state
        counted = select(state, func.count()).where(t.tasks.c.goal_id == goal_id).group_by(state)
        return {TaskState(name): int(number) for name, number in (await self._connection.execute(counted)).all()}

    async def job(self, job_id: str) -> Job:
        return await self._one(Job, job_id, f"no job {job_id}", "")

    async def jobs(
        self,
        project_id: str | None = None,
        *,
        session_id: str | None = None,
        goal_id: str | None = None,
        task_id: str | None = None,
        states: Sequence[JobState] = (),
        newest: int | None = None,
    ) -> list[Job]:
        where = given(t.jobs, project_id=project_id, session_id=session_id, goal_id=goal_id, task_id=task_id)
        query = select(t.jobs).where(and_(True, *where, *among(t.jobs, states))).order_by(t.jobs.c.seq.desc()).limit(newest)
        found = [noun_of(Job, dict(row)) for row in (await self._connection.execute(query)).mappings()]
        return found[::-1]

    async def handoffs(self, goal_id: str, *, to_task: str | None = None) -> list[Handoff]:
        return in_order(await self._all(Handoff, *given(t.handoffs, goal_id=goal_id, to_task=to_task)))

    async def exports(
        self,
        project_id: str,
        *,
        session_id: str | None = None,
        not_session: str | None = None,
        keys: Sequence[str] | None = None,
        name: str | None = None,
        statuses: Sequence[ExportStatus] = (),
        limit: int | None = None,
    ) -> list[Export]:
        columns = t.exports.c
        where = given(t.exports, project_id=project_id, session_id=session_id)
        if not_session is not None:
            where.append(columns.session_id != not_session)
        if keys is not None:
            key = columns.session_id + ":" + columns.file + ":" + columns.name
            where += [columns.session_id.in_({k.partition(":")[0] for k in keys}), key.in_(set(keys))]
        if name is not None:
            where.append(or_(columns.name == name, columns.name.endswith(f".{name}", autoescape=True)))
        if statuses:
            where.append(columns.status.in_([status.value for status in statuses]))
        query = select(t.exports).where(and_(*where)).order_by(columns.session_id, columns.file, columns.line).limit(limit)
        found = [noun_of(Export, dict(row)) for row in (await self._connection.execute(query)).mappings()]
        return sorted(found, key=lambda e: (number(e.session_id), e.file, e.line, e.name))

    async def decisions(self, project_id: str, *, limit: int | None = None, withdrawn: bool = False) -> list[Decision]:
        where = [t.decisions.c.project_id == project_id]
        if not withdrawn:
            where.append(t.decisions.c.withdrawn.is_(False))
        found = in_order(await self._all(Decision, *where))
        return list(reversed(found))[:limit]

    async def todos(self, project_id: str, *, open_only: bool = False) -> list[Todo]:
        where = [t.todos.c.project_id == project_id]
        if open_only:
            where.append(t.todos.c.done.is_(False))
        return in_order(await self._all(Todo, *where))

    async def dependencies(
        self, project_id: str, *, session_id: str | None = None, states: Sequence[DependencyState] = ()
    ) -> list[Dependency]:
        where = [*given(t.dependencies, project_id=project_id, session_id=session_id), *among(t.dependencies, states)]
        return sorted(await self._all(Dependency, *where), key=lambda d: (number(d.session_id), d.created_at, d.name))

    async def message(self, message_id: str) -> Message:
        return await self._one(Message, message_id, f"no message {message_id}", "get_inbox lists yours")

    async def messages(
        self,
        project_id: str,
        *,
        to_session: str | None = None,
        from_session: str | None = None,
        thread: str | None = None,
        states: Sequence[MessageState] = (),
        since: datetime | None = None,
    ) -> list[Message]:
        where = given(t.messages, project_id=project_id, to_session=to_session, from_session=from_session, thread=thread)
        if since is not None:
            where.append(t.messages.c.created_at >= since)
        return in_order(await self._all(Message, *where, *among(t.messages, states)))

    async def message_count(self, project_id: str, *, from_session: str, since: datetime) -> int:
        sent = and_(*given(t.messages, project_id=project_id, from_session=from_session), t.messages.c.created_at >= since)
        return int((await self._connection.execute(select(func.count()).select_from(t.messages).where(sent))).scalar() or 0)

    async def request(self, request_id: str) -> Request:
        return await self._one(Request, request_id, f"no request {request_id}", "`televibe requests` lists them")

    async def requests(
        self,
        project_id: str,
        *,
        to_session: str | None = None,
        from_session: str | None = None,
        states: Sequence[RequestState] = (),
    ) -> list[Request]:
        where = given(t.requests, project_id=project_id, to_session=to_session, from_session=from_session)
        return in_order(await self._all(Request, *where, *among(t.requests, states)))

    async def assignment(self, assignment_id: str) -> Assignment:
        return await self._one(Assignment, assignment_id, f"no assignment {assignment_id}", "wait_for lists yours")

    async def assignments(
        self,
        project_id: str,
        *,
        parent: str | None = None,
        child: str | None = None,
        states: Sequence[AssignmentState] = (),
    ) -> list[Assignment]:
        where = given(t.assignments, project_id=project_id, parent=parent, child=child)
        return in_order(await self._all(Assignment, *where, *among(t.assignments, states)))

    async def syncs(self, project_id: str, *, session_id: str | None = None) -> list[Sync]:
        return in_order(await self._all(Sync, *given(t.syncs, project_id=project_id, session_id=session_id)))

    async def token(self, token_hash: str) -> Token | None:
        found = await self._all(Token, t.tokens.c.hash == token_hash)
        return found[0] if found else None

    async def tokens(self, session_id: str) -> list[Token]:
        return sorted(await self._all(Token, t.tokens.c.session_id == session_id), key=lambda token: token.created_at)

    async def events(
        self,
        *,
        after: int = 0,
        project_id: str | None = None,
        goal_id: str | None = None,
        session_id: str | None = None,
        kinds: Sequence[EventKind] = (),
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Event]:
        where = [t.events.c.id > after, *given(t.events, project_id=project_id, goal_id=goal_id, session_id=session_id)]
        if kinds:
            where.append(t.events.c.kind.in_([k.value for k in kinds]))
        order = t.events.c.id.desc() if newest_first else t.events.c.id
        result = await self._connection.execute(select(t.events).where(and_(*where)).order_by(order).limit(limit))
        return [noun_of(Event, dict(row)) for row in result.mappings()]

    async def event(self, event_id: int) -> Event:
        result = await self._connection.execute(select(t.events).where(t.events.c.id == event_id))
        row = result.mappings().first()
        if row is None:
            raise Unknown(f"no event {event_id}", "`televibe log` lists them")
        return noun_of(Event, dict(row))

    async def last_event_id(self) -> int:
        return int((await self._connection.execute(select(func.max(t.events.c.id)))).scalar() or 0)

    async def spent_usd(self, *, goal_id: str | None = None, since: str | None = None) -> float:
        calls = select(func.sum(t.model_calls.c.cost_usd)).where(and_(True, *given(t.model_calls, goal_id=goal_id)))
        jobs = select(func.sum(t.jobs.c.cost_usd)).where(and_(True, *given(t.jobs, goal_id=goal_id)))
        if since is not None:
            moment = datetime.fromisoformat(since)
            calls = calls.where(t.model_calls.c.at >= moment)
            jobs = jobs.where(t.jobs.c.queued_at >= moment)
        totals = [(await self._connection.execute(query)).scalar() or 0.0 for query in (calls, jobs)]
        return float(sum(totals))

    async def cursor(self, name: str) -> int:
        found = await self._connection.execute(select(t.cursors.c.event_id).where(t.cursors.c.name == name))
        return int(found.scalar() or 0)
