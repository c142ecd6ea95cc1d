"""The queue on DBOS: SQLite by default, PostgreSQL by a URL. One per process, because DBOS is.

Work runs on the event loop that called ``start`` (DBOS adopts it). The executor id is fixed, so that the next process takes
over what this one left; only one process may run the queue of a home at a time (the engine's lock sees to that).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID, WorkflowHandleAsync

from orchestrator.boundaries.queue.protocol import Work

log = logging.getLogger("televibe.queue")

A = TypeVar("A")

CLOSE_SECONDS = 2.0
"""How long closing waits for outcomes to be recorded. One that is not is found out again by the next process."""

JOBS = "televibe-jobs"
POLL_SECONDS = 0.02
"""How often the job lane is looked at. DBOS's own default of one second would be added to every handoff."""


class DurableQueue:
    """``Queue`` on DBOS. ``DurableQueue(url)``: ``sqlite:///…`` or ``postgresql://…``."""

    def __init__(self, url: str, *, executor_id: str = "televibe") -> None:
        self._url = url
        self._executor_id = executor_id
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: dict[asyncio.Task[Any], str] = {}  # in the middle of a piece of work → its workflow id
        self._reactions: set[int] = set()  # submitted or left by an earlier process, not finished yet
        self._launched = False

    @property
    def busy(self) -> int:
        return len(self._tasks) + len(self._reactions)

    async def start(self, work: Work, *, parallel_jobs: int) -> None:
        _quiet()
        DBOS(config=_config(self._url, self._executor_id))

        async def step_react(event_id: int, key: str) -> None:
            self._reactions.add(event_id)
            async with self._turns[key]:
                await self._now(work.react, event_id)
            self._reactions.discard(event_id)

        async def step_job(job_id: str) -> None:
            await self._now(work.run_job, job_id)

        @DBOS.workflow(name="react")
        async def react(event_id: int, key: str) -> None:
            await DBOS.run_step_async({"name": "react"}, step_react, event_id, key)

        @DBOS.workflow(name="run_job")
        async def run_job(job_id: str) -> None:
            await DBOS.run_step_async({"name": "run_job"}, step_job, job_id)

        self._begin = react, run_job
        self._launched = True
        DBOS.launch()  # here, on the running loop: DBOS adopts it for the workflows
        await DBOS.register_queue_async(
            JOBS, global_concurrency=parallel_jobs, partition_concurrency=1, polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )  # fmt: skip
        for left in await DBOS.list_workflows_async(status="PENDING", name="react"):
            self._reactions.add(int(left.workflow_id.removeprefix("event-")))

    async def submit_reaction(self, event_id: int, key: str) -> None:
        self._reactions.add(event_id)
        with SetWorkflowID(f"event-{event_id}"):
            handle = await DBOS.start_workflow_async(self._begin[0], event_id, key)
        if (await handle.get_status()).status != "PENDING":  # finished, now or in an earlier life
            self._reactions.discard(event_id)

    async def submit_job(self, job_id: str, session_id: str, seq: int) -> None:
        # DBOS's created_at has whole seconds on SQLite, so the order inside a session is given as a priority.
        with SetWorkflowID(f"job-{job_id}"), SetEnqueueOptions(queue_partition_key=session_id, priority=seq):
            await DBOS.enqueue_workflow_async(JOBS, self._begin[1], job_id)

    async def drop_job(self, job_id: str) -> None:
        handle: WorkflowHandleAsync[None] = await DBOS.retrieve_workflow_async(f"job-{job_id}")
        if (await handle.get_status()).status == "ENQUEUED":
            await DBOS.cancel_workflow_async(f"job-{job_id}")

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

    async def _now(self, call: Callable[[A], Awaitable[None]], argument: A) -> None:
        """Run one piece of work in a way that ``close`` can cancel. A cancelled piece is not recorded as done by DBOS."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = DBOS.workflow_id or ""
        try:
            await call(argument)
        except Exception:
            log.exception("action=work_failed argument=%s", argument)
        finally:
            self._tasks.pop(task, None)


def _config(url: str, executor_id: str) -> DBOSConfig:
    return {
        "name": "televibe",
        "system_database_url": url,
        "executor_id": executor_id,
        "application_version": "1",  # fixed: an upgrade of the program must take over unfinished work
        "log_level": "ERROR",
        "run_migrations": True,
        "notification_listener_polling_interval_sec": 1.0,
    }


def _quiet() -> None:
    """DBOS logs to the console by itself; the terminal is ours."""
    for name in ("dbos",):
        logging.getLogger(name).propagate = False
