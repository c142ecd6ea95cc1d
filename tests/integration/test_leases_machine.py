"""Leases under fire: holders that are paused, killed and sly, clocks that jump, engines that are started again. Whatever happens, in
whatever order: never two exclusive holders at a time, and never the work of two past the gate."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from graphs.leases import Wish, acquire, bind, free_job, release, renew, sweep
from graphs.state import Deps
from graphs.territory import first_denial, held_back
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.edit_check import Changed, record_edits
from orchestrator.engine.projects import open_project
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.lease import OPEN_LEASES, Lease, LeaseState
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.leases import contend, grantable
from orchestrator.verbs.patterns import covers, overlap
from tests.line import register
from tests.repos import make_repo

T = TypeVar("T")
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
WHO = ("S1", "S2", "S3")
FILES = ("a", "b", "dir/c")
PATTERNS = st.lists(st.sampled_from(["a", "b", "A", "dir/c", "dir/**", "?", "**"]), min_size=1, max_size=2, unique=True)


@dataclass
class Template:
    """A database with a project under the strategy ``locks`` and three sessions, to begin each example from."""

    deps: Deps
    database: Path


TEMPLATE: list[Template] = []


@pytest.fixture(scope="module", autouse=True)
def _template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    directory = tmp_path_factory.mktemp("leases")
    TEMPLATE.append(asyncio.run(_furnished(directory)))
    yield
    TEMPLATE.clear()


async def _furnished(directory: Path) -> Template:
    repo = make_repo(
        directory / "repo", {".televibe/config.yaml": "agent: scripted\nconflicts: {strategy: locks, lease_minutes: 10}\n"}
    )
    home = Home(directory / "home").ready()
    project = await register(home, repo)
    store = await open_store(home.database_url)
    deps = await open_project(home, store, project, owner=False)
    async with store.writing() as tx:
        for id_ in WHO:
            told = {"role": "implementer", "branch": f"b/{id_}", "worktree": "", "base_commit": "0", "agent": "scripted"}
            moments = {"created_at": START, "updated_at": START}
            await tx.put(Session(id=id_, project_id=project.id, state=SessionState.stopped, **moments, **told))  # nobody is woken
        await tx.record(NewEvent(kind=EventKind.session_created, project_id=project.id, text="furnished"))
    await deps.index.close()
    await deps.model.close()
    await store.close()
    return Template(deps, home.database_file)


@dataclass
class Work:
    """What really happened, as nobody but the test knows. Moments are numbers of an own count, on which no clock has any influence."""

    writes: dict[str, int] = field(default_factory=dict)  # file → the last write
    permits: set[str] = field(default_factory=set)  # files that the hook said yes to, and that are not written yet: the agent is paused
    changed: dict[str, None] = field(default_factory=dict)  # files that the current job, or one that broke, changed
    after: dict[str, set[str]] = field(default_factory=dict)  # lease that was let go → files changed since


class Leases(RuleBasedStateMachine):
    """Three sessions and their agents. What a rule does is what the engine does at that point, with git's answers given by ``Work``."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        shutil.copy(TEMPLATE[0].database, Path(self.directory.name) / "db")
        self.skew = timedelta()
        self.count = 0
        self.grants: list[tuple[int, Lease]] = []
        self.seen: set[str] = set()
        self.work = {id_: Work() for id_ in WHO}
        self.job: dict[str, Job] = {}  # that runs
        self.broke: dict[str, Job] = {}  # whose work nobody looked at yet
        self.open()

    def open(self) -> None:
        store = self.run(open_store(f"sqlite:///{self.directory.name}/db"))
        self.deps = replace(TEMPLATE[0].deps, store=store, now=lambda: START + self.skew)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if hasattr(self, "deps"):
            self.run(self.deps.store.close())
            self.loop.close()
            self.directory.cleanup()

    # What agents do

    @rule(who=st.sampled_from(WHO))
    def a_job_begins(self, who: str) -> None:
        if who in self.job:
            return
        broke = self.broke.pop(who, None)
        self.job[who] = self.run(self._begun(who, broke))

    async def _begun(self, who: str, broke: Job | None) -> Job:
        """As ``_prepared`` does: what a job left that broke is looked at before the next one begins."""
        async with self.deps.store.writing() as tx:
            session = await tx.session(who)
            if broke is not None:
                await tx.put(broke.model_copy(update={"head_commit": "1"}))
                await record_edits(tx, self.deps, broke, session, self._of_job(who))
            id_, seq, at_work = await tx.next_id("J"), await tx.next_seq(), {"state": JobState.running, "base_commit": "0"}
            moments = {"started_at": self.deps.now(), "queued_at": START}
            job = Job(id=id_, project_id=self.deps.project.id, session_id=who, seq=seq, instruction="x", **at_work, **moments)
            await tx.put(job)
            await bind(tx, session, job)
            await tx.record(NewEvent(kind=EventKind.job_running, project_id=self.deps.project.id, session_id=who, text=job.id))
        return job

    @rule(who=st.sampled_from(WHO), patterns=PATTERNS, exclusive=st.sampled_from([True, True, False]), wait=st.booleans())
    def asks(self, who: str, patterns: list[str], *, exclusive: bool, wait: bool) -> None:
        async def ask() -> None:
            async with self.deps.store.writing() as tx:
                wish = Wish(tuple(sorted(patterns)), exclusive, 10.0, "", wait)
                await acquire(tx, self.deps, await tx.session(who), wish, self.job.get(who))

        self._refusable(ask())

    @rule(who=st.sampled_from(WHO))
    def renews(self, who: str) -> None:
        async def longer() -> None:
            async with self.deps.store.writing() as tx:
                for lease in await tx.leases(self.deps.project.id, session_id=who, states=[LeaseState.held]):
                    await renew(tx, self.deps, lease, 10.0)

        self._refusable(longer())

    @rule(who=st.sampled_from(WHO))
    def lets_go(self, who: str) -> None:
        async def free() -> list[str]:
            async with self.deps.store.writing() as tx:
                mine = await tx.leases(self.deps.project.id, session_id=who, states=OPEN_LEASES)
                return [lease.id for lease in await release(tx, self.deps, mine, "let go", head="1")]

        for lease_id in self.run(free()):
            self.work[who].after[lease_id] = set()

    @rule(who=st.sampled_from(WHO), file=st.sampled_from(FILES))
    def may_edit_and_is_paused(self, who: str, file: str) -> None:
        async def denied() -> bool:
            async with self.deps.store.reading() as store:
                return await first_denial(store, self.deps, await store.session(who), [file]) is not None

        if who in self.job and not self.run(denied()):
            self.work[who].permits.add(file)

    @rule(who=st.sampled_from(WHO), file=st.sampled_from(FILES))
    def writes_what_it_was_permitted(self, who: str, file: str) -> None:
        if file in self.work[who].permits:
            self._write(who, file)

    @rule(who=st.sampled_from(WHO), file=st.sampled_from(FILES))
    def writes_past_the_hook(self, who: str, file: str) -> None:
        if who in self.job:
            self._write(who, file)

    def _write(self, who: str, file: str) -> None:
        self._look_at_grants()
        self.count += 1
        work = self.work[who]
        work.permits.discard(file)
        work.writes[file] = self.count
        work.changed[file] = None
        for since in work.after.values():
            since.add(file)

    @rule(who=st.sampled_from(WHO))
    def its_job_ends(self, who: str) -> None:
        if who in self.job:
            self.run(self._ended(who, self.job.pop(who)))

    async def _ended(self, who: str, job: Job) -> None:
        over = job.model_copy(update={"state": JobState.done, "head_commit": "1", "finished_at": self.deps.now()})
        async with self.deps.store.writing() as tx:
            await tx.put(over)
            await tx.record(NewEvent(kind=EventKind.job_done, project_id=job.project_id, session_id=who, text=job.id))
            await record_edits(tx, self.deps, over, await tx.session(who), self._of_job(who))
            await free_job(tx, self.deps, over)

    @rule(who=st.sampled_from(WHO))
    def it_is_killed(self, who: str) -> None:
        async def kill(job: Job) -> Job:
            over = job.model_copy(update={"state": JobState.failed, "finished_at": self.deps.now()})
            async with self.deps.store.writing() as tx:
                await tx.put(over)
                await tx.record(NewEvent(kind=EventKind.job_failed, project_id=job.project_id, session_id=who, text=job.id))
            return over

        if who in self.job:
            self.broke[who] = self.run(kill(self.job.pop(who)))
            self.work[who].permits.clear()

    def _of_job(self, who: str) -> Changed:
        work = self.work[who]
        changed = Changed(tuple(work.changed), {id_: frozenset(since) for id_, since in work.after.items()})
        work.changed = {}
        work.permits.clear()
        return changed

    # What the world does

    @rule(minutes=st.sampled_from([1, 6, 11, 60, -5, -90]))
    def the_clock_jumps(self, minutes: int) -> None:
        self.skew += timedelta(minutes=minutes)

    @rule()
    def the_engine_looks_for_what_is_due(self) -> None:
        self.run(sweep(self.deps))
        assert grantable(self._open_leases()) == [], "what is free waits for nobody to notice"

    @rule()
    def the_engine_is_started_again(self) -> None:
        self.run(self.deps.store.close())
        self.open()

    # What must hold

    @invariant()
    def never_two_exclusive_holders(self) -> None:
        if not hasattr(self, "deps"):
            return
        self._look_at_grants()
        open_leases = self._open_leases()
        held = [lease for lease in open_leases if lease.state is LeaseState.held]
        assert not [(a.id, b.id) for a in held for b in held if a.id < b.id and contend(a, b)]
        waits = {lease.session_id for lease in open_leases if lease.state is LeaseState.queued}
        assert not waits & {lease.session_id for lease in held}, "who waits holds nothing: so nobody waits in a circle"

    @precondition(lambda self: hasattr(self, "deps"))
    @rule(who=st.sampled_from(WHO))
    def its_work_lands(self, who: str) -> None:
        """What passes the gate was written before anybody else was granted it after the writer's own last grant."""

        async def passes(file: str) -> bool:
            async with self.deps.store.reading() as store:
                return await held_back(store, self.deps, await store.session(who), [file]) == []

        self._look_at_grants()
        for file, wrote in self.work[who].writes.items():
            if not self.run(passes(file)):
                continue
            mine = [at for at, lease in self.grants if lease.session_id == who and lease.exclusive and self._covers(lease, file)]
            assert mine, f"{who} landed {file} and never had it"
            since = [
                lease.id for at, lease in self.grants if lease.session_id != who and mine[-1] < at < wrote and self._of(lease, file)
            ]
            assert since == [], f"{who} landed {file}, written after {since} was granted"

    def _covers(self, lease: Lease, file: str) -> bool:
        return any(covers(pattern, file) for pattern in lease.patterns)

    def _of(self, lease: Lease, file: str) -> bool:
        return any(overlap(pattern, file) for pattern in lease.patterns)

    def _look_at_grants(self) -> None:
        """Note grants in the order in which they were made, as they show up: before any write that comes after them."""

        async def fresh() -> list[Lease]:
            async with self.deps.store.reading() as store:
                every = await store.leases(self.deps.project.id)
            return sorted((lease for lease in every if lease.fence and lease.id not in self.seen), key=lambda lease: lease.fence)

        for lease in self.run(fresh()):
            self.count += 1
            self.seen.add(lease.id)
            self.grants.append((self.count, lease))

    def _open_leases(self) -> list[Lease]:
        async def every() -> list[Lease]:
            async with self.deps.store.reading() as store:
                return await store.leases(self.deps.project.id, states=OPEN_LEASES)

        return self.run(every())

    def _refusable(self, work: Coroutine[Any, Any, None]) -> None:
        with suppress(Refused):
            self.run(work)


Leases.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
TestLeases = Leases.TestCase
