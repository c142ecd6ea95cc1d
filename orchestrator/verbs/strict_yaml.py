"""Strict YAML: plain values with the line of each, and a ConfigError with the line for everything that could surprise.

YAML 1.2 (``no`` is a text, not False). Refused: aliases and anchors (an alias bomb is 300 bytes long), tags, directives,
duplicate keys, keys that are not text, several documents, merge conflict markers, more than 256 kB, more than 20 levels, infinity
and not-a-number.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

from orchestrator.nouns.errors import ConfigError

MAX_BYTES = 256_000
MAX_LEVELS = 20
CONFLICT = re.compile(r"^(<{7}|>{7})( |\r?$)", re.MULTILINE)
CONSTRUCTED = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Read:
    """A document: ``value`` of None, bool, int, float, str, list and dict; ``lines`` and ``columns`` (from 1) of keys and items
    by path."""

    value: Any
    lines: dict[Path, int]
    columns: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of ``path``, or of what is nearest above it."""
        return self.place(path)[0]

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of ``path``, or of what is nearest above it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path], self.columns[path]


def decode(content: bytes, name: str) -> str:
    """The text of a file; ``ConfigError`` when it is too large or not UTF-8."""
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{name}: it is {len(content) // 1000} kB large", f"keep it under {MAX_BYTES // 1000} kB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: it is not UTF-8 text", "save the file as UTF-8") from error


def read_strict(text: str, name: str, *, columns: bool = False) -> Read:
    """The document in ``text``; ``ConfigError`` (``name:line: what``, with ``columns`` ``name:line:column: what``) for everything
    that is refused."""
    decode(text.encode("utf-8", "replace"), name)
    if marker := CONFLICT.search(text):
        where = _place(text.count("\n", 0, marker.start()) + 1, 1, columns)
        raise ConfigError(f"{name}:{where}: there are merge conflict markers", "resolve the conflict and save the file")
    if directive := re.search(r"^%", text, re.MULTILINE):
        where = _place(text.count("\n", 0, directive.start()) + 1, 1, columns)
        raise ConfigError(f"{name}:{where}: a line must not begin with %", "remove it: the file is read as YAML 1.2")
    return read_part(text, name, columns=columns)


def read_part(text: str, name: str, *, first_line: int = 1, last_line: int = 0, under: Path = (), columns: bool = False) -> Read:
    """A part of a file whose text as a whole was looked at: lines from ``first_line`` to ``last_line``, below the keys of
    ``under``."""
    reader = _Reader(text, name, first_line, under, columns)
    try:
        return Read(reader.document(), reader.lines, reader.columns)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(first_line + (mark.line if mark else 0), last_line or sys.maxsize)
        where = _place(line, mark.column + 1 if mark else 1, columns)
        raise ConfigError(f"{name}:{where}: it is not YAML: {error.problem or error.context}", "mend the line") from error
    except ReaderError as error:
        column = error.position - text.rfind("\n", 0, error.position)
        where = _place(first_line + text.count("\n", 0, error.position), column, columns)
        raise ConfigError(f"{name}:{where}: there is a character that YAML does not allow", "remove it") from error
    except YAMLError as error:
        raise ConfigError(f"{name}: it is not YAML: {error}", "mend the file") from error


def dotted(path: Path) -> str:
    """``("roles", 0, "name")`` as people write it: ``roles[0].name``."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return text.removeprefix(".")


def _place(line: int, column: int, columns: bool) -> str:
    return f"{line}:{column}" if columns else str(line)


class _Reader:
    """One pass over the parser's events, so that nothing is built before it is known to be small and plain."""

    def __init__(self, text: str, name: str, first_line: int, under: Path, say_columns: bool) -> None:
        yaml = YAML(typ="safe", pure=True)
        self._events: Iterator[Event] = iter(yaml.parse(text))
        self._resolver = yaml.resolver
        self._constructor = yaml.constructor
        self._name = name
        self._first_line = first_line
        self._under = under
        self._say_columns = say_columns
        self.lines: dict[Path, int] = {under: first_line}
        self.columns: dict[Path, int] = {under: 1}

    def document(self) -> Any:
        """The one document's value; None when there is none."""
        next(self._events)  # the stream's start
        if isinstance(next(self._events), StreamEndEvent):  # else the document's start
            return None
        value = self._value(next(self._events), self._under)
        next(self._events)  # the document's end
        more = next(self._events)
        if not isinstance(more, StreamEndEvent):
            self._refuse(more, "a second document begins", "remove everything from the second --- on")
        return value

    def _value(self, event: Event, path: Path) -> Any:
        self._check_plain(event, path)
        match event:
            case MappingStartEvent():
                return self._mapping(path)
            case SequenceStartEvent():
                return self._sequence(path)
            case ScalarEvent():
                return self._scalar(event, path)
            case _:
                raise AssertionError(f"the parser sent {event} where a value begins")

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            self._check_plain(event, path)
            key = self._scalar(event, path) if isinstance(event, ScalarEvent) else None
            if not isinstance(key, str):
                self._refuse(event, f"{dotted(path) or 'the file'}: a key must be a text", "put quotes around the key")
            here = (*path, key)
            if key in found:
                self._refuse(event, f"{dotted(here)}: the key is there twice (first in line {self.lines[here]})", "remove one")
            self._remember(here, event)
            found[key] = self._value(next(self._events), here)
        return found

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            here = (*path, len(found))
            self._remember(here, event)
            found.append(self._value(event, here))
        return found

    def _remember(self, path: Path, event: Event) -> None:
        self.lines[path] = self._first_line + event.start_mark.line
        self.columns[path] = event.start_mark.column + 1

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        tag = str(self._resolver.resolve(ScalarNode, event.value, event.implicit))
        if tag not in CONSTRUCTED:
            return event.value
        try:
            value = self._constructor.construct_object(ScalarNode(tag, event.value))
        except ValueError:
            self._refuse(event, f"{dotted(path)}: that is no number to work with", "write a smaller one")
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(event, f"{dotted(path)}: must be a finite number", "write a number, or leave the key out")
        return value

    def _check_plain(self, event: Event, path: Path) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, f"{dotted(path) or 'the file'}: anchors (&) and aliases (*) are not allowed", "write it out")
        if getattr(event, "tag", None):
            self._refuse(event, f"{dotted(path) or 'the file'}: a tag (!) is not allowed", "remove it")
        if len(path) >= MAX_LEVELS:
            self._refuse(event, f"more than {MAX_LEVELS} levels are nested", "flatten it")

    def _refuse(self, event: Event, what: str, remedy: str) -> NoReturn:
        where = _place(self._first_line + event.start_mark.line, event.start_mark.column + 1, self._say_columns)
        raise ConfigError(f"{self._name}:{where}: {what}", remedy)


SHOWN = 40


def shown(value: Any) -> str:
    """A value as YAML would write it, cut to 40 characters."""
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "nothing"
        case _:
            text = json.dumps(value, ensure_ascii=False)
            return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
