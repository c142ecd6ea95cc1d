"""The context file as text: what was read is written as it stood, what is new in the shape of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from orchestrator.nouns.context_file import Branch, ContextFile, Entry, EntryKind, Leaf, Listing, Pair
from orchestrator.verbs.context_file.conflict import MARKERS, OURS
from orchestrator.verbs.context_file.layout import Item, Lines
from orchestrator.verbs.context_file.parse import KEYS, fields
from orchestrator.verbs.context_file.scalars import bare, quoted

HEADING = "# What the sessions offer, have decided and leave for each other. Kept up to date by TeleVibe; edit it as you like.\n"

PROSE = frozenset({"description", "signature", "decision", "rationale", "message"})
"""Keys whose texts are written in quotes whatever they are."""


def write(content: ContextFile) -> str:
    """The whole file."""
    return "".join(_pair(pair, 0) for pair in content.pairs) + content.tail


def _pair(pair: Pair, indent: int) -> str:
    match pair:
        case Leaf():
            return pair.lead + (_at(pair.text, indent) if pair.text else f"{' ' * indent}{bare(pair.key)}: {bare(str(pair.value))}\n")
        case Listing():
            column = next((_indent(entry.text) for entry in pair.entries if _placed(entry.text)), indent + 2)
            entries = "".join(entry_text(entry, pair.kind, column) for entry in pair.entries)
            return pair.lead + _head(pair, indent, pair.entries) + entries + pair.tail
        case Branch():
            column = next((_indent(_own(one)) for one in pair.pairs if _placed(_own(one))), indent + 2)
            return pair.lead + _head(pair, indent, pair.pairs) + "".join(_pair(one, column) for one in pair.pairs) + pair.tail
        case never:
            assert_never(never)


def _placed(text: str) -> bool:
    """It says in which column its neighbours stand."""
    return bool(text) and not text.startswith(OURS)


def _own(pair: Pair) -> str:
    return pair.text if isinstance(pair, Leaf) else pair.head


def _head(pair: Listing | Branch, indent: int, below: Sequence[object]) -> str:
    """The first line; one that says that nothing is below is written anew when there is something."""
    head = _at(pair.head, indent)
    emptied = head.partition("#")[0].rstrip().endswith(("[]", "{}", "null", "~"))
    return head if head and not (emptied and below) else f"{' ' * indent}{bare(pair.key)}:\n"


def entry_text(entry: Entry, kind: EntryKind, column: int) -> str:
    """An entry with its comments, its dash in ``column``."""
    if entry.text:
        return _at(entry.lead, column) + _at(entry.text, column)
    lines = [_field(key, value) for key, value in _in_order(entry.values, kind)]
    return entry.lead + "".join(f"{' ' * column}{'  ' if n else '- '}{line}" for n, line in enumerate(lines))


def _in_order(values: Mapping[str, Any], kind: EntryKind) -> list[tuple[str, str]]:
    return [(key, str(values[key])) for key in KEYS[kind] if values.get(key)]


def _field(key: str, value: str) -> str:
    return f"{key}: {quoted(value) if key in PROSE else bare(value)}\n"


def updated(entry: Entry, values: Mapping[str, str]) -> Entry:
    """The entry with some of our keys changed (empty: taken out); the lines of all others stay as they are."""
    changed = {key: value for key, value in values.items() if value != entry.get(key)}
    if not changed:
        return entry
    left = {key: value for key, value in entry.values.items() if key not in changed}
    fresh = replace(entry, values={**left, **{key: value for key, value in changed.items() if value}})
    if not entry.text:
        return fresh
    lines = Lines(entry.text, "entry")
    column = lines.dashes[0]
    rows: list[str] = []
    for key, _, start, end in fields(lines, Item(0, 0, len(lines.texts)), ()):
        row = lines.raw(start, end)
        if key in changed:
            comments = "".join(lines.raw(at, at + 1) for at in range(start + 1, end) if lines.trivial[at] and lines.comment(at))
            row = (" " * column + _field(key, changed[key]) if changed[key] else "") + comments
        rows.append(row)
    rows += [" " * column + _field(key, value) for key, value in changed.items() if value and key not in entry.values]
    return replace(fresh, text=_dashed("".join(rows), column, _indent(entry.text)))


def _dashed(text: str, column: int, dash: int) -> str:
    """Lines of keys with the dash before the first key; comments that lost the key above them go below it."""
    rows = text.splitlines(keepends=True)
    first = next(at for at, row in enumerate(rows) if row.strip() and not row.lstrip().startswith("#"))
    start = f"{' ' * dash}-".ljust(column) + rows[first][column:]
    return start + "".join(rows[:first]) + "".join(rows[first + 1 :])


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _at(text: str, column: int) -> str:
    """Lines moved so that the first one begins in ``column``; conflict markers stay where git puts them."""
    if text.startswith(" " * column) and text[column : column + 1] not in {" ", "\n", ""} and not text.startswith(OURS):
        return text
    rows = text.split("\n")
    first = next((row for row in rows if row and row not in MARKERS), "")
    move = column - _indent(first)
    if not move or not first:
        return text
    return "\n".join(row if row in MARKERS else _moved(row, move) for row in rows)


def _moved(row: str, by: int) -> str:
    if by < 0:
        return row[min(-by, _indent(row)) :]
    return " " * by + row if row.strip() else row
