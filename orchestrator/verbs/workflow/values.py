"""Values: what one key of a workflow file may say. Each kind reads a plain YAML value, and knows its JSON schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestrator.nouns.flow import Outcome
from orchestrator.verbs.near import meant
from orchestrator.verbs.strict_yaml import shown
from orchestrator.verbs.text import first_control

TEXT_CHARS = 20_000
"""Longest text. A longer one is a document: commit it to the repository and name it in the instruction."""

ID_CHARS = 40
STAGE_ID = re.compile(rf"[A-Za-z][A-Za-z0-9_-]{{0,{ID_CHARS - 1}}}\Z")
"""What a stage may be called: it is the id of its task, part of a branch's name, and typed in commands."""

DURATION = re.compile(r"(?P<number>\d{1,6}(?:\.\d{1,6})?)\s*(?P<unit>[smh])\Z")
MINUTES = {"s": 1 / 60, "m": 1.0, "h": 60.0}
LONGEST_MINUTES = 7 * 24 * 60.0


class Wrong(ValueError):
    """A value that a key does not take: what is wrong with it, after the key's name; ``remedy`` is the way out."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True)
class Kind:
    """What a key takes. ``read`` gives the value as the nouns have it, or raises ``Wrong``."""

    read: Callable[[Any], Any]
    schema: Mapping[str, Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"must be a text, not {shown(value)}", "put quotes around it")
    text = value.strip()
    if not text:
        raise Wrong("is empty", "write something, or leave the key out")
    if len(text) > TEXT_CHARS:
        raise Wrong(f"has {len(text):,} characters; at most {TEXT_CHARS:,} are taken", "commit the details as a file and name it")
    if (odd := first_control(text)) is not None:
        raise Wrong(f"contains {odd!a}, which is not text", "remove it")
    return text


def _line(value: Any) -> str:
    text = _text(value)
    if "\n" in text:
        raise Wrong("must be one line", "shorten it")
    return text


def _stage_id(value: Any) -> str:
    if not isinstance(value, str) or not STAGE_ID.match(value):
        what = f"{shown(value)} is not a stage's id: a letter, then letters, digits, - and _ (at most {ID_CHARS})"
        raise Wrong(what, "e.g. review, build-2")
    return value


def _several(read: Callable[[Any], str]) -> Callable[[Any], tuple[str, ...]]:
    """One value, or a list of them."""

    def read_all(value: Any) -> tuple[str, ...]:
        found = tuple(read(one) for one in (value if isinstance(value, list) else [value]))
        if twice := next((one for one in found if found.count(one) > 1), None):
            raise Wrong(f"{twice} is there twice", "remove one")
        return found

    return read_all


def _minutes(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        minutes = float(value)
    elif isinstance(value, str) and (found := DURATION.match(value.strip())):
        minutes = float(found["number"]) * MINUTES[found["unit"]]
    else:
        raise Wrong(f"must be a time such as 30m, 2h, 90s, or a number of minutes, not {shown(value)}", "e.g. 30m")
    if not 0 < minutes <= LONGEST_MINUTES:
        raise Wrong(f"must be more than nothing and at most seven days, not {shown(value)}", "e.g. 30m")
    return minutes


def whole(least: int, most: int) -> Kind:
    """A whole number within bounds."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"must be a whole number from {least} to {most}, not {shown(value)}", "change the number")
        return value

    return Kind(read, {"type": "integer", "minimum": least, "maximum": most})


def choice(values: type[StrEnum]) -> Kind:
    """One of the members of an enum, by its value."""
    names = [one.value for one in values]

    def read(value: Any) -> StrEnum:
        if value not in names:
            raise Wrong(f"must be one of {', '.join(names)}, not {shown(value)}", meant(value, names))
        return values(value)

    return Kind(read, {"enum": names})


def _when(value: Any) -> dict[str, tuple[Outcome, ...]]:
    if not isinstance(value, dict) or not value:
        raise Wrong(f"must say how a stage ended, not {shown(value)}", "e.g. when: {review: changes_wanted}")
    return {_stage_id(stage): _outcomes(wanted) for stage, wanted in value.items()}


def _outcomes(value: Any) -> tuple[Outcome, ...]:
    wanted = value if isinstance(value, list) else [value]
    if not wanted:
        raise Wrong("names no outcome", f"outcomes: {', '.join(Outcome)}")
    return tuple(dict.fromkeys(Outcome(OUTCOME.read(one)) for one in wanted))


def _each(value: Any) -> bool:
    if value != "part":
        raise Wrong(f"must be part, not {shown(value)}", "each: part makes one stage for each part of the goal")
    return True


def _or_list(schema: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"oneOf": [dict(schema), {"type": "array", "items": dict(schema), "uniqueItems": True, "minItems": least}]}


_ID_SCHEMA = {"type": "string", "pattern": rf"^[A-Za-z][A-Za-z0-9_-]{{0,{ID_CHARS - 1}}}$"}
_TEXT_SCHEMA = {"type": "string", "minLength": 1, "maxLength": TEXT_CHARS}

OUTCOME = choice(Outcome)
TEXT = Kind(_text, _TEXT_SCHEMA)
LINE = Kind(_line, {**_TEXT_SCHEMA, "pattern": r"^[^\n]*$"})
TEXTS = Kind(_several(_line), _or_list(_TEXT_SCHEMA))
ID = Kind(_stage_id, _ID_SCHEMA)
IDS = Kind(_several(_stage_id), _or_list(_ID_SCHEMA))
MINUTES_KIND = Kind(
    _minutes,
    {
        "oneOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_MINUTES},
            {"type": "string", "pattern": r"^\s*\d{1,6}(\.\d{1,6})?\s*[smh]\s*$"},
        ]
    },
)
WHEN = Kind(_when, {"type": "object", "minProperties": 1, "additionalProperties": _or_list(OUTCOME.schema, 1)})
EACH = Kind(_each, {"enum": ["part"]})
