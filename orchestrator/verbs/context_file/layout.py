"""Where the parts of the file are: its lines, cut by their indentation into items, with the comments that belong to each.

A comment belongs where its column says: further in than the item above it, it is part of that item; otherwise it stands over the
next one. Nothing is lost: the pieces put together again are the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from orchestrator.nouns.errors import ConfigError

MAX_BYTES = 256_000

_LINE = re.compile(r"( *)(?:(#.*|[ \t]*$)|(- +(?=[^ #])|-[ \t]*(?:#.*)?$))?")
_BAD = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKERS = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}$", re.MULTILINE)
_FRAME = re.compile(r"^(?:%|---(?:\s|$)|\.\.\.(?:\s|$))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Item:
    """Lines of one key or list entry: its comments from ``lead``, itself from ``start``, up to ``end``."""

    lead: int
    start: int
    end: int


class Lines:
    """The file's lines with their indentation. ``dash`` is where a list entry's content begins, 0 where none does."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.texts = text.removesuffix("\n").split("\n") if text else []
        self.indents: list[int] = []
        self.trivial: list[bool] = []
        self.dashes: list[int] = []
        for line in self.texts:
            found = _LINE.match(line)
            assert found is not None  # every part of it may be empty
            indent = found.end(1)
            self.indents.append(indent)
            self.trivial.append(found[2] is not None)
            self.dashes.append(found.end(3) if found[3] else 0)
        if self.texts and self.texts[0].rstrip() == "---":
            self.trivial[0] = True

    def raw(self, start: int, end: int) -> str:
        """Some lines as text, with the newline of each."""
        return "\n".join(self.texts[start:end]) + "\n" if start < end else ""

    def comment(self, at: int) -> bool:
        return bool(self.texts[at].strip())

    def refuse(self, at: int, what: str, remedy: str) -> NoReturn:
        raise ConfigError(f"{self.name}:{at + 1}: {what}", remedy)

    def indent(self, start: int, end: int) -> int | None:
        """The column of the items between two lines; None when there is nothing but comments."""
        return next((self.indents[at] for at in range(start, end) if not self.trivial[at]), None)

    def items(self, start: int, end: int, *, listed: bool) -> Iterator[Item]:
        """The items between two lines: list entries, or keys. What is behind the last one follows as an item without lines."""
        indent = self.indent(start, end)
        begun, lead, pending = -1, start, start if indent is None else -1
        for at in range(start, end):
            if self.trivial[at]:
                if self.indents[at] > (indent or 0) and self.comment(at) and begun >= 0:
                    pending = -1
                elif pending < 0:
                    pending = at
                continue
            if indent is not None and self.indents[at] < indent:
                self.refuse(at, "this line is further left than the ones it belongs to", "indent it like them")
            if self.indents[at] == indent and (bool(self.dashes[at]) == listed or (begun < 0 and not listed)):
                if begun >= 0:
                    yield Item(lead, begun, pending if pending >= 0 else at)
                begun, lead = at, pending if pending >= 0 else at
            elif listed and self.indents[at] == indent:
                self.refuse(at, "an entry of a list is expected here", 'begin it with "- "')
            pending = -1
        if begun >= 0:
            yield Item(lead, begun, pending if pending >= 0 else end)
        tail = pending if pending >= 0 else end
        yield Item(tail, end, end)


def checked(text: str, name: str) -> Lines:
    """The lines of a text that can be looked at: small, without conflict markers, directives and control characters."""
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise ConfigError(
            f"{name}:1: it is {size // 1000} kB large", f"keep it under {MAX_BYTES // 1000} kB: remove what is settled and done"
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if found := _MARKERS.search(text):
        refuse(text, name, found.start(), "there are merge conflict markers", "resolve the conflict and save the file")
    if found := _BAD.search(text):
        refuse(text, name, found.start(), "there is a character that YAML does not allow", "remove it")
    found = _FRAME.search(text)
    if found and (found.start() or text.split("\n", 1)[0].rstrip() != "---"):
        refuse(text, name, found.start(), f"a line must not begin with {found[0].strip()}", "remove it: the file is one document")
    if found and (found := _FRAME.search(text, found.end())):
        refuse(text, name, found.start(), "a second document begins", "remove everything from there on")
    return Lines(text, name)


def refuse(text: str, name: str, at: int, what: str, remedy: str) -> NoReturn:
    """A ConfigError that names the line of a character."""
    raise ConfigError(f"{name}:{text.count(chr(10), 0, at) + 1}: {what}", remedy)
