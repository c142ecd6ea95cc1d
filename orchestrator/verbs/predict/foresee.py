"""Foresee: which tasks of a plan will probably collide when they are done beside each other; one of two then waits for the other.

Tasks that are ordered already, that go to one session or that change nothing are left as they are; so are two that the user wants
beside each other. The most probable collision is settled first: the order that it makes often settles others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Foreseen, Task, TaskState
from orchestrator.verbs.edit_plan import ancestors
from orchestrator.verbs.predict.chance import ConflictWeights, Work, of_work
from orchestrator.verbs.rights import may_change

FILES_TOLD = 3


def in_order(tasks: Sequence[Task], weights: ConflictWeights, above: float, roles: Mapping[str, Role]) -> list[Task]:
    """The tasks, those that would collide with a chance of ``above`` or more one after the other. Orders that were made so before
    are made anew; what has begun is left alone."""
    current = [_without(task) for task in tasks]
    open_ = [task for task in current if task.state is TaskState.waiting and _changes(task, roles)]
    risky = []
    for a, b in combinations(sorted(open_, key=lambda task: task.position), 2):
        if a.session_id is not None and a.session_id == b.session_id:
            continue
        chance = of_work(weights, work_of(a), work_of(b))
        if chance >= above and b.id not in a.beside and a.id not in b.beside:
            risky.append((chance, a, b))
    for chance, first, second in sorted(risky, key=lambda found: (-found[0], found[1].position, found[2].position)):
        here = {task.id: task for task in current}
        if first.id in ancestors(current, here[second.id]) or second.id in ancestors(current, here[first.id]):
            continue
        waits = here[second.id]
        seen = Foreseen(other=first.id, chance=round(chance, 2), files=shared(first.files, second.files), ordered=True)
        after = {"depends_on": (*waits.depends_on, first.id), "foreseen": (*waits.foreseen, seen)}
        current = [waits.model_copy(update=after) if task.id == waits.id else task for task in current]
    return current


def beside_live(
    tasks: Sequence[Task], live: Mapping[str, Work], weights: ConflictWeights, above: float, roles: Mapping[str, Role]
) -> list[Task]:
    """The tasks, each with the live sessions (by id) that it will probably collide with. Nothing waits for that."""
    told = []
    for task in tasks:
        found = []
        if task.state is TaskState.waiting and _changes(task, roles):
            for session, work in live.items():
                chance = of_work(weights, work_of(task), work)
                if session != task.session_id and chance >= above:
                    found.append(Foreseen(other=session, chance=round(chance, 2), files=shared(task.files, work.files)))
        found.sort(key=lambda seen: -seen.chance)
        told.append(task.model_copy(update={"foreseen": (*(s for s in task.foreseen if s.ordered), *found)}))
    return told


def work_of(task: Task) -> Work:
    """A task as prediction looks at it."""
    return Work(text=task.instruction, files=task.files)


def why(seen: Foreseen, *, whom: str) -> str:
    """The reason, in words: ``both will probably touch src/cart.py (0.81)``. ``whom``: who they are, ``both`` or the like."""
    more = f" and {len(seen.files) - FILES_TOLD} more" if len(seen.files) > FILES_TOLD else ""
    about = f"will probably touch {', '.join(seen.files[:FILES_TOLD])}{more}" if seen.files else "are about much the same"
    return f"{whom} {about} ({seen.chance:.2f})"


def shared(a: Sequence[str], b: Sequence[str]) -> tuple[str, ...]:
    """The files of both, in the order of the first: the likeliest stands first."""
    return tuple(path for path in a if path in set(b))


def _changes(task: Task, roles: Mapping[str, Role]) -> bool:
    role = roles.get(task.role)
    return role is None or may_change(role)


def _without(task: Task) -> Task:
    """The task without the orders that were made here, as long as it has not begun."""
    if task.state is not TaskState.waiting:
        return task
    ours = {seen.other for seen in task.foreseen if seen.ordered}
    return task.model_copy(update={"depends_on": tuple(d for d in task.depends_on if d not in ours), "foreseen": ()})
