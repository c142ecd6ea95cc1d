"""Plan: a goal becomes tasks with dependencies. Deterministic, and the check that every plan, the model's too, has to pass."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from orchestrator.nouns.deciding import PlanDraft, TaskDraft
from orchestrator.nouns.session import Role
from orchestrator.nouns.work import Task, TaskType
from orchestrator.verbs.classify import classify
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.roles import role_for
from orchestrator.verbs.split import clauses
from orchestrator.verbs.words import words

MOST_TASKS = 30
FILES_PER_TASK = 6
TITLE_CHARS = 60

CLOSING = (TaskType.integrate, TaskType.review, TaskType.security, TaskType.test, TaskType.docs)
"""Work about other work, in the order in which it is done when nothing else is said."""

JUDGING = frozenset({TaskType.review, TaskType.security})
"""Work that says whether other work is good enough, and may send it back."""

MADE = frozenset(
    {
        TaskType.implement,
        TaskType.fix,
        TaskType.refactor,
        TaskType.perf,
        TaskType.chore,
        TaskType.docs,
        TaskType.test,
        TaskType.integrate,
    }
)
"""Work that can be done once more because of what somebody says about it."""

_ABOUT_IT = re.compile(r"^\s*\w+(?:\s+(?:it|them|that|this|everything|all|the (?:result|changes?|code|whole thing)))?\s*$", re.I)
_NEEDS = re.compile(r"\b(?:requires?|requiring|needs?|uses?|using|depends? on|based on|on top of|with the|once|after)\b", re.I)
_VERB = re.compile(r"^\s*(?:add|implement|create|build|introduce|support|write|make|let|allow|enable)\s+(?:an?|the)?\s*", re.I)


def plan(goal: str, files: Sequence[str], roles: Mapping[str, Role]) -> PlanDraft:
    """Split ``goal``; order what depends on what; guess the files. Confidence says how sure the split is."""
    del roles  # the roles follow from the types; the model may know better
    pieces = clauses(goal) or [goal.strip()]
    types = [classify(piece) for piece in pieces]
    kinds = [t.type for t in types]
    if len(pieces) > 1:
        kinds = [TaskType.implement if k is TaskType.question and "?" not in p else k for k, p in zip(kinds, pieces, strict=True)]
    order = sorted(range(len(pieces)), key=lambda at: (_closes(kinds[at], pieces[at]), at))
    drafts: list[TaskDraft] = []
    for place, at in enumerate(order):
        before = [(drafts[i], pieces[order[i]]) for i in range(place)]
        after = tuple(_depends(pieces[at], kinds[at], before, goal))
        drafts.append(
            TaskDraft(
                title=_title(pieces[at], kinds[at], goal),
                instruction=goal.strip() if len(pieces) == 1 else _instruction(pieces[at], kinds[at], goal),
                type=kinds[at],
                depends_on=after,
                rework=_rework(kinds[at], after, drafts),
                files=tuple(_likely(pieces[at] if not _ABOUT_IT.match(pieces[at]) else goal, files)),
            )
        )
    sure = min(t.confidence for t in types)
    confidence = round(0.9 if len(pieces) == 1 and sure > 0.6 else max(0.3, min(0.85, 0.45 + 0.5 * sure - 0.03 * len(pieces))), 3)
    return PlanDraft(tasks=tuple(drafts), confidence=confidence, reason=_reason(drafts))


def check_draft(draft: PlanDraft) -> list[str]:
    """What is wrong with a plan, in words; empty when it can be carried out."""
    wrong = []
    if len(draft.tasks) > MOST_TASKS:
        wrong.append(f"{counted(len(draft.tasks), 'task')}; at most {MOST_TASKS}")
    for at, task in enumerate(draft.tasks, start=1):
        if not task.instruction.strip() or not task.title.strip():
            wrong.append(f"task {at} says nothing")
        if any(not 1 <= before < at for before in task.depends_on):
            wrong.append(f"task {at} depends on {list(task.depends_on)}; only earlier tasks can be waited for")
        if task.rework is not None and task.rework not in task.depends_on:
            wrong.append(f"task {at} sends work back to task {task.rework}, which it does not depend on")
    return wrong


def tasks_of(draft: PlanDraft, goal_id: str, roles: Mapping[str, Role]) -> tuple[Task, ...]:
    """The tasks of a checked draft, with ids ``T1`` … and roles."""
    return tuple(
        Task(
            id=f"T{at}",
            goal_id=goal_id,
            position=at,
            title=" ".join(task.title.split())[:TITLE_CHARS],
            instruction=task.instruction,
            type=task.type,
            role=role_for(task.type, roles),
            depends_on=tuple(f"T{before}" for before in sorted(set(task.depends_on))),
            files=task.files,
            rework=f"T{task.rework}" if task.rework else "",
        )
        for at, task in enumerate(draft.tasks, start=1)
    )


def _rework(kind: TaskType, after: Sequence[int], drafts: Sequence[TaskDraft]) -> int | None:
    """Who gets the work back when a review wants changes: whoever made it, if that is one task; of several it is not known which."""
    if kind in JUDGING and len(after) == 1 and drafts[after[0] - 1].type in MADE:
        return after[0]
    return None


def _closes(kind: TaskType, piece: str) -> int:
    """0 for work on its own; later for work about the rest ("review it")."""
    return CLOSING.index(kind) + 1 if kind in CLOSING and _ABOUT_IT.match(piece) else 0


def _depends(piece: str, kind: TaskType, before: Sequence[tuple[TaskDraft, str]], goal: str) -> list[int]:
    """1-based positions of what has to be there first."""
    if _closes(kind, piece):
        same = [i for i, (draft, text) in enumerate(before, 1) if _closes(draft.type, text)]
        return same[-1:] or list(range(1, len(before) + 1))
    if kind in {TaskType.test, TaskType.review, TaskType.security, TaskType.integrate} and before:
        related = [i for i, (_, text) in enumerate(before, 1) if _shares(piece, text)]
        return related or list(range(1, len(before) + 1))
    if _follows(piece, goal):
        return [len(before)] if before else []
    needed = _NEEDS.search(piece)
    if needed is None:
        return []
    about = piece[needed.end() :]
    return [i for i, (draft, text) in enumerate(before, 1) if draft.type not in CLOSING and _shares(about, text)]


def _follows(piece: str, goal: str) -> bool:
    """The goal says "then" (or the like) before this piece."""
    at = goal.find(piece)
    return at > 0 and re.search(r"(?:\bthen|\bafter that|\bafterwards|\bfinally),?\s+$", goal[:at], re.I) is not None


def _shares(a: str, b: str) -> bool:
    return bool(set(words(a)) & set(words(b)))


def _likely(text: str, files: Sequence[str]) -> list[str]:
    """Files whose path shares the most words with the text; the rarer the word among the paths, the more it says."""
    wanted = set(words(text))
    if not wanted:
        return []
    named = {path: set(words(path)) for path in files[:20_000]}
    often: dict[str, int] = {}
    for found in named.values():
        for word in found & wanted:
            often[word] = often.get(word, 0) + 1
    scores = {path: sum(1.0 / often[w] for w in found & wanted) for path, found in named.items() if found & wanted}
    best = sorted(scores, key=lambda path: (-scores[path], len(PurePosixPath(path).parts), path))
    return best[:FILES_PER_TASK]


def _title(piece: str, kind: TaskType, goal: str) -> str:
    if _ABOUT_IT.match(piece) and kind in CLOSING:
        return f"{kind.value} the work"
    text = " ".join(_VERB.sub("", piece, count=1).split()) or " ".join(goal.split())
    return text if len(text) <= TITLE_CHARS else text[: TITLE_CHARS - 1].rsplit(" ", 1)[0] + "…"


def _instruction(piece: str, kind: TaskType, goal: str) -> str:
    """The piece itself; the brief carries the goal beside it. A piece that only says "review it" says what "it" is."""
    if _closes(kind, piece):
        verb = piece.split(maxsplit=1)[0].capitalize()
        return f"{verb} what was made for this goal: {' '.join(goal.split())[:1000]}"
    return piece[0].upper() + piece[1:] if piece else goal


def _reason(drafts: Sequence[TaskDraft]) -> str:
    if len(drafts) == 1:
        return "one piece of work"
    after = sum(bool(d.depends_on) for d in drafts)
    return f"{len(drafts)} pieces of work, {after or 'none'} of which {'waits' if after == 1 else 'wait'} for another"
