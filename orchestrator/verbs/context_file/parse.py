"""The context file read strictly: what it says with the text of each part, or a ConfigError with the line and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.nouns.context_file import Branch, ContextFile, Entry, EntryKind, Leaf, Listing, Pair
from orchestrator.verbs.context_file.layout import Item, Lines, checked
from orchestrator.verbs.context_file.scalars import KEY, NOT_A_TEXT, Path, key_of, quick_text, strict_value

TEXT_CHARS = 4000
"""Longest text under one of our keys, as for what a session says through a tool."""

KEYS: Mapping[EntryKind, tuple[str, ...]] = {
    EntryKind.export: ("name", "file", "description", "signature", "status"),
    EntryKind.decision: ("date", "session", "decision", "rationale"),
    EntryKind.todo: ("from", "to", "message"),
}
"""Our keys of each kind of entry, in the order in which they are written. All are texts."""

NEEDED: Mapping[EntryKind, str] = {EntryKind.export: "name", EntryKind.decision: "decision", EntryKind.todo: "message"}
"""The key that an entry must have."""

LISTS = {"decisions": EntryKind.decision, "todos_for_others": EntryKind.todo}


def parse(text: str, name: str) -> ContextFile:
    """What ``text`` says; ``name`` is the file as errors name it."""
    lines = checked(text, name)
    pairs, tail = _pairs(lines, 0, len(lines.texts), ())
    return Branch("", pairs, tail=tail)


def _pairs(lines: Lines, start: int, end: int, under: Path) -> tuple[tuple[Pair, ...], str]:
    """The keys between two lines, and what stands behind the last."""
    found: dict[str, Pair] = {}
    seen: dict[str, int] = {}
    tail = ""
    for item in lines.items(start, end, listed=False):
        if item.start == item.end:
            tail = lines.raw(item.lead, item.end)
            continue
        key, rest = _key(lines, item.start, lines.texts[item.start][lines.indents[item.start] :], under)
        if key in found:
            lines.refuse(item.start, f"{key}: the key is there twice (first in line {seen[key] + 1})", "remove one")
        found[key], seen[key] = _pair(lines, item, key, rest, under), item.start
    return tuple(found.values()), tail


def _key(lines: Lines, at: int, written: str, under: Path) -> tuple[str, str]:
    match = KEY.match(written)
    key = key_of(match) if match else None
    if match is None or key is None:
        what = "a key must be a text" if match else f"{_dotted(under) or 'the file'}: a line such as key: value is expected"
        lines.refuse(at, what, "write one key on each line, in quotes if it looks like something else")
    return key, match[4] or ""


def _pair(lines: Lines, item: Item, key: str, rest: str, under: Path) -> Pair:
    lead = lines.raw(item.lead, item.start)
    body = (item.start + 1, item.end)
    path = (*under, key)
    head = lines.raw(item.start, item.start + 1)
    match path:
        case ("interfaces",) | ("interfaces", _):
            if _emptied(lines, item, rest, "{}"):
                return Branch(key, (), lead, head, lines.raw(*body))
            pairs, tail = _pairs(lines, *body, path)
            if path == ("interfaces",):
                _check_topics(lines, item, pairs)
            return Branch(key, pairs, lead, head, tail)
        case (str(only),) if only in LISTS:
            return _listing(lines, item, Listing(key, LISTS[only], (), lead, head), rest, path)
        case ("interfaces", _, "exports"):
            return _listing(lines, item, Listing(key, EntryKind.export, (), lead, head), rest, path)
        case _:
            value = _value(lines, item, key, rest, under)
            if path[0] == "interfaces" and key == "session":
                _check_text(lines, item.start, key, value)
            return Leaf(key, value, lead, lines.raw(item.start, item.end))


def _emptied(lines: Lines, item: Item, rest: str, empty: str) -> bool:
    """Nothing is below the key; anything else that stands on its line is refused."""
    written = rest.partition(" #")[0].strip() if not rest.startswith("#") else ""
    if written not in {"", "null", "~", empty}:
        lines.refuse(item.start, "this is not the form of the file", "write what is below a key on lines of its own")
    return bool(written) or lines.indent(item.start + 1, item.end) is None


def _check_topics(lines: Lines, item: Item, pairs: tuple[Pair, ...]) -> None:
    if wrong := next((pair for pair in pairs if not isinstance(pair, Branch)), None):
        lines.refuse(item.start, f"interfaces.{wrong.key}: must be a topic with session and exports", "write those keys below it")


def _listing(lines: Lines, item: Item, listing: Listing, rest: str, path: Path) -> Listing:
    key, kind, lead, head = listing.key, listing.kind, listing.lead, listing.head
    body = (item.start + 1, item.end)
    if _emptied(lines, item, rest, "[]"):
        return Listing(key, kind, (), lead, head, lines.raw(*body))
    entries: list[Entry] = []
    tail = ""
    for one in lines.items(*body, listed=True):
        if one.start == one.end:
            tail = lines.raw(one.lead, one.end)
        elif not lines.dashes[one.start]:
            lines.refuse(one.start, f"{_dotted(path)}: must be a list", 'begin each entry with "- "')
        else:
            entries.append(_entry(lines, one, kind, (*path, len(entries))))
    return Listing(key, kind, tuple(entries), lead, head, tail)


def _entry(lines: Lines, item: Item, kind: EntryKind, path: Path) -> Entry:
    values: dict[str, Any] = {}
    for key, rest, start, end in fields(lines, item, path):
        if key in values:
            lines.refuse(start, f"{_dotted((*path, key))}: the key is there twice", "remove one")
        values[key] = _value(lines, Item(start, start, end), key, rest, path)
    ours = KEYS[kind]
    for key, value in values.items():
        if key in ours and not (isinstance(value, str) and len(value) <= TEXT_CHARS):
            _check_text(lines, item.start, _dotted((*path, key)), value)
    if not values.get(NEEDED[kind]):
        lines.refuse(item.start, f"{_dotted(path)}: {NEEDED[kind]} is missing", f'add {NEEDED[kind]}: "…"')
    return Entry(values, lines.raw(item.lead, item.start), lines.raw(item.start, item.end), item.start + 1)


def fields(lines: Lines, item: Item, path: Path) -> list[tuple[str, str, int, int]]:
    """The keys of a list entry, each with what stands behind it, its first line and the one behind its last; comments between
    go with the key above."""
    column = lines.dashes[item.start]
    if column >= len(lines.texts[item.start]) or not KEY.match(lines.texts[item.start][column:]):
        lines.refuse(item.start, f"{_dotted(path)}: must be a mapping", 'write it as - key: "…" with more keys below')
    starts = [item.start]
    for at in range(item.start + 1, item.end):
        if lines.trivial[at]:
            continue
        if lines.indents[at] == column and not lines.dashes[at]:
            starts.append(at)
        elif lines.indents[at] < column:
            lines.refuse(at, f"{_dotted(path)}: this line is further left than the keys of its entry", "indent it like them")
    ends = [*starts[1:], item.end]
    return [(*_key(lines, at, lines.texts[at][column:], path), at, end) for at, end in zip(starts, ends, strict=True)]


def _value(lines: Lines, item: Item, key: str, rest: str, under: Path) -> Any:
    """The value behind a key: one quick look where it is a plain text, also one that goes on on further lines."""
    more = [at for at in range(item.start + 1, item.end) if not lines.trivial[at]]
    if not more and rest:
        quick = quick_text(rest)
    elif rest and len(more) == item.end - item.start - 1 and "\\" not in rest and "#" not in rest:
        quick = quick_text(" ".join([rest, *(lines.texts[at].strip(" ") for at in more)]))
        quick = None if any("\\" in lines.texts[at] for at in more) else quick
    else:
        quick = None
    if quick is not None:
        return quick
    if not rest and not more:
        return None
    start, column = item.start, lines.dashes[item.start]
    texts = [lines.texts[start] if not column else " " * column + lines.texts[start][column:], *lines.texts[start + 1 : item.end]]
    value = strict_value("\n".join(texts) + "\n", key, lines.name, start + 1, under)
    if value is NOT_A_TEXT:
        lines.refuse(start, f"{_dotted((*under, key))}: it is not YAML", "mend the line")
    return value


def _check_text(lines: Lines, at: int, what: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        lines.refuse(at, f"{what}: must be a text", "write it in quotes")
    if len(value) > TEXT_CHARS:
        lines.refuse(at, f"{what}: has {len(value):,} characters; at most {TEXT_CHARS:,} are taken", "shorten it")


def _dotted(path: Path) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).removeprefix(".")
