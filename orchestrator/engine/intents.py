"""What a user can want, written to the store as events: give a goal, answer a plan, stop, try again, instruct a session.

A door calls these in whatever process it is; the engine, here or elsewhere, reacts. Each checks what can be checked at once, so
that bad input is refused before anything is stored.
"""

from __future__ import annotations

from datetime import UTC, datetime

from graphs.leases import free_session
from graphs.post import acknowledge, call
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.projects import agent_of
from orchestrator.nouns.errors import AgentError, Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.message import MessageState
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import Goal, GoalState
from orchestrator.verbs.agent_kinds import check_agent_kind
from orchestrator.verbs.edit_plan import Edit, answer_of, edit
from orchestrator.verbs.preflight import preflight
from orchestrator.verbs.text import first_control

GOAL_CHARS = 20_000
"""Longest goal. A longer one is a document: commit it to the repository and name it in the goal."""


def check_text(text: str, what: str) -> str:
    """The text without surrounding space; refuses an empty one, one that is too long, and control characters."""
    stripped = text.strip()
    if not stripped:
        raise UsageError(f"the {what} is empty", 'say what you want, e.g. televibe goal "Add a --verbose flag; test it"')
    if len(stripped) > GOAL_CHARS:
        raise UsageError(
            f"the {what} has {len(stripped):,} characters; at most {GOAL_CHARS:,} are taken",
            "commit the details as a file and name it in the text",
        )
    bad = first_control(stripped)
    if bad is not None:
        raise UsageError(f"the {what} contains {bad!a}, which is not text", "it must be UTF-8 without control characters")
    return stripped


async def check_installed(deps: Deps, kind: str) -> None:
    """``AgentError`` with the way out when the agents of this kind cannot work on this machine."""
    found = await agent_of(kind, deps).available()
    if not found.installed:
        raise AgentError(f"the agent kind {kind} cannot be used here: {found.detail}", found.remedy)


async def ready_for_goal(deps: Deps, agent: str | None, *, allow_dirty: bool) -> tuple[str, str]:
    """(agent kind, commit of the default branch) that a new goal starts with; raises with the way out when it cannot start."""
    kind = check_agent_kind(agent or deps.policy.agent)
    preflight(await deps.git.state(), allow_dirty=allow_dirty)
    await check_installed(deps, kind)
    base = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    if base is None:
        raise UsageError(
            f"the default branch {deps.project.default_branch} does not exist", "correct default_branch in .televibe/config.yaml"
        )
    return kind, base


async def give_goal(deps: Deps, text: str, *, agent: str | None = None, auto_approve: bool = False, allow_dirty: bool = False) -> Goal:
    """Store a goal; the machine plans it."""
    text = check_text(text, "goal")
    kind, base = await ready_for_goal(deps, agent, allow_dirty=allow_dirty)
    now = datetime.now(UTC)
    async with deps.store.writing() as tx:
        goal = Goal(
            id=await tx.next_id("G"),
            project_id=deps.project.id,
            text=text,
            state=GoalState.given,
            agent=kind,
            auto_approve=auto_approve,
            base_commit=base,
            created_at=now,
            updated_at=now,
        )
        await tx.put(goal)
        await tx.record(_goal_event(goal, EventKind.goal_given, f"{goal.id}: {text.splitlines()[0][:200]}", {"agent": kind}))
    return goal


async def answer_plan(deps: Deps, goal_id: str, answer: str, *, revision: int | None = None) -> Goal:
    """Approve, edit or deny the plan that waits. An edit that is not understood is refused here, with examples."""
    answer = check_text(answer, "answer")
    parsed = answer_of(answer)
    if isinstance(parsed, Edit):
        await _check_chosen(deps, goal_id, parsed.text)
    async with deps.store.writing() as tx:
        goal = await tx.goal(goal_id)
        if goal.state is not GoalState.proposed:
            raise Refused(f"{goal_id} does not wait for an answer: it is {goal.state.value}", "`televibe goals` lists what does")
        if revision is not None and revision != goal.plan_revision:
            raise Refused(f"the plan of {goal_id} changed since you saw it", "look at it again and answer that one")
        if isinstance(parsed, Edit):
            ids = [s.id for s in await tx.sessions(goal.project_id, live_only=True)]
            edit(await tx.tasks(goal_id), parsed.text, ids, deps.roles)
        data = {"answer": answer, "revision": goal.plan_revision}
        await tx.record(_goal_event(goal, EventKind.goal_answered, f"answer to the plan of {goal_id}: {answer[:200]}", data))
        return goal


async def _check_chosen(deps: Deps, goal_id: str, change: str) -> None:
    """A session that the user gives a task in a plan must have an agent that can work here."""
    async with deps.store.reading() as store:
        goal, tasks = await store.goal(goal_id), await store.tasks(goal_id)
        live = {s.id: s for s in await store.sessions(goal.project_id, live_only=True)}
    if goal.state is GoalState.proposed:
        chosen = {t.session_id for t in edit(tasks, change, list(live), deps.roles).tasks if t.pinned and t.session_id}
        for kind in sorted({live[id_].agent for id_ in chosen if id_ in live}):
            await check_installed(deps, kind)


async def stop_goal(deps: Deps, goal_id: str) -> Goal:
    """Stop a goal: nothing more is started, running agents are interrupted, everything made stays."""
    async with deps.store.writing() as tx:
        goal = await tx.goal(goal_id)
        if goal.state.over and goal.state is not GoalState.blocked:
            raise Refused(f"{goal_id} is {goal.state.value} already")
        await tx.record(_goal_event(goal, EventKind.goal_stop_requested, f"{goal_id} is to stop"))
        return goal


async def resume_goal(deps: Deps, goal_id: str) -> Goal:
    """Try again what failed or was stopped."""
    async with deps.store.writing() as tx:
        goal = await tx.goal(goal_id)
        if goal.state not in {GoalState.blocked, GoalState.stopped}:
            raise Refused(f"{goal_id} is {goal.state.value}; only a blocked or stopped goal can be resumed")
        await tx.record(_goal_event(goal, EventKind.goal_resumed, f"{goal_id} is to go on"))
        return goal


async def instruct(deps: Deps, session_id: str, text: str) -> Session:
    """Give a session an instruction, or answer what its agent asked."""
    text = check_text(text, "instruction")
    async with deps.store.reading() as store:
        session = await store.session(session_id)
    if session.state not in {SessionState.closed, SessionState.stopped}:
        await check_installed(deps, session.agent)
    async with deps.store.writing() as tx:
        session = await tx.session(session_id)
        if session.state in {SessionState.closed, SessionState.stopped}:
            raise Refused(
                f"{session_id} is {session.state.value}",
                "closed sessions take no work; `televibe session new` makes one"
                if session.state is SessionState.closed
                else f"`televibe session resume {session_id}` first",
            )
        await tx.record(
            _session_event(session, EventKind.instruction_given, f"you → {session_id}: {text[:200]}", {"instruction": text})
        )
        if session.state is SessionState.waiting:
            await _answered(tx, deps, session)
        return session


async def _answered(tx: Writing, deps: Deps, session: Session) -> None:
    """What a waiting session asked the user is answered by its next instruction."""
    for message in await tx.messages(deps.project.id, from_session=session.id):
        if message.to_session is None and message.type.wants_answer and message.state.open:
            await acknowledge(tx, deps, message, "answered with an instruction")


async def stop_session(deps: Deps, session_id: str) -> list[Job]:
    """Stop a session: its running job is interrupted, its queued ones are cancelled, it takes no more until resumed."""
    async with deps.store.writing() as tx:
        session = await tx.session(session_id)
        if session.state is SessionState.closed:
            raise Refused(f"{session_id} is closed")
        await tx.put(_changed(session, SessionState.stopped))
        await tx.record(_session_event(session, EventKind.session_stopped, f"{session_id} was stopped"))
        await free_session(tx, deps, session, f"{session_id} was stopped")
        return await _stop_jobs(tx, session)


async def resume_session(deps: Deps, session_id: str) -> Session:
    """Let a stopped session take work again."""
    async with deps.store.writing() as tx:
        session = await tx.session(session_id)
        if session.state is not SessionState.stopped:
            raise Refused(f"{session_id} is not stopped: it is {session.state.value}")
        resumed = _changed(session, SessionState.idle)
        await tx.put(resumed)
        await tx.record(_session_event(session, EventKind.session_resumed, f"{session_id} takes work again"))
        await call(tx, deps, resumed, await tx.messages(deps.project.id, to_session=session_id, states=[MessageState.queued]))
        return resumed


async def _stop_jobs(tx: Writing, session: Session) -> list[Job]:
    stopping = [j for j in await tx.jobs(session_id=session.id) if not j.state.over and not j.stop_requested]
    for job in stopping:
        await tx.put(job.model_copy(update={"stop_requested": True}))
        event = _session_event(session, EventKind.job_stop_requested, f"{job.id} in {session.id} is asked to stop")
        await tx.record(event.model_copy(update={"job_id": job.id, "goal_id": job.goal_id}))
    return stopping


def _changed(session: Session, state: SessionState) -> Session:
    return session.model_copy(update={"state": state, "updated_at": datetime.now(UTC)})


def _goal_event(goal: Goal, kind: EventKind, text: str, data: dict[str, object] | None = None) -> NewEvent:
    return NewEvent(kind=kind, project_id=goal.project_id, goal_id=goal.id, text=text, data=data or {})


def _session_event(session: Session, kind: EventKind, text: str, data: dict[str, object] | None = None) -> NewEvent:
    return NewEvent(kind=kind, project_id=session.project_id, goal_id=None, session_id=session.id, text=text, data=data or {})
