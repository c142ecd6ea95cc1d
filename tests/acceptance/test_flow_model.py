"""Random workflows, steered and killed at random, against a model of what a workflow means that fits on a page."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import OnComplete, OnFailure, Workflow
from orchestrator.nouns.work import Goal, GoalState, TaskType
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.workflow.tasks import tasks_of_workflow
from tests.flow import stage
from tests.forked import Forks, forks
from tests.line import register, write_project
from tests.model_scenario import IDS, SCRIPT

T = TypeVar("T")
POINTS = (
    "node advance", "node spawn", "node enhance", "node dispatch", "node absorb", "node check", "node integrate", "node reply",
    "written job.queued", "written job.starting", "written job.running", "written job.done", "written job.failed",
    "written handoff.made", "written task.done", "written task.failed", "written task.sent_back", "written task.skipped",
    "written session.created", "written session.called", "written goal.landed", "git worktree add", "git commit", "git merge",
    "handed over job.done", "handed over job.queued", "agent finished", "agent did",
)  # fmt: skip


@dataclass
class Stage:
    """What the model knows of a stage."""

    kind: str  # make, judge, break
    needs: tuple[str, ...]
    on_failure: OnFailure
    state: str = "waiting"
    runs: int = 0


@dataclass
class Model:
    """The stages in an order in which predecessors come first, and whether all was called off."""

    stages: dict[str, Stage] = field(default_factory=dict)
    cancelled: bool = False

    def settle(self) -> None:
        """Run everything that can run."""
        while not self.cancelled:
            turn = next((id_ for id_, s in self.stages.items() if s.state == "waiting" and self._may(s)), None)
            if turn is None:
                return
            self._run(turn, self.stages[turn])

    def _may(self, stage: Stage) -> bool:
        before = [self.stages[id_].state for id_ in stage.needs]
        if not all(state in {"done", "failed", "skipped"} for state in before):
            return False
        if "failed" in before and stage.on_failure is OnFailure.cancel:
            self.cancelled = True
        return "failed" not in before or stage.on_failure is OnFailure.proceed

    def _run(self, id_: str, stage: Stage) -> None:
        stage.runs += 1
        stage.state = "failed" if stage.kind == "break" else "done"
        if stage.kind == "judge" and self.stages[stage.needs[0]].runs < 2:
            stage.state = self.stages[stage.needs[0]].state = "waiting"

    def retry(self, id_: str) -> None:
        if self.stages[id_].state == "waiting":
            return
        self.cancelled = False
        behind = {id_}
        for other, known in self.stages.items():
            if behind & set(known.needs):
                behind.add(other)
        for other in behind:
            if other == id_ or self.stages[other].state in {"done", "skipped"}:
                self.stages[other].state = "waiting"

    def skip(self, id_: str) -> None:
        if self.stages[id_].state in {"waiting", "failed"}:
            self.stages[id_].state = "skipped"
            self.cancelled = False


@st.composite
def dags(draw: st.DrawFn) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    for id_ in IDS[: draw(st.integers(2, 5))]:
        makers = [i for i, s in stages.items() if s.kind == "make"]
        kind = draw(st.sampled_from(["make", "make", "break", *(["judge"] if makers else [])]))
        known = list(stages)
        needs = (draw(st.sampled_from(makers)),) if kind == "judge" else tuple(draw(st.sets(st.sampled_from(known))) if known else ())
        stages[id_] = Stage(kind, tuple(sorted(needs)), draw(st.sampled_from(OnFailure)))
    return stages


class Workflows(RuleBasedStateMachine):
    """Every rule acts on the real thing and on the model; they are compared whenever the real one has come to rest."""

    server: Forks

    def __init__(self) -> None:
        super().__init__()
        self._scratch = tempfile.TemporaryDirectory(prefix="televibe-model-")
        self.directory = Path(self._scratch.name)
        self.model = Model()
        self.settled = False

    def teardown(self) -> None:
        self._scratch.cleanup()

    @initialize(dag=dags())
    def begin(self, dag: dict[str, Stage]) -> None:
        self.model.stages = dag
        go(self._begin(dag))

    @rule(point=st.sampled_from(POINTS), count=st.integers(1, 4))
    def run_and_kill(self, point: str, count: int) -> None:
        status = go(self.server.run(self.directory, at=f"{point}#{count}"))
        assert status in {0, -9}, (self.directory / "child.txt").read_text()
        self.settled = status == 0
        if self.settled:
            self.model.settle()

    @rule()
    def run(self) -> None:
        assert go(self.server.run(self.directory)) == 0, (self.directory / "child.txt").read_text()
        self.settled = True
        self.model.settle()

    @precondition(lambda self: self.settled)
    @rule(place=st.integers(0, 4), kind=st.sampled_from([EventKind.task_retry_requested, EventKind.task_skip_requested]))
    def steer(self, place: int, kind: EventKind) -> None:
        id_ = list(self.model.stages)[place % len(self.model.stages)]
        if self.finished:
            return  # the commands refuse it
        go(self._record(kind, id_))
        if kind is EventKind.task_retry_requested:
            self.model.retry(id_)
        else:
            self.model.skip(id_)
        self.settled = False

    @property
    def finished(self) -> bool:
        stages = self.model.stages.values()
        without = {id_ for s in stages if s.state == "done" and s.on_failure is OnFailure.proceed for id_ in s.needs}
        well = {"done", "skipped"}
        return not self.model.cancelled and all(
            s.state in well or (s.state == "failed" and i in without) for i, s in self.model.stages.items()
        )

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        if self.settled:
            go(self._compare())

    async def _begin(self, dag: dict[str, Stage]) -> None:
        repo = write_project(self.directory, SCRIPT, "handoff_checks: false\n")
        home = Home(self.directory / "home").ready()
        project = await register(home, repo)
        base = subprocess.run(["git", "rev-parse", "main"], cwd=repo, capture_output=True, text=True, check=True).stdout.strip()
        now = datetime.now(UTC)
        types = {"make": TaskType.implement, "judge": TaskType.review, "break": TaskType.implement}
        needed = {id_ for s in dag.values() for id_ in s.needs}
        store = await open_store(home.database_url)
        async with store.writing() as tx:
            goal = Goal(
                id="G1", project_id=project.id, text="a workflow", state=GoalState.working, agent="scripted", workflow="random",
                base_commit=base, created_at=now, updated_at=now,
            )  # fmt: skip
            stages = [
                stage(
                    id_, types[s.kind], *s.needs, on_failure=s.on_failure, retries=0, rounds=20,
                    rework=s.needs[0] if s.kind == "judge" else None,
                    on_complete=OnComplete.handoff if id_ in needed else OnComplete.merge,
                    instruction=f"{s.kind.capitalize()} {s.needs[0] if s.kind == 'judge' else id_}",
                )
                for id_, s in dag.items()
            ]  # fmt: skip
            tasks = tasks_of_workflow(Workflow(name="random", stages=tuple(stages)), goal.id, role_table(), {})
            await tx.put(goal, *tasks)
            await tx.record(NewEvent(kind=EventKind.workflow_started, project_id=project.id, goal_id="G1", text="started"))
        await store.close()

    async def _record(self, kind: EventKind, task_id: str) -> None:
        store = await open_store(Home(self.directory / "home").database_url)
        async with store.writing() as tx:
            goal = await tx.goal("G1")
            await tx.record(NewEvent(kind=kind, project_id=goal.project_id, goal_id="G1", task_id=task_id, text=kind.value))
        await store.close()

    async def _compare(self) -> None:
        store = await open_store(Home(self.directory / "home").database_url)
        async with store.reading() as view:
            goal = await view.goal("G1")
            tasks = {t.id: t for t in await view.tasks("G1")}
            jobs = await view.jobs(goal_id="G1")
            events = await view.events()
        await store.close()
        assert {id_: t.state.value for id_, t in tasks.items()} == {id_: s.state for id_, s in self.model.stages.items()}
        runs = Counter(job.task_id for job in jobs)
        assert dict(runs) == {id_: s.runs for id_, s in self.model.stages.items() if s.runs}, "each instruction once"
        assert [e.id for e in events] == list(range(1, len(events) + 1)), "the log has no gap"
        if self.model.cancelled:
            assert goal.state is GoalState.stopped
        elif self.finished:
            assert goal.state in {GoalState.landed, GoalState.finished}
            self._compare_main()
        else:
            assert goal.state is GoalState.blocked

    def _compare_main(self) -> None:
        """Every line that a stage was to write is on main once, if what it made was handed on to something that landed."""
        asked = ["git", "grep", "-c", "", "main", "--", "made"]
        found = subprocess.run(asked, cwd=self.directory / "repo", capture_output=True, text=True, check=False).stdout
        lines = {Path(name).stem: int(count) for _, name, count in (row.split(":") for row in found.splitlines())}
        made = {id_: s.runs for id_, s in self.model.stages.items() if s.kind == "make" and s.state == "done"}
        assert lines == {id_: runs for id_, runs in made.items() if id_ in lines}
        assert set(lines) >= {id_ for id_ in made if not any(id_ in s.needs for s in self.model.stages.values())}


_loop = asyncio.new_event_loop()


def go(work: Coroutine[Any, Any, T]) -> T:
    return _loop.run_until_complete(work)


def test_workflows_are_as_the_model_says_wherever_they_are_killed() -> None:
    server = forks("tests.model_scenario")
    Workflows.server = go(server.__aenter__())
    try:
        run_state_machine_as_test(
            Workflows,
            settings=settings(
                max_examples=5,
                stateful_step_count=6,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            ),
        )
    finally:
        go(server.__aexit__(None, None, None))
