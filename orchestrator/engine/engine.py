"""The engine: reads the event log from where it stopped, gives each trigger to the machine once, and runs the jobs.

One engine per home. Doors write events to the store and never wait for the engine to be the one that wrote them; whichever
process has the lock does the work, and after a crash the next one goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command

from graphs.land_nodes import block
from graphs.machine import Machine, compiled
from graphs.state import SAVED_TYPES, Deps, Turns, arrived
from orchestrator.boundaries.agents.protocol import Agent
from orchestrator.boundaries.crash import passing
from orchestrator.boundaries.git.journal import Journal
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.queue.durable import DurableQueue
from orchestrator.boundaries.queue.protocol import Queue, Work
from orchestrator.boundaries.store.protocol import Store
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.context_sync import ContextSync
from orchestrator.engine.coordination.expiry import expire
from orchestrator.engine.job_stop import cancel_queued, fail_job, in_a_line
from orchestrator.engine.keep_up.fetching import Fetching
from orchestrator.engine.keep_up.moves import Moves
from orchestrator.engine.lock import EngineLock
from orchestrator.engine.projects import agent_of, open_project
from orchestrator.engine.radar.lookout import Lookout
from orchestrator.engine.run_job import run_job
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.event import ENGINE_CURSOR, TRIGGERS, Event, EventKind
from orchestrator.nouns.job import JobState
from orchestrator.nouns.session import Project

log = logging.getLogger("televibe.engine")

BATCH = 200
NEWS_SECONDS = 5.0
IDLE_SECONDS = 0.05
"""Between two looks whether there is anything left to do: a look costs more than most of the events it would be told of."""
CLEAN_SECONDS = 30.0
"""How late an expiry may be noticed."""

PLANNING = frozenset({EventKind.goal_given, EventKind.goal_answered})
"""Events that may end in, or come back from, the interrupt in which a plan waits for its answer."""

STEPS = 400
"""Most nodes that one event may pass: each stage that lands by itself takes six, and may give the next one its turn."""

Host = Callable[["Engine"], AbstractAsyncContextManager[str]]
"""Serves an engine's tools while the context is open; gives the URL for agents. A door brings it: the engine knows no door."""

Agents = Callable[[str, Deps], Agent]
"""The agent of a kind, for one project."""


class Engine:
    """``async with Engine(home) as engine``: takes the lock, takes up unfinished work, and works until the context ends.

    ``host`` serves the coordination tools to agents as long as jobs may run; without one, an agent has none over HTTP.
    """

    def __init__(self, home: Home, *, queue: Queue | None = None, host: Host | None = None, agents: Agents = agent_of) -> None:
        self.home = home
        self._agent_of = agents
        self.mcp_url = ""
        self._host = host
        self._lock = EngineLock(home.engine_lock)
        self._queue = queue
        self._projects: dict[str, tuple[float, Deps]] = {}
        self._agents: dict[tuple[str, str], Agent] = {}
        self._opening = asyncio.Lock()
        self._turns = Turns()

    async def __aenter__(self) -> Engine:
        self.home.ready()
        async with AsyncExitStack() as opened:  # one that is cut off here leaves nothing open, and its lock to others
            self._lock.take()
            opened.callback(self._lock.release)
            self.store: Store = await open_store(self.home.database_url)
            opened.push_async_callback(self.store.close)
            self._moves = Moves(self.store, Journal(self.home.git_log))
            self.fetching = Fetching(self.store, self.deps)
            self._lookout = Lookout(self.store, self.deps)
            saver = await opened.enter_async_context(AsyncSqliteSaver.from_conn_string(str(self.home.checkpoints)))
            saver.serde = JsonPlusSerializer(allowed_msgpack_modules=[(t.__module__, t.__qualname__) for t in SAVED_TYPES])
            self._machine: Machine = compiled(saver)
            self._passing: Machine = compiled()
            opened.push_async_callback(self._close_projects)
            if self._host is not None:
                self.mcp_url = await opened.enter_async_context(self._host(self))
            self.queue: Queue = self._queue or DurableQueue(self.home.queue_url)
            parallel_jobs = await self._parallel_jobs()
            opened.push_async_callback(self.queue.close)
            await self.queue.start(Work(self._react, self._run_job), parallel_jobs=parallel_jobs)
            self._context = ContextSync(self.store, self.deps)
            opened.push_async_callback(self._context.settle)
            pump = asyncio.get_running_loop().create_task(self._pump_events(), name="pump")
            opened.push_async_callback(_ended, pump)
            cleaning = asyncio.get_running_loop().create_task(self._keep_clean(), name="keep-clean")
            opened.push_async_callback(_ended, cleaning)
            context = asyncio.get_running_loop().create_task(self._context.watch(), name="context")
            opened.push_async_callback(_ended, context)
            for name, work in (("moves", self._moves.watch()), ("fetching", self.fetching.watch()), ("radar", self._lookout.watch())):
                opened.push_async_callback(_ended, asyncio.get_running_loop().create_task(work, name=name))
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._opened.aclose()

    async def _close_projects(self) -> None:
        for _, deps in self._projects.values():
            await _closed(deps)

    async def deps(self, project_id: str) -> Deps:
        """The project's live objects; opened again when its configuration file changed."""
        known = self._projects.get(project_id)
        if known is not None and known[0] == _stamp(known[1].project):
            return known[1]
        async with self._opening:
            async with self.store.reading() as store:
                project = await store.project(project_id)
            stamp = _stamp(project)
            known = self._projects.get(project_id)
            if known is None or known[0] != stamp:
                if known is not None:
                    await _closed(known[1])
                opened = await open_project(self.home, self.store, project, owner=True)
                sees = self._lookout.of(project_id) if opened.policy.conflicts.radar else opened.watch
                opened = replace(opened, turns=self._turns, watch=sees)
                self._projects[project_id] = (stamp, opened)
                self._agents = {key: agent for key, agent in self._agents.items() if key[0] != project_id}
            return self._projects[project_id][1]

    async def idle(self) -> bool:
        """Nothing to do until a user says something: every trigger is taken, no job is open, nothing is in the middle."""
        await self._moves.look()  # a branch that moved just now is something to do
        if self.queue.busy:
            return False
        async with self.store.reading() as store:
            behind = await store.events(after=await store.cursor(ENGINE_CURSOR), kinds=sorted(TRIGGERS), limit=1)
            jobs = await store.jobs(states=[s for s in JobState if not s.over])
        return not behind and not jobs and self.queue.busy == 0

    async def until_idle(self) -> None:
        """Return when there is nothing to do."""
        while not await self.idle():
            await asyncio.sleep(IDLE_SECONDS)

    async def _parallel_jobs(self) -> int:
        """The smallest limit that any project of the home asks for, because the queue is one."""
        async with self.store.reading() as store:
            projects = await store.projects()
        limits = []
        for project in projects:
            try:
                limits.append((await self.deps(project.id)).policy.limits.parallel_jobs)
            except TeleVibeError as error:
                log.warning("action=project_not_opened project=%s error=%s", project.id, error.line())
        return min(limits, default=4)

    async def _pump_events(self) -> None:
        """Hand every trigger to the queue, in the order of the log. The cursor moves after the hand-over, which is idempotent."""
        async with self.store.reading() as store:
            cursor = newest = await store.cursor(ENGINE_CURSOR)
        while True:
            async with self.store.reading() as store:
                events = await store.events(after=cursor, kinds=sorted(TRIGGERS), limit=BATCH)
            for event in events:
                await self._hand_over(event)
                passing(f"handed over {event.kind.value}")
                cursor = event.id
            if events:
                async with self.store.writing() as tx:
                    await tx.set_cursor(ENGINE_CURSOR, cursor)
            else:
                newest = await self.store.wait_for_news(newest, NEWS_SECONDS, TRIGGERS)

    async def _keep_clean(self) -> None:
        """Expire what is due, in every project that is open here."""
        while True:
            for _, deps in list(self._projects.values()):
                try:
                    await expire(deps)
                except TeleVibeError as error:
                    log.warning("action=expiry_failed project=%s error=%s", deps.project.id, error.line())
            await asyncio.sleep(CLEAN_SECONDS)

    async def _hand_over(self, event: Event) -> None:
        """A reaction or a job; none for an event of which its writer knows that it asks for nothing: hundreds may land at once."""
        match event.kind:
            case EventKind.job_queued:
                await self.queue.submit_job(event.job_id or "", event.session_id or "", int(event.data["seq"]))
            case EventKind.job_stop_requested:
                await self.queue.submit_reaction(event.id, f"stop:{event.job_id}")
            case _ if event.data.get("nothing_follows"):
                return
            case EventKind.merge_queued | EventKind.merge_approved:
                await self.queue.submit_reaction(event.id, f"merge:{event.project_id}")
            case _:
                await self.queue.submit_reaction(event.id, event.goal_id or event.session_id or event.project_id)

    async def _react(self, event_id: int) -> None:
        async with self.store.reading() as store:
            event = await store.event(event_id)
        try:
            deps = await self.deps(event.project_id)
            if event.kind is EventKind.job_stop_requested:
                await self._stop_job(deps, event.job_id or "")
            else:
                await self._through_machine(deps, event)
        except Exception as error:
            log.exception("action=reaction_failed event=%s kind=%s", event.id, event.kind.value)
            await self._say_failed(event, error)

    async def _through_machine(self, deps: Deps, event: Event) -> None:
        thread = event.goal_id or (f"session-{event.session_id}" if event.session_id else event.project_id)
        config = {"configurable": {"thread_id": thread}, "recursion_limit": STEPS}
        given: object = arrived(event)
        if event.kind is EventKind.goal_answered:
            async with self.store.reading() as store:
                goal = await store.goal(event.goal_id or "")
            if goal.plan_revision != event.data["revision"]:
                return  # the plan it answers was replaced meanwhile
            answer = str(event.data["answer"])
            snapshot = await self._machine.aget_state(config)  # type: ignore[arg-type]
            given = Command(resume=answer) if "approve" in snapshot.next else {**arrived(event), "answer": answer}
        # Only a plan waits inside the machine. What does not come by there is not saved: it would cost a transaction each time.
        if event.kind in PLANNING:
            await self._machine.ainvoke(given, config, context=deps, durability="exit")  # type: ignore[call-overload]
        else:
            await self._passing.ainvoke(given, config, context=deps)  # type: ignore[call-overload]

    async def _say_failed(self, event: Event, error: Exception) -> None:
        """A reaction that broke blocks its goal, so that the user learns of it and can try again."""
        if event.goal_id is None:
            return
        line = in_a_line(error)
        async with self.store.reading() as store:
            goal = await store.goal(event.goal_id)
        deps = self._projects[event.project_id][1] if event.project_id in self._projects else None
        if deps is not None:
            await block(deps, goal, f"{line} — `televibe resume {goal.id}` tries again", "internal")

    async def _run_job(self, job_id: str) -> None:
        async with self.store.reading() as store:
            job = await store.job(job_id)
            session = await store.session(job.session_id)
        try:
            deps = await self.deps(job.project_id)
            await run_job(deps, self._agent(deps, session.agent), job_id, mcp_url=self.mcp_url)
        except Exception as error:
            log.exception("action=job_broke job=%s", job_id)
            await fail_job(self.store, job_id, error)

    def _agent(self, deps: Deps, kind: str) -> Agent:
        key = (deps.project.id, kind)
        if key not in self._agents:
            self._agents[key] = self._agent_of(kind, deps)
        return self._agents[key]

    async def _stop_job(self, deps: Deps, job_id: str) -> None:
        """Interrupt the agent, or take a job that has not begun off the queue."""
        async with self.store.reading() as store:
            job = await store.job(job_id)
            session = await store.session(job.session_id)
        if job.state.over:
            return
        if await self._agent(deps, session.agent).interrupt(job_id):
            return
        await self.queue.drop_job(job_id)
        await cancel_queued(self.store, job_id)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _closed(deps: Deps) -> None:
    await deps.index.close()
    await deps.model.close()


def _stamp(project: Project) -> float:
    try:
        return (Path(project.root) / ".televibe" / "config.yaml").stat().st_mtime
    except FileNotFoundError:
        return 0.0
