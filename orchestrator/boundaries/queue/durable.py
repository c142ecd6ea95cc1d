"""The queue on DBOS: SQLite by default, PostgreSQL by a URL. One per process, because DBOS is.

Work runs on the event loop that called ``start`` (DBOS adopts it). The executor id is fixed, so that the next process takes
over what this one left; only one process may run the queue of a home at a time (the engine's lock sees to that). That is also why
order and limits are kept in this process, by ``Lanes``: a queue of DBOS's own is polled, at rest too, and handoffs wait for a poll.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID

from orchestrator.boundaries.queue.lanes import Lanes
from orchestrator.boundaries.queue.protocol import Work

log = logging.getLogger("televibe.queue")

A = TypeVar("A")

CLOSE_SECONDS = 2.0
"""How long closing waits for outcomes to be recorded. One that is not is found out again by the next process."""


UNFINISHED = ["PENDING", "ENQUEUED"]
"""DBOS puts what it found unfinished into a queue of its own first."""


class DurableQueue:
    """``Queue`` on DBOS. ``DurableQueue(url)``: ``sqlite:///…`` or ``postgresql://…``."""

    def __init__(self, url: str, *, executor_id: str = "televibe") -> None:
        self._url = url
        self._executor_id = executor_id
        self._tasks: dict[asyncio.Task[Any], str] = {}  # in the middle of a piece of work → its workflow id
        self._reactions = Lanes()  # submitted or left by an earlier process, not finished yet
        self._launched = False
        self._all_known = asyncio.Event()  # what an earlier process left is announced: now turns may be given

    @property
    def busy(self) -> int:
        return len(self._tasks) + self._reactions.expected

    async def start(self, work: Work, *, parallel_jobs: int) -> None:
        _quiet()
        self._jobs = Lanes(parallel_jobs)
        DBOS(config=_config(self._url, self._executor_id))

        async def step_react(event_id: int, key: str) -> None:
            self._reactions.expect(*_reaction(event_id, key))
            await self._now(self._reactions, f"event-{event_id}", key, work.react, event_id)

        async def step_job(job_id: str, session_id: str, seq: int) -> None:
            self._jobs.expect(job_id, session_id, seq)
            await self._now(self._jobs, job_id, session_id, work.run_job, job_id)

        @DBOS.workflow(name="react")
        async def react(event_id: int, key: str) -> None:
            await DBOS.run_step_async({"name": "react"}, step_react, event_id, key)
            self._reactions.forget(*_reaction(event_id, key)[:2])  # a step that an earlier process recorded is not run, only known

        @DBOS.workflow(name="run_job")
        async def run_job(job_id: str, session_id: str, seq: int) -> None:
            await DBOS.run_step_async({"name": "run_job"}, step_job, job_id, session_id, seq)
            self._jobs.forget(job_id, session_id)

        self._begin = react, run_job
        self._launched = True
        DBOS.launch()  # here, on the running loop: DBOS adopts it for the workflows
        for left in await DBOS.list_workflows_async(status=UNFINISHED, name="react"):
            assert left.input is not None
            self._reactions.expect(*_reaction(*left.input["args"]))
        for left in await DBOS.list_workflows_async(status=UNFINISHED, name="run_job"):
            assert left.input is not None
            self._jobs.expect(*left.input["args"])
        self._all_known.set()

    async def submit_reaction(self, event_id: int, key: str) -> None:
        self._reactions.expect(*_reaction(event_id, key))
        with SetWorkflowID(f"event-{event_id}"):
            handle = await DBOS.start_workflow_async(self._begin[0], event_id, key)
        if (await handle.get_status()).status not in UNFINISHED:  # finished, now or in an earlier life
            self._reactions.forget(f"event-{event_id}", key)

    async def submit_job(self, job_id: str, session_id: str, seq: int) -> None:
        self._jobs.expect(job_id, session_id, seq)
        with SetWorkflowID(f"job-{job_id}"):
            handle = await DBOS.start_workflow_async(self._begin[1], job_id, session_id, seq)
        if (await handle.get_status()).status not in UNFINISHED:  # finished, now or in an earlier life
            self._jobs.forget(job_id, session_id)

    async def drop_job(self, job_id: str) -> None:
        self._jobs.drop(job_id)

    async def close(self) -> None:
        cut_off = set(self._tasks.values())
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._launched:
            await self._recorded(except_for=cut_off)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)

    async def _recorded(self, except_for: set[str]) -> None:
        """Let DBOS write down what has just ended, so that the next process need not find out again."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while {w.workflow_id for w in await DBOS.list_workflows_async(status="PENDING")} - except_for:
                    await asyncio.sleep(0.01)  # DBOS tells nobody when it has written
        except TimeoutError:
            log.warning("action=closed_before_recorded")

    async def _now(self, lanes: Lanes, name: str, lane: str, call: Callable[[A], Awaitable[None]], argument: A) -> None:
        """Do one piece of work when its turn comes, and so that ``close`` can cancel it. What was cancelled is not recorded as done."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = DBOS.workflow_id or ""
        try:
            await self._all_known.wait()
            async with lanes.turn(name, lane) as come:
                if come:
                    await call(argument)
        except Exception:
            log.exception("action=work_failed argument=%s", argument)
        finally:
            self._tasks.pop(task, None)


def _reaction(event_id: int, key: str) -> tuple[str, str, int]:
    return f"event-{event_id}", key, event_id


def _config(url: str, executor_id: str) -> DBOSConfig:
    return {
        "name": "televibe",
        "system_database_url": url,
        "executor_id": executor_id,
        "application_version": "1",  # fixed: an upgrade of the program must take over unfinished work
        "log_level": "ERROR",
        "run_migrations": True,
        "notification_listener_polling_interval_sec": 0.05,  # there is nothing to poll, but closing waits for its sleep to end
    }


def _quiet() -> None:
    """DBOS logs to the console by itself; the terminal is ours."""
    for name in ("dbos",):
        logging.getLogger(name).propagate = False
