"""How a survey is shown: a matrix in numbers and letters, then each conflict with its evidence; or one JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from shutil import get_terminal_size
from typing import Any, NamedTuple

from graphs.radar import Pair, Survey
from graphs.radar_heads import Heads
from graphs.radar_verify import Verified
from orchestrator.boundaries.store.glance import OpenConflict
from orchestrator.doors.conflicts_known import Known
from orchestrator.doors.output import Out, Tone, ago, one_line, visible
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place

EVIDENCE_PLACES = 3
EVIDENCE_LINES = 6
CELL = 4
NAME = 32
SHOWN = 12
"""Branches named in one line."""

LETTERS = {ConflictKind.textual: "t", ConflictKind.semantic: "s", ConflictKind.promise: "p"}


class Collision(NamedTuple):
    """One conflict between two named sides."""

    a: str
    b: str
    finding: Finding
    stored: OpenConflict | None = None  # the same, as the project's home knows it


def collisions(heads: Heads, survey: Survey, checks: Sequence[Verified], known: Known) -> list[Collision]:
    """All of them, in the order of the pairs."""
    found = [(_named(pair, heads), finding) for pair, some in survey.findings.items() for finding in some]
    found += [(_named(one.pair, heads), one.finding) for one in checks if one.finding is not None]
    return [Collision(a, b, finding, known.of(a, b, finding)) for (a, b), finding in found]


def document(heads: Heads, survey: Survey, checks: Sequence[Verified], known: Known) -> dict[str, Any]:
    """The JSON document. Scripts depend on its keys."""
    return {
        "pairs": survey.pairs,
        "checked": survey.checked,
        "ms": round(survey.ms, 1),
        "base": heads.base or None,
        "branches": [
            {
                "name": h.name,
                "session": known.sessions.get(h.name),
                "commit": h.commit,
                "worktree": h.worktree or None,
                "uncommitted": h.uncommitted,
                "left_out": h.left_out,
            }
            for h in heads.heads
        ],
        "conflicts": [_conflict(one, known) for one in collisions(heads, survey, checks, known)],
        "unknown": [dict(zip(("a", "b"), _named(pair, heads), strict=True), why=why) for pair, why in survey.unknown.items()],
        "unread": list(heads.unread),
        "verified": [_verified(one, heads) for one in checks],
    }


def proposal(one: Collision) -> str:
    """Who adapts, in one line: as it was told to the sessions, who know the strategy, or by what is less to change."""
    if one.stored is not None and one.stored.proposal:
        return one.stored.proposal
    match one.finding.adapts:
        case "a":
            return f"{one.a} adapts, which is less to change: land {one.b} first"
        case "b":
            return f"{one.b} adapts, which is less to change: land {one.a} first"
        case _:
            if one.finding.cause is Cause.unrelated:
                return "nothing to adapt: they are not of one history"
            return "land either, then bring the other up to it"


def print_survey(out: Out, heads: Heads, survey: Survey, checks: Sequence[Verified], known: Known) -> None:
    """For a reader."""
    found = collisions(heads, survey, checks, known)
    out.line(_headline(heads, survey, found), Tone.bad if found else Tone.warn if survey.unknown else Tone.good)
    if found:
        _print_matrix(out, heads, found, survey, known)
    _print_unrelated(out, [one for one in found if one.finding.cause is Cause.unrelated])
    for one in found:
        if one.finding.cause is not Cause.unrelated:
            _print_collision(out, one, known)
    for pair, why in survey.unknown.items():
        out.line(f"{' ✕ '.join(_named(pair, heads))} could not be compared: {why}", Tone.warn)
    for line in heads.unread:
        out.line(f"not looked at: {line}", Tone.warn)
    for head in heads.heads:
        if head.left_out:
            out.line(f"{head.name}: taken as committed, since in conflict or filtered: {', '.join(head.left_out)}", Tone.quiet)
    _print_checks(out, heads, checks)


def _headline(heads: Heads, survey: Survey, found: Sequence[Collision]) -> str:
    if not heads.heads:
        return f"no branch has anything that {heads.base} has not" if heads.base else "no branches yet: there is nothing to compare"
    count = len(heads.heads)
    with_base = f", each with {heads.base}" if heads.base else ""
    uncommitted = sum(head.uncommitted for head in heads.heads)
    more = f", {uncommitted} with work not committed" if uncommitted else ""
    what = f"{count} branch{'' if count == 1 else 'es'}{more}{with_base}: {survey.pairs:,} pair{'' if survey.pairs == 1 else 's'}"
    kinds = Counter(one.finding.kind.value for one in found)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items(), reverse=True))
    pairs = len({(one.a, one.b) for one in found})
    lost = f", {len(survey.unknown)} could not be compared" if survey.unknown else ""
    return f"{what}, {pairs} collide ({told}){lost}" if found else f"{what}, none{' of the others' if lost else ''} collides{lost}"


def _print_matrix(out: Out, heads: Heads, found: Sequence[Collision], survey: Survey, known: Known) -> None:
    """As a matrix where it fits into the line; else for each branch the ones that it collides with, by number."""
    names = [*([heads.base] if heads.base else []), *(head.name for head in heads.heads)]
    numbers = {name: n for n, name in enumerate(names)}
    cells: dict[tuple[str, str], str] = dict.fromkeys((_named(pair, heads) for pair in survey.unknown), "?")
    for (a, b), kinds in _by_pair(found).items():
        cells[a, b] = "".join(f"{number}{LETTERS[kind]}" for kind, number in kinds.items())
    cells |= {(b, a): cell for (a, b), cell in cells.items()}
    touched = [name for name in names if any(a == name for a, _ in cells)]
    width = min(NAME, max(len(one_line(known.named(name))) for name in touched)) + 5
    size = max(CELL, *(len(cell) + 1 for cell in cells.values()))
    room = get_terminal_size().columns if out.terminal else 120
    fits = width + size * len(touched) <= room
    out.line()
    if fits:
        out.line(" " * width + "".join(f"{numbers[name]:>{size}}" for name in touched), Tone.strong)
    for name in touched:
        label = f"{numbers[name]:>3}  {one_line(known.named(name), NAME)}".ljust(width)
        if fits:
            out.line(label + "".join(f"{_cell(cells, name, other):>{size}}" for other in touched))
        else:
            out.line(f"{label}  collides with {_some([f'{numbers[o]} ({cells[name, o]})' for o in touched if (name, o) in cells])}")
    clean = len(names) - len(touched)
    rest = f" · the other {clean} collide with nothing" if clean > 1 else " · the other one collides with nothing" if clean else ""
    legend = "t textual: git cannot merge them · s semantic: git merges them, and the result is wrong · p promise"
    out.line(f"{legend}{rest}", Tone.quiet)


def _cell(cells: Mapping[tuple[str, str], str], a: str, b: str) -> str:
    return "-" if a == b else cells.get((a, b), ".")


def _by_pair(found: Sequence[Collision]) -> dict[tuple[str, str], Counter[ConflictKind]]:
    pairs: dict[tuple[str, str], Counter[ConflictKind]] = {}
    for one in found:
        pairs.setdefault((one.a, one.b), Counter())[one.finding.kind] += 1
    return pairs


def _print_collision(out: Out, one: Collision, known: Known) -> None:
    finding = one.finding
    out.line()
    out.line(f"{known.named(one.a)} ✕ {known.named(one.b)}: {finding.summary}", Tone.strong)
    named = f" · {', '.join(finding.symbols)}" if finding.symbols else ""
    since = f" · {one.stored.id}, seen {ago(datetime.fromisoformat(one.stored.first_seen))}" if one.stored else ""
    out.line(f"  {finding.kind.value}, {finding.cause.value}, {finding.severity.value}{named}{since}")
    for name, places in ((one.a, finding.a), (one.b, finding.b)):
        for place in places[:EVIDENCE_PLACES]:
            out.write("".join(_evidence(name, place)))
        if len(places) > EVIDENCE_PLACES:
            out.line(f"    and {len(places) - EVIDENCE_PLACES} more places")
    out.line(f"  proposal: {proposal(one)}")


def _print_unrelated(out: Out, found: Sequence[Collision]) -> None:
    """In one line for the branch that has no history with any, which others are then not said to collide with."""
    if not found:
        return
    counts = Counter(name for one in found for name in (one.a, one.b))
    alone = max(counts, key=lambda name: counts[name])
    others = [one.b if one.a == alone else one.a for one in found if alone in (one.a, one.b)]
    out.line()
    out.line(f"{alone} ✕ {_some(others)}: {found[0].finding.summary}", Tone.strong)
    _print_unrelated(out, [one for one in found if alone not in (one.a, one.b)])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _evidence(name: str, place: Place) -> Iterator[str]:
    where = f"{place.path}:{place.line}" if place.line else place.path
    lines = [visible(line) for line in place.text.split("\n")] if place.text else []
    if place.line == 0 and len(lines) == 1:
        yield f"    {one_line(name)}  {one_line(where)}: {lines[0]}\n"
        return
    yield f"    {one_line(name)}  {one_line(where)}\n"
    yield from (f"      | {line}\n" for line in lines[:EVIDENCE_LINES])
    if not lines:
        yield "      | (nothing: these lines are gone)\n"
    if len(lines) > EVIDENCE_LINES:
        yield f"      … {len(lines) - EVIDENCE_LINES} lines more\n"


def _print_checks(out: Out, heads: Heads, checks: Sequence[Verified]) -> None:
    for one in checks:
        a, b = _named(one.pair, heads)
        if one.red_alone:
            out.line(f"{a} with {b}: {one.result.line}, and so does {' and '.join(one.red_alone)} alone", Tone.warn)
        else:
            out.line(f"{a} with {b}: {one.result.line}", Tone.good if one.ok else Tone.bad)


def _named(pair: Pair, heads: Heads) -> tuple[str, str]:
    return pair[0], heads.base if pair[1] is None else pair[1]


def _conflict(one: Collision, known: Known) -> dict[str, Any]:
    finding = one.finding
    return {
        "a": one.a,
        "b": one.b,
        "kind": finding.kind.value,
        "cause": finding.cause.value,
        "files": list(finding.files),
        "symbols": list(finding.symbols),
        "severity": finding.severity.value,
        "summary": finding.summary,
        "evidence": {side: [place.model_dump() for place in places] for side, places in (("a", finding.a), ("b", finding.b))},
        "proposal": proposal(one),
        "sessions": {"a": known.sessions.get(one.a), "b": known.sessions.get(one.b)},
        "id": one.stored.id if one.stored else None,
        "first_seen": one.stored.first_seen if one.stored else None,
    }


def _verified(one: Verified, heads: Heads) -> dict[str, Any]:
    a, b = _named(one.pair, heads)
    return {"a": a, "b": b, "ok": one.ok, "red_alone": list(one.red_alone), "check": one.result.as_data}
