"""What a user says at the plan card: yes, no, or an edit in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.nouns.errors import UsageError
from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Task, TaskState, TaskType
from orchestrator.verbs.classify import classify
from orchestrator.verbs.grammar import one
from orchestrator.verbs.plan import JUDGING
from orchestrator.verbs.roles import role_for

EXAMPLES = (
    'e.g. "drop task 2", "use S12 for the tests", "new session for 3", "task 3 after task 1", "2 and 3 side by side", '
    '"add task: write docs"'
)
YES = frozenset("y yes ok okay go approve approved sure yep ja fine do-it do it looks good lgtm ship it".split()) - {"it", "do"}
NO = frozenset("n no deny denied cancel stop abort nope reject nein never".split())


@dataclass(frozen=True)
class Approve:
    """Do it."""


@dataclass(frozen=True)
class Deny:
    """Leave it."""


@dataclass(frozen=True)
class Edit:
    """Change the plan first."""

    text: str


@dataclass(frozen=True)
class Edited:
    """The plan after an edit, and what was done, in words."""

    tasks: tuple[Task, ...]
    done: tuple[str, ...]


def answer_of(text: str) -> Approve | Deny | Edit:
    """What the user's line means."""
    plain = re.sub(r"[^\w\s']", " ", text.lower()).split()
    if " ".join(plain) in {"looks good", "do it", "ship it", "go ahead", "sounds good"} or (plain and set(plain) <= YES):
        return Approve()
    if plain and set(plain) <= NO:
        return Deny()
    return Edit(text.strip())


def edit(tasks: Sequence[Task], text: str, session_ids: Collection[str], roles: Mapping[str, Role]) -> Edited:
    """Carry out every edit in ``text``; ``UsageError`` with examples when one is not understood, and nothing is changed."""
    current, done = list(tasks), []
    for piece in _pieces(text):
        for pattern, carry_out in _EDITS:
            match = re.fullmatch(pattern, piece, re.IGNORECASE)
            if match:
                current, said = carry_out(current, match, session_ids, roles)
                done.append(said)
                break
        else:
            raise UsageError(f"{piece[:80]!r} is not understood as a change of the plan", EXAMPLES)
    if not any(t.state is TaskState.waiting for t in current):
        raise UsageError("that leaves nothing to do", 'say "no" to deny the plan')
    return Edited(tuple(_still_back(current, task) for task in current), tuple(done))


def _still_back(tasks: Sequence[Task], task: Task) -> Task:
    """A task that sends work back to one that does not come before it any more, or changed its kind, sends none."""
    live = {t.id for t in tasks if t.state is not TaskState.dropped}
    fits = task.type in JUDGING and task.rework in live and task.rework in ancestors(tasks, task)
    return task if not task.rework or fits else task.model_copy(update={"rework": ""})


def _pieces(text: str) -> list[str]:
    if re.match(r"\s*(?:change|set|add)\b.*:", text, re.I):
        return [text.strip()]
    return [
        p.strip(" .")
        for p in re.split(r"[;\n]|,\s*(?:and\s+)?(?=[a-z])|\s+and\s+(?=(?:drop|remove|use|make|add)\b)", text)
        if p.strip(" .")
    ]


Carry = Callable[[list[Task], "re.Match[str]", Collection[str], Mapping[str, Role]], tuple[list[Task], str]]


def _find(tasks: Sequence[Task], named: str) -> Task:
    """The task that ``2``, ``T2``, ``the tests`` or ``review`` names."""
    words = named.lower().strip().removeprefix("task").removeprefix("the").strip()
    number = re.fullmatch(r"t?(\d+)", words)
    live = [t for t in tasks if t.state is TaskState.waiting]
    if number:
        found = [t for t in live if t.id == f"T{number[1]}"]
    else:
        stem = re.sub(r"(?:ing|s|er)$", "", words)
        found = [t for t in live if t.type.value.startswith(stem[:6]) or t.role.startswith(stem)] if len(stem) > 2 else []
        found = found or [t for t in live if words and words in t.title.lower()]
    if len(found) != 1:
        said = "no task is" if not found else f"{', '.join(t.id for t in found)} are all"
        raise UsageError(f"{said} meant by {named.strip()!r}", f"name one of {', '.join(t.id for t in live)}")
    return found[0]


def _with(tasks: list[Task], new: Task) -> list[Task]:
    return [new if t.id == new.id else t for t in tasks]


def _drop(tasks: list[Task], match: re.Match[str], _: Collection[str], __: Mapping[str, Role]) -> tuple[list[Task], str]:
    gone = _find(tasks, match[1])
    after = []
    for task in tasks:
        if task.id == gone.id:
            after.append(task.model_copy(update={"state": TaskState.dropped}))
        elif gone.id in task.depends_on:
            inherited = dict.fromkeys((*(d for d in task.depends_on if d != gone.id), *gone.depends_on))
            after.append(task.model_copy(update={"depends_on": tuple(inherited)}))
        else:
            after.append(task)
    return after, f"{gone.id} was dropped"


def _use(tasks: list[Task], match: re.Match[str], ids: Collection[str], _: Mapping[str, Role]) -> tuple[list[Task], str]:
    session, task = match["session"].upper(), _find(tasks, match["task"])
    if session not in ids:
        raise UsageError(f"no live session {session}", f"live sessions: {', '.join(ids) or 'none'}")
    chosen = {"session_id": session, "pinned": True, "route_reason": "you chose it", "route_confidence": 1.0}
    return _with(tasks, task.model_copy(update=chosen)), f"{task.id} goes to {session}"


def _fresh(tasks: list[Task], match: re.Match[str], _: Collection[str], __: Mapping[str, Role]) -> tuple[list[Task], str]:
    task = _find(tasks, match[1])
    new = {"session_id": None, "pinned": False, "route_reason": "you asked for a new session"}
    return _with(tasks, task.model_copy(update=new)), f"{task.id} gets a new session"


def _after(tasks: list[Task], match: re.Match[str], _: Collection[str], __: Mapping[str, Role]) -> tuple[list[Task], str]:
    task, before = _find(tasks, match[1]), _find(tasks, match[2])
    if task.id == before.id or task.id in ancestors(tasks, before):
        raise UsageError(f"{before.id} waits for {task.id} already", "that would be a circle")
    own = tuple(seen for seen in task.foreseen if seen.other != before.id)  # it is the user's order from now on
    linked = task.model_copy(update={"depends_on": tuple(dict.fromkeys((*task.depends_on, before.id))), "foreseen": own})
    return _with(tasks, linked), f"{task.id} waits for {before.id}"


def _parallel(tasks: list[Task], match: re.Match[str], _: Collection[str], __: Mapping[str, Role]) -> tuple[list[Task], str]:
    a, b = _find(tasks, match[1]), _find(tasks, match[2])
    for task, other in ((a, b), (b, a)):
        apart = {
            "depends_on": tuple(d for d in task.depends_on if d != other.id),
            "foreseen": tuple(seen for seen in task.foreseen if seen.other != other.id),
            "beside": tuple(dict.fromkeys((*task.beside, other.id))),
        }
        tasks = _with(tasks, task.model_copy(update=apart))
    return tasks, f"{a.id} and {b.id} run in parallel"


def _retype(tasks: list[Task], match: re.Match[str], _: Collection[str], roles: Mapping[str, Role]) -> tuple[list[Task], str]:
    task, kind = _find(tasks, match[1]), TaskType(match[2].lower())
    new = {"type": kind, "role": role_for(kind, roles), "session_id": task.session_id if task.pinned else None}
    return _with(tasks, task.model_copy(update=new)), f"{task.id} is {one(kind.value)} now"


def _rewrite(tasks: list[Task], match: re.Match[str], _: Collection[str], __: Mapping[str, Role]) -> tuple[list[Task], str]:
    task, text = _find(tasks, match[1]), match[2].strip()
    return _with(tasks, task.model_copy(update={"instruction": text, "title": text[:60]})), f"{task.id} says something else now"


def _add(tasks: list[Task], match: re.Match[str], _: Collection[str], roles: Mapping[str, Role]) -> tuple[list[Task], str]:
    text = match[1].strip()
    kind = classify(text).type
    number = max((int(t.id[1:]) for t in tasks if re.fullmatch(r"T\d+", t.id)), default=0) + 1
    new = Task(
        id=f"T{number}",
        goal_id=tasks[0].goal_id,
        position=max(t.position for t in tasks) + 1,
        title=text[:60],
        instruction=text,
        type=kind,
        role=role_for(kind, roles),
    )
    return [*tasks, new], f"{new.id} was added"


def ancestors(tasks: Sequence[Task], task: Task) -> set[str]:
    """The tasks that have to be over before ``task``, by id."""
    by_id = {t.id: t for t in tasks}
    found: set[str] = set()
    open_ = list(task.depends_on)
    while open_:
        id_ = open_.pop()
        if id_ not in found:
            found.add(id_)
            open_.extend(by_id[id_].depends_on if id_ in by_id else ())
    return found


_TYPES = "|".join(t.value for t in TaskType)
_EDITS: tuple[tuple[str, Carry], ...] = (
    (r"(?:drop|remove|delete|skip|without|leave out)\s+(.+)", _drop),
    (r"(?:use|give|put|take)\s+(?P<session>s\d+)\s+(?:for|on|to|as)\s+(?P<task>.+)", _use),
    (r"(?P<session>s\d+)\s+(?:for|on|does|takes)\s+(?P<task>.+)", _use),
    (r"(?:give|assign)\s+(?P<task>.+?)\s+to\s+(?P<session>s\d+)", _use),
    (r"(?:a\s+)?new session (?:for|on)\s+(.+)", _fresh),
    (r"(?:(?:run|do|start)\s+)?(.+?)\s+and\s+(.+?)\s+(?:in parallel|side by side|beside each other)", _parallel),
    (r"(?:run|do|start)?\s*(.+?)\s+(?:after|waits? for|depends on)\s+(.+)", _after),
    (rf"make\s+(.+?)\s+an?\s+({_TYPES})(?: task)?", _retype),
    (r"(?:change|set)\s+(.+?)\s+(?:to)?\s*:\s*(.+)", _rewrite),
    (r"add(?: a)? task\s*:?\s+(.+)", _add),
)
