"""Rework: work that goes back, to whom, and what is done once more because of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Task, TaskState
from orchestrator.verbs.rights import may_change

BEGUN = frozenset({TaskState.dispatched, TaskState.asking, TaskState.done})


def again(tasks: Sequence[Task], targets: Collection[str], upto: str, feedback: str) -> list[Task]:
    """The tasks that wait for their turn once more: the targets, ``upto``, and what lies between them."""
    behind, ahead = descendants(tasks, targets), ancestors(tasks, upto)
    between = set(targets) | {upto} | (behind & ahead)
    return [
        anew(task).model_copy(update={"feedback": feedback if task.id in targets else ""})
        for task in tasks
        if task.id in between and task.state is not TaskState.dropped
    ]


def anew(task: Task, live: Collection[str] | None = None) -> Task:
    """The task as if it had not been tried. With a session that is not among the ``live`` ones any more, it gets another."""
    fresh: dict[str, object] = {"state": TaskState.waiting, "attempts": 0, "verdict": None, "landed_commit": ""}
    if live is not None and task.session_id not in live:
        fresh |= {"session_id": None, "pinned": False}
    return task.model_copy(update=fresh)


def gone_without(tasks: Sequence[Task], failed: Task) -> bool:
    """Whether all that needed the failed task has begun without it. Tried again, its work would come too late for anybody to take."""
    needing = [t for t in tasks if failed.id in t.depends_on or failed.id in t.when]
    return bool(needing) and all(t.state in BEGUN for t in needing)


def givers(tasks: Sequence[Task], receiver: Task, roles: Mapping[str, Role]) -> list[str]:
    """Who can mend what was handed to ``receiver``: its nearest predecessors that were done and may change files."""
    known, found, open_, seen = {t.id: t for t in tasks}, [], list(receiver.depends_on), set[str]()
    while open_:
        id_ = open_.pop(0)
        if id_ in seen or id_ not in known:
            continue
        seen.add(id_)
        role = roles.get(known[id_].role)
        if known[id_].state is TaskState.done and role is not None and may_change(role):
            found.append(id_)
        else:
            open_ += known[id_].depends_on
    return found


def descendants(tasks: Sequence[Task], of: Collection[str]) -> set[str]:
    """Everything that needs one of them, at however many removes."""
    found: set[str] = set()
    while newly := {t.id for t in tasks if t.id not in found and (set(t.depends_on) | set(t.when)) & (found | set(of))}:
        found |= newly
    return found


def ancestors(tasks: Sequence[Task], of: str) -> set[str]:
    """Everything that ``of`` needs, at however many removes."""
    known, found, open_ = {t.id: t for t in tasks}, set[str](), [of]
    while open_:
        task = known.get(open_.pop())
        newly = (set(task.depends_on) | set(task.when)) - found if task else set()
        found |= newly
        open_ += newly
    return found
