"""Advance: whose turn it is, who is skipped, what lands by itself, and whether a goal is under way, done, or stuck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from orchestrator.nouns.flow import OnComplete, OnFailure, Outcome, Verdict
from orchestrator.nouns.work import Task, TaskState


class Progress(StrEnum):
    """How a goal's tasks stand."""

    working = "working"  # a job is out, or something has its turn
    done = "done"  # every task is over, and what failed was dealt with
    stuck = "stuck"  # nothing is out, and what is left waits for something that failed or for the user


@dataclass(frozen=True)
class Turn:
    """What is to happen now. ``skipped`` has the reason beside each task."""

    ready: tuple[Task, ...]
    skipped: tuple[tuple[Task, str], ...]
    landing: tuple[Task, ...]  # done, and their work has to be on the default branch before others go on
    cancelled: str  # why the whole is to be stopped; empty: it is not
    progress: Progress


class _Look(StrEnum):
    waits = "waits"
    ready = "ready"
    skip = "skip"
    cancel = "cancel"


def turn(tasks: Sequence[Task]) -> Turn:
    """Look at every waiting task; what is skipped may give others their turn at once."""
    known = {task.id: task for task in tasks}
    followed = {before for task in tasks for before in task.depends_on if not task.state.over}
    skipped: list[tuple[Task, str]] = []
    while newly := [(t, why) for t in known.values() for look, why in [_look(t, known)] if look is _Look.skip]:
        skipped += newly
        known |= {task.id: task.model_copy(update={"state": TaskState.skipped}) for task, _ in newly}
    looks = {id_: _look(task, known) for id_, task in known.items()}
    ready = tuple(known[id_] for id_, (look, _) in looks.items() if look is _Look.ready)
    landing = tuple(t for t in known.values() if lands_by_itself(t) and not t.landed_commit and t.id in followed)
    cancelled = next((why for look, why in looks.values() if look is _Look.cancel), "")
    return Turn(ready, tuple(skipped), landing, cancelled, _progress(known, bool(ready or landing)))


def near_turn(near: Sequence[Task], ended: str, *, others_out: bool) -> Turn | None:
    """The turn of those behind one task that is done. ``near``: it, those that need it, and all that these need. None when the
    whole has to be looked at: somebody is skipped, something lands or is cancelled, or nothing is left that runs."""
    known = {task.id: task for task in near}
    if ended not in known or known[ended].state is not TaskState.done or lands_by_itself(known[ended]):
        return None
    behind = [t for t in near if ended in t.depends_on or ended in t.when]
    looks = [(task, _look(task, known)[0]) for task in behind]
    ready = tuple(task for task, look in looks if look is _Look.ready)
    if any(look in {_Look.skip, _Look.cancel} for _, look in looks) or not (ready or others_out):
        return None
    return Turn(ready, (), (), "", Progress.working)


def to_land(tasks: Sequence[Task]) -> list[Task]:
    """Whose work lands when all is done: what says so and has not yet, and what nobody took over because those who were to were
    skipped; of a plan in which nothing says so, everything."""
    done = [task for task in tasks if task.state is TaskState.done and task.on_complete is not OnComplete.notify]
    if not any(task.on_complete is OnComplete.merge for task in tasks):
        return done
    taken = {before for task in tasks if task.state is TaskState.done for before in task.depends_on}
    return [t for t in done if (not t.landed_commit if t.on_complete is OnComplete.merge else t.id not in taken)]


def lands_by_itself(task: Task) -> bool:
    """Done, and to be merged; whether it must be at once depends on who waits for it."""
    return task.state is TaskState.done and task.on_complete is OnComplete.merge


def ended_in(task: Task, outcome: Outcome) -> bool:
    """Whether the task ended in this way."""
    done = task.state is TaskState.done
    match outcome:
        case Outcome.done:
            return done
        case Outcome.approved:
            return done and task.verdict in {None, Verdict.approved}
        case Outcome.changes_wanted:
            return done and task.verdict is Verdict.changes_wanted
        case Outcome.failed:
            return task.state is TaskState.failed
        case Outcome.skipped:
            return task.state in {TaskState.skipped, TaskState.dropped}
        case never:
            assert_never(never)


def _look(task: Task, known: Mapping[str, Task]) -> tuple[_Look, str]:
    if task.state is not TaskState.waiting:
        return _Look.waits, ""
    before = [known[id_] for id_ in dict.fromkeys((*task.depends_on, *task.when)) if id_ in known]
    if any(not t.state.over or (lands_by_itself(t) and not t.landed_commit) for t in before):
        return _Look.waits, ""
    failed = [t for t in before if t.state is TaskState.failed and Outcome.failed not in task.when.get(t.id, ())]
    if failed:
        return _after_failure(task, failed)
    for id_, outcomes in task.when.items():
        if id_ in known and not any(ended_in(known[id_], outcome) for outcome in outcomes):
            return _Look.skip, f"{id_} {_ending(known[id_])}, not {' or '.join(outcomes).replace('_', ' ')}"
    return _Look.ready, ""


def _after_failure(task: Task, failed: Sequence[Task]) -> tuple[_Look, str]:
    names = ", ".join(t.id for t in failed)
    match task.on_failure:
        case OnFailure.wait:
            return _Look.waits, ""
        case OnFailure.proceed:
            return _Look.ready, ""
        case OnFailure.cancel:
            return _Look.cancel, f"{names} failed, and {task.id} says: on_failure: cancel"
        case never:
            assert_never(never)


def _ending(task: Task) -> str:
    if task.state is TaskState.done and task.verdict is not None:
        return {"approved": "approved", "changes_wanted": "wants changes", "refused": "refused"}[task.verdict.value]
    return {TaskState.done: "is done", TaskState.failed: "failed"}.get(task.state, "was skipped")


def _progress(known: Mapping[str, Task], something: bool) -> Progress:
    tasks = known.values()
    if something or any(t.state is TaskState.dispatched for t in tasks):
        return Progress.working
    if all(t.state.over for t in tasks) and not any(t.state is TaskState.failed and not dealt_with(t, tasks) for t in tasks):
        return Progress.done
    return Progress.stuck


def dealt_with(failed: Task, tasks: Iterable[Task]) -> bool:
    """Whether a task that is done went on without it, or was there for the case."""
    for task in tasks:
        without = task.on_failure is OnFailure.proceed and failed.id in task.depends_on
        if task.state is TaskState.done and (without or Outcome.failed in task.when.get(failed.id, ())):
            return True
    return False
