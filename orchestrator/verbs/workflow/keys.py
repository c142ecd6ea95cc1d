"""Keys: what a workflow file and each of its stages can say, in the order in which a file is best written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.nouns.flow import OnComplete, OnFailure
from orchestrator.verbs.workflow.values import EACH, ID, IDS, LINE, MINUTES_KIND, TEXT, TEXTS, WHEN, Kind, choice, whole

MOST_STAGES = 1000
"""Stages of one workflow. The bench runs 500 of them; a file of 256 kB does not hold many more."""


@dataclass(frozen=True)
class Key:
    """A key: the noun's field that it fills, what it takes, what it means."""

    field: str
    kind: Kind
    meaning: str


STAGE_KEYS: Mapping[str, Key] = {
    "stage_id": Key("stage_id", ID, "Name of the stage, unique in the file: a letter, then letters, digits, - and _."),
    "title": Key("title", LINE, "A few words for lists and for the name of its branch; the beginning of its instruction if not given."),
    "role": Key("role", LINE, "A new session of this role does it. With neither role nor session the instruction decides the role."),
    "session": Key("session", LINE, "A session that exists, such as S12. Excludes role."),
    "instruction": Key(
        "instruction", TEXT, "What its agent is told. {goal} is replaced by the goal, {part} by its part of the goal (see each)."
    ),
    "needs": Key("needs", IDS, "The stages that have to be done first: one, or a list. It starts from their work, merged."),
    "on_complete": Key(
        "on_complete",
        choice(OnComplete),
        "handoff: the stages that need it start from its work. merge: its work is checked and lands on the default branch. "
        "notify: the user and the stages that need it are told, and nobody takes its work. "
        "Not given: merge for a stage that no other needs, else handoff.",
    ),
    "on_failure": Key(
        "on_failure",
        choice(OnFailure),
        "When a stage that it needs failed. wait (as is): for you; proceed: with what the others made; cancel: the whole workflow.",
    ),
    "timeout": Key("timeout_minutes", MINUTES_KIND, "How long a job of it may take: 30m, 2h, 90s, or a number of minutes."),
    "retries": Key("retries", whole(0, 9), "How often it is tried again after it failed."),
    "when": Key(
        "when",
        WHEN,
        "It runs only if each of these earlier stages ended so, else it is skipped: {review: changes_wanted}, "
        "{review: [approved, skipped]}.",
    ),
    "rework": Key("rework", ID, "The earlier stage that gets the work back when this one wants changes."),
    "rounds": Key("rounds", whole(0, 20), "How often it goes back at most; for a stage with rework. 2 if not given."),
    "files": Key("files", TEXTS, "Files or globs that it will probably touch."),
    "each": Key("each_part", EACH, "part: there is one such stage for each part of the goal, named <stage_id>-1, <stage_id>-2 …"),
}
"""By their names in the specification, and a few more."""

FILE_KEYS: Mapping[str, Key] = {
    "name": Key("name", LINE, "What the workflow is called; the file's name if not given."),
    "description": Key("description", TEXT, "What it is good for."),
    "goal": Key("goal", TEXT, "What it is for, unless --goal says something else. Replaces {goal} in instructions."),
    "parts": Key("parts", TEXTS, "Parts of the goal, unless --part says something else. For stages with each: part."),
    "agent": Key("agent", LINE, "Kind of coding agent for the sessions it makes; the project's if not given."),
    "on_failure": STAGE_KEYS["on_failure"],
    "timeout": STAGE_KEYS["timeout"],
    "retries": STAGE_KEYS["retries"],
    "rounds": STAGE_KEYS["rounds"],
}
"""Beside ``stages``. The last four are defaults for each stage that does not say its own."""

DEFAULTS = ("on_failure", "timeout", "retries", "rounds")
"""Keys of a file that are defaults of its stages."""
