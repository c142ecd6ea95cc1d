"""Script files: YAML read strictly. Whatever is wrong is a ``ConfigError`` that names file, line and key.

::

    scripts:
      - when: {role: implementer, words: [login, account], attempt: 1}     # all optional; the first script that fits is taken
        steps:
          - say: I write the login          - edit: {path: src/login.py, content: "…"}
          - pause: 0.5                      - replace: {path: src/app.py, old: "…", new: "…"}
          - commit: add login               - append: {path: notes.md, content: "…"}
          - run: python3 -m unittest        - delete: {path: old.py}
          - run: [git, status]              - tool: {name: record_decision, arguments: {decision: "…"}}
          - say: "it said {{ last }}"       - cost: {usd: 0.1, tokens_in: 900, tokens_out: 50}
          - tool: {name: get_inbox, until: collide, seconds: 20}           # called again until its answer has the word
          - flood: 30                       - hang
          - ask: which one?                 - fail: no idea          - exit          - finish: login is there
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.boundaries.agents import script as s
from orchestrator.boundaries.agents.script import Script, Step, When
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import ConfigError

LARGEST = 1_000_000
"""Bytes of a script file."""

DEEPEST = 20
"""Levels of nesting: a script needs seven, and a parser can be kept busy for long with thousands."""

STEPS: Mapping[str, type[Noun]] = {
    "say": s.Say,
    "edit": s.Edit,
    "replace": s.Replace,
    "append": s.Append,
    "delete": s.Delete,
    "commit": s.Commit,
    "tool": s.Tool,
    "run": s.Run,
    "pause": s.Pause,
    "cost": s.Cost,
    "flood": s.Flood,
    "hang": s.Hang,
    "ask": s.Ask,
    "fail": s.Fail,
    "exit": s.Exit,
    "finish": s.Finish,
}
BARE = ("hang", "exit")


def load_scripts(file: Path) -> tuple[Script, ...]:
    """The scripts of a file, in order. ``ConfigError`` when it cannot be read or is not exactly what the format says."""
    return _Reading(file).scripts()


class _Reading:
    """One file being read; it knows its name for every complaint."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def scripts(self) -> tuple[Script, ...]:
        document = self._parsed(self._text())
        top = self._mapping(document, {"scripts"}, 1, "the file")
        listed = self._list(top.get("scripts"), _line(document, "scripts"), "scripts")
        found = tuple(self._script(one, _line(listed, at), f"scripts[{at}]") for at, one in enumerate(listed))
        for at, script in enumerate(found[:-1]):
            if script.when == When():
                raise self._wrong(_line(listed, at), f"scripts[{at}]", "only the last script may be without 'when'")
        return found

    def _text(self) -> str:
        try:
            with self._file.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise ConfigError(
                f"{self._file}: the script cannot be read: {error.strerror}", "set scripted.script in .televibe/config.yaml"
            ) from error
        if len(content) > LARGEST:
            raise ConfigError(f"{self._file}: the script is larger than {LARGEST // 1_000_000} MB", "make it smaller")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self._file}: the script is not UTF-8: {error}", "save it as UTF-8") from error

    def _parsed(self, text: str) -> Any:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            self._refuse_tricks(text)
            return YAML(typ="rt", pure=True).load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._wrong(mark.line + 1 if mark else 1, "", str(error.problem).splitlines()[0]) from error
        except YAMLError as error:
            raise self._wrong(1, "", str(error).splitlines()[0]) from error

    def _refuse_tricks(self, text: str) -> None:
        """No aliases, no deep nesting: seen in the parser's events, before anything is built."""
        from ruamel.yaml import YAML
        from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

        depth = 0
        for event in YAML(typ="rt", pure=True).parse(text):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if isinstance(event, AliasEvent):
                raise self._wrong(event.start_mark.line + 1, f"*{event.anchor}", "aliases are not allowed")
            if depth > DEEPEST:
                raise self._wrong(event.start_mark.line + 1, "", f"nested deeper than {DEEPEST} levels")

    def _script(self, value: Any, line: int, key: str) -> Script:
        given = self._mapping(value, {"when", "steps"}, line, key)
        when = When()
        if "when" in given:
            when = self._value(When, given["when"], _line(given, "when"), f"{key}.when")
        listed = self._list(given.get("steps"), _line(given, "steps") if "steps" in given else line, f"{key}.steps")
        steps = tuple(self._step(one, _line(listed, at), f"{key}.steps[{at}]") for at, one in enumerate(listed))
        return Script(when=when, steps=steps)

    def _step(self, value: Any, line: int, key: str) -> Step:
        if isinstance(value, str) and value in BARE:
            value = {value: True}
        if not isinstance(value, Mapping) or len(value) != 1:
            raise self._wrong(line, key, "a step is one word and what it needs, such as '- commit: add login'")
        (word, needs) = next(iter(value.items()))
        kind = STEPS.get(word) if isinstance(word, str) else None
        if kind is None:
            raise self._wrong(line, f"{key}.{word}", f"there is no such step; steps: {', '.join(STEPS)}")
        where = f"{key}.{word}"
        if word in BARE:
            if needs is not True:
                raise self._wrong(line, where, f"write '- {word}'")
            needs = {}
        elif not isinstance(needs, Mapping):
            needs = {next(iter(kind.model_fields)): needs}
        step: Step = self._value(kind, needs, line, where)
        return step

    def _value(self, kind: type[Noun], value: Any, line: int, key: str) -> Any:
        try:
            return kind.model_validate(_plain(value), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            inner = [part for part in first["loc"] if not str(part).startswith(("constrained", "list[", "str"))]
            named = ".".join(map(str, [key, *inner]))
            raise self._wrong(_deepest(value, inner, line), named, first["msg"].removeprefix("Value error, ")) from None

    def _mapping(self, value: Any, known: set[str], line: int, key: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self._wrong(line, key, f"must be a mapping with {' and '.join(sorted(known))}")
        for name in value:
            if name not in known:
                raise self._wrong(_line(value, name), str(name), f"unknown key; keys: {', '.join(sorted(known))}")
        return value

    def _list(self, value: Any, line: int, key: str) -> Sequence[Any]:
        if not isinstance(value, list) or not value:
            raise self._wrong(line, key, "must be a list that is not empty")
        return value

    def _wrong(self, line: int, key: str, what: str) -> ConfigError:
        named = f"{key}: " if key else ""
        return ConfigError(f"{self._file}, line {line}: {named}{what}")


def _line(container: Any, key: Any) -> int:
    """1-based line of a key of a mapping, or an item of a list; that of the container when the key is not in it."""
    place = getattr(container, "lc", None)
    if place is None:
        return 1
    try:
        at = place.key(key) if isinstance(container, Mapping) else place.item(key)
    except (KeyError, TypeError):
        return int(place.line or 0) + 1
    return int(at[0]) + 1


def _deepest(value: Any, path: Sequence[Any], line: int) -> int:
    """The line of the last part of ``path`` that is there."""
    for part, rest in _walk(value, path):
        if isinstance(rest, Mapping | list) and hasattr(rest, "lc"):
            line = _line(rest, part)
    return line


def _walk(value: Any, path: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    for part in path:
        yield part, value
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return


def _plain(value: Any) -> Any:
    """Without the loader's own types, which remember comments and quotes."""
    if isinstance(value, Mapping):
        return {str(k) if isinstance(k, str) else k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
