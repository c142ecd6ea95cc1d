"""Advance: whose turn it is, and whether a goal is still under way, done, or stuck."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from orchestrator.nouns.work import Task, TaskState


class Progress(StrEnum):
    """How a goal's tasks stand."""

    working = "working"  # a job is out, or a task has its turn
    done = "done"  # every task that was not dropped is done
    stuck = "stuck"  # nothing is out, and what is left waits for something that failed or for the user


def ready(tasks: Sequence[Task]) -> list[Task]:
    """Waiting tasks whose predecessors are all done; a dropped predecessor is no obstacle."""
    over = {t.id for t in tasks if t.state in {TaskState.done, TaskState.dropped}}
    return [t for t in tasks if t.state is TaskState.waiting and over.issuperset(t.depends_on)]


def progress(tasks: Sequence[Task]) -> Progress:
    """Where the tasks stand altogether."""
    states = {t.state for t in tasks}
    if TaskState.dispatched in states or ready(tasks):
        return Progress.working
    return Progress.done if states <= {TaskState.done, TaskState.dropped} else Progress.stuck
