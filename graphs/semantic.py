"""Semantic conflicts between commits: blobs out of the radar, facts out of blobs, findings out of facts.

What costs time is reading files, and a file is read once for each text it has. Two branches that have nothing to do with each other
are told apart by the names they change and mention, before anything of theirs is linked.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from graphs.radar import Clean
from orchestrator.boundaries.git.radar import Radar
from orchestrator.boundaries.kept import Kept
from orchestrator.nouns.compared import Difference, Differences, Span
from orchestrator.nouns.conflict import Finding
from orchestrator.verbs.recent import remember
from orchestrator.verbs.semantic.compare import Compared, compare, concern_each_other
from orchestrator.verbs.semantic.evidence import lacking, with_text
from orchestrator.verbs.semantic.indexed import Indexed
from orchestrator.verbs.semantic.packed import packed, unpacked, version
from orchestrator.verbs.semantic.registry import SIZE_LIMIT, facts_of, language_of
from orchestrator.verbs.semantic.sides import Changed, Side
from orchestrator.verbs.semantic.trees import ROUNDS
from orchestrator.verbs.semantic.view import Listing

FILES_KEPT = 8192
SIDES_KEPT = 4096
LISTINGS_KEPT = 16
"""Texts, branches and trees that are remembered: those of the largest project with a hundred live branches."""

REGULAR = frozenset({"100644", "100755"})

Text = tuple[str, str]
"""Path and object name."""


class Memory:
    """What was read, by object name; so it never gets old. ``kept``: where facts outlive the process."""

    def __init__(self, kept: Kept | None = None) -> None:
        self.kept = kept
        self.files: OrderedDict[Text, Indexed] = OrderedDict()
        self.sides: OrderedDict[Span, Side] = OrderedDict()
        self.listings: OrderedDict[str, tuple[Listing, dict[str, tuple[str, str]]]] = OrderedDict()


@cache
def memory_of_process() -> Memory:
    """One for all projects: the same text says the same everywhere."""
    return Memory()


@cache
def memory_kept_in(facts: Path) -> Memory:
    """One for all projects of a home, which outlives the process."""
    return Memory(Kept(facts))


async def semantics(radar: Radar, pairs: Sequence[Clean], memory: Memory | None = None) -> dict[Span, list[Finding]]:
    """What merges cleanly and is wrong, for many pairs at once, by their heads. What many branches changed is read together."""
    known = memory or memory_of_process()
    sides = await _sides(radar, [span for one in pairs for span in ((one.base, one.a), (one.base, one.b))], known)
    found = {}
    for one, a, b in zip(pairs, sides[::2], sides[1::2], strict=True):
        if a is not None and b is not None and concern_each_other(a, b):
            found[one.a, one.b] = await _between(radar, one, a, b, known)
    return found


async def semantic(radar: Radar, base: str, a: str, b: str, *, tree: str = "", memory: Memory | None = None) -> list[Finding]:
    """What collides between the commits ``a`` and ``b`` although they merge, most severe first. ``tree``: their merge, if it is known.
    Nothing when git cannot merge them: then that is the trouble."""
    pair = Clean(base, a, b, tree)
    return (await semantics(radar, [pair], memory)).get((a, b), [])


async def _between(radar: Radar, pair: Clean, one: Side, other: Side, known: Memory) -> list[Finding]:
    merged = await _merged(radar, pair, one, other)
    if merged is None:
        return []
    listing, names = await _listing(radar, pair.base, known)
    read: dict[str, Indexed] = {}
    compared = await asyncio.to_thread(compare, listing, read, one, other, merged)
    for _ in range(ROUNDS):
        more = await _wanted(radar, compared, read, names, known)
        if not more:
            break
        read |= more
        compared = await asyncio.to_thread(compare, listing, read, one, other, merged)
    return await _shown(radar, compared.findings, pair.a, pair.b)


async def _sides(radar: Radar, spans: list[Span], known: Memory) -> list[Side | None]:
    """In their order; None for what could not be compared."""
    new = [span for span in dict.fromkeys(spans) if span not in known.sides]
    if new:
        differences = await radar.differences(new)
        await _read(radar, {t for found in differences.values() for one in found.values() for t in _texts(one)}, known)
        for span, found in differences.items():
            remember(known.sides, span, _side(found, known), SIDES_KEPT)
    return [known.sides.get(span) for span in spans]


def _texts(one: Difference) -> list[Text]:
    """The texts of a difference that are in a language of ours: before and after."""
    sides = ((one.old_path, one.old_mode, one.old_blob), (one.path, one.new_mode, one.new_blob))
    return [(path, blob) for path, mode, blob in sides if mode in REGULAR and blob.strip("0") and language_of(path)]


def _side(found: Differences, known: Memory) -> Side:
    changed: dict[str, Changed] = {}
    renames: dict[str, str] = {}
    for one in found.values():
        before, after = (known.files.get(t) for t in ((one.old_path, one.old_blob), (one.path, one.new_blob)))
        if one.old_path != one.path and one.status == "R":
            renames[one.old_path] = one.path
            changed[one.old_path] = Changed(before, None)
            changed[one.path] = Changed(None, after)
        elif before is not None or after is not None:
            changed[one.path] = Changed(before, after)
    return Side(changed, renames)


async def _read(radar: Radar, texts: Iterable[Text], known: Memory) -> None:
    new = [text for text in texts if text not in known.files]
    blobs = await radar.blobs({blob for _, blob in new}, limit_bytes=SIZE_LIMIT) if new else {}
    there = [(path, blob, blobs[blob]) for path, blob in new if blob in blobs]
    for (path, blob, _), one in zip(there, await asyncio.to_thread(_facts, there, known.kept), strict=True):
        remember(known.files, (path, blob), one, FILES_KEPT)


def _facts(texts: list[tuple[str, str, bytes]], kept: Kept | None) -> list[Indexed]:
    keys = [f"{version()}:{blob}:{path}" for path, blob, _ in texts] if kept else []
    there = kept.read(keys) if kept else {}
    found, new = [], dict[str, bytes]()
    for at, (path, _, text) in enumerate(texts):
        key = keys[at] if keys else ""
        facts = unpacked(there[key]) if key in there else None
        if facts is None:
            facts = facts_of(path, text)
            new[key] = packed(facts) if kept else b""
        found.append(Indexed(facts))
    if kept:
        kept.write(new)
    return found


async def _merged(radar: Radar, pair: Clean, one: Side, other: Side) -> Mapping[str, Indexed | None] | None:
    """What the merge has in place of the base's files; only what both sides changed has to be asked for."""
    both = (one.changed.keys() & other.changed.keys()) | _renamed_and_changed(one, other) | _renamed_and_changed(other, one)
    if not both:
        return {**one.after, **other.after}
    tree = pair.tree
    if not tree:
        merge = (await radar.merges([(pair.a, pair.b)]))[0]
        if not merge.clean:
            return None
        tree = merge.tree
    blobs = await radar.blobs({f"{tree}:{path}" for path in both}, limit_bytes=SIZE_LIMIT)
    texts = {path: blobs.get(f"{tree}:{path}") for path in both}
    read = await asyncio.to_thread(lambda: {p: Indexed(facts_of(p, t)) if t is not None else None for p, t in texts.items()})
    gone: dict[str, Indexed | None] = dict.fromkeys([*one.renames, *other.renames])
    return {**one.after, **other.after, **read, **gone}


def _renamed_and_changed(renaming: Side, changing: Side) -> set[str]:
    return {new for old, new in renaming.renames.items() if old in changing.changed}


async def _listing(radar: Radar, base: str, known: Memory) -> tuple[Listing, dict[str, tuple[str, str]]]:
    if base not in known.listings:
        names = await radar.files(base)
        remember(known.listings, base, (Listing(path for path in names if language_of(path)), names), LISTINGS_KEPT)
    return known.listings[base]


async def _wanted(
    radar: Radar, compared: Compared, read: Mapping[str, Indexed], names: Mapping[str, tuple[str, str]], known: Memory
) -> dict[str, Indexed]:
    texts = {(path, names[path][1]) for path in compared.wanted if path not in read and names[path][0] in REGULAR}
    await _read(radar, texts, known)
    return {path: known.files[path, blob] for path, blob in texts if (path, blob) in known.files}


async def _shown(radar: Radar, findings: list[Finding], a: str, b: str) -> list[Finding]:
    """With the lines that they speak of."""
    names = {f"{a}:{path}" for f in findings for path in lacking(f.a)} | {f"{b}:{path}" for f in findings for path in lacking(f.b)}
    if not names:
        return findings
    blobs = await radar.blobs(names, limit_bytes=SIZE_LIMIT)
    of_a = {name.removeprefix(f"{a}:"): text for name, text in blobs.items() if name.startswith(f"{a}:")}
    of_b = {name.removeprefix(f"{b}:"): text for name, text in blobs.items() if name.startswith(f"{b}:")}
    return [with_text(f, of_a, of_b) for f in findings]
