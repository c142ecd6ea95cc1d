"""A survey: many branches, every two of them and each with the default branch, compared as far as they are not known yet."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from orchestrator.boundaries.git.radar import Radar
from orchestrator.nouns.compared import Differences, Merge, Span
from orchestrator.nouns.conflict import Finding
from orchestrator.verbs.concern import Touched, may_meet, touched
from orchestrator.verbs.merge_bases import Bases
from orchestrator.verbs.textual import textual, unrelated, wanted

EVIDENCE_BYTES = 300_000
"""A larger file is named in a finding, and not shown."""

TOGETHER = 250
"""Pairs looked at in one go: merged trees are not kept for longer (see ``Radar.sweep``)."""

SHARE = 10
"""Pairs whose semantic conflicts are looked for in one go: a step of what the user sees."""

KNOWN = 50_000
"""Pairs of commits whose outcome is remembered; fifty branches have 1,225."""

GONE = "a commit is gone: the branch was deleted or moved meanwhile"

Pair = tuple[str, str | None]
"""Names of two heads; None: the commit that all of them are compared with."""


@dataclass(frozen=True, slots=True)
class Clean:
    """A pair that git merges: the merge base, both heads, and the merged tree if it had to be made."""

    base: str
    a: str
    b: str
    tree: str = ""


Semantic = Callable[[Radar, Sequence[Clean]], Awaitable[Mapping[Span, Sequence[Finding]]]]
"""What merges cleanly and is wrong, for many pairs at once, by their heads (a, b)."""


Progress = Callable[[int, int], None]
"""Told how many of how many pairs that have to be looked at are done."""


@dataclass(frozen=True)
class Outcome:
    """What is known of two commits. ``unknown``: why nothing is, in git's words."""

    findings: tuple[Finding, ...] = ()
    clean: Clean | None = None
    unknown: str = ""


@dataclass(frozen=True)
class Survey:
    """What a look found. ``checked`` are the pairs that were merged for it; of the others it was known that they do not meet."""

    pairs: int
    checked: int
    ms: float
    semantic_ms: float
    outcomes: Mapping[Pair, Outcome] = field(repr=False)

    @property
    def findings(self) -> dict[Pair, tuple[Finding, ...]]:
        """Of the pairs that collide."""
        return {pair: outcome.findings for pair, outcome in self.outcomes.items() if outcome.findings}

    @property
    def unknown(self) -> dict[Pair, str]:
        """Pairs that could not be compared, and why."""
        return {pair: outcome.unknown for pair, outcome in self.outcomes.items() if outcome.unknown}


class Surveys:
    """Surveys of one repository, each of which begins with what the ones before it found."""

    def __init__(self, radar: Radar, semantic: Semantic | None = None, progress: Progress = lambda _done, _all: None) -> None:
        self._radar = radar
        self._progress = progress
        self._semantic = semantic
        self._known: OrderedDict[Span, Outcome] = OrderedDict()
        self._touched: OrderedDict[Span, Touched] = OrderedDict()
        self._last: tuple[tuple[tuple[str, str], ...], str, Survey] | None = None

    async def of(self, heads: Mapping[str, str], against: str = "") -> Survey:
        """``heads``: name → commit, in the order in which the first of a pair is to be named; ``against``: a commit, or nothing."""
        started = time.perf_counter()
        asked = tuple(heads.items())
        if self._last is not None and self._last[:2] == (asked, against):
            last = self._last[2]
            return Survey(last.pairs, 0, _since(started), 0.0, last.outcomes)
        pairs: dict[Pair, Span] = {(a, b): (heads[a], heads[b]) for a, b in combinations(heads, 2)}
        if against:
            pairs |= {(name, None): (commit, against) for name, commit in heads.items()}
        new = [span for span in dict.fromkeys(pairs.values()) if span not in self._known]
        checked, semantic_ms = await self._look(new) if new else (0, 0.0)
        outcomes = {pair: self._known[span] for pair, span in pairs.items()}
        self._forget()
        survey = Survey(len(pairs), checked, _since(started), semantic_ms, outcomes)
        self._last = (asked, against, survey)
        return survey

    async def _look(self, spans: Sequence[Span]) -> tuple[int, float]:
        """Know all about these pairs, some hundreds at a time: pairs that git had to merge, milliseconds for what it does not see."""
        bases = await self._radar.bases(dict.fromkeys(commit for span in spans for commit in span))
        await self._read(_from_base(spans, bases))
        checked, semantic = 0, 0.0
        for at in range(0, len(spans), TOGETHER):
            self._progress(at, len(spans))
            await self._radar.sweep()
            some = spans[at : at + TOGETHER]
            checked += await self._textual(some, bases)
            started = time.perf_counter()
            await self._semantically(some, at, len(spans))
            semantic += _since(started)
        return checked, semantic

    async def _textual(self, spans: Sequence[Span], bases: Bases) -> int:
        """Know what git says of these pairs; how many it had to merge."""
        to_merge: list[Span] = []
        for span in spans:
            known = Outcome(unknown=GONE) if bases.gone.intersection(span) else self._without_merge(span, bases.of(*span))
            if known is None:
                to_merge.append(span)
            else:
                self._known[span] = known
        merges = await self._radar.merges(to_merge) if to_merge else []
        colliding = [merge for merge in merges if not merge.clean and not merge.failed]
        names = [name for merge in colliding for name in wanted(merge)]
        objects = await self._radar.blobs(names, limit_bytes=EVIDENCE_BYTES) if names else {}
        for span, merge in zip(to_merge, merges, strict=True):
            self._known[span] = self._outcome(merge, bases.of(*span), objects)
        return len(to_merge)

    def _without_merge(self, span: Span, bases: Sequence[str]) -> Outcome | None:
        """What needs no merge to be known."""
        a, b = span
        if not bases:
            return None if self._radar.origin.partial else Outcome((unrelated(self._radar.origin.shallow),))
        if len(bases) > 1:
            return None  # the base is a merge of its own, and can bring a conflict with it
        if bases[0] in span:
            return Outcome()
        one, other = self._touched.get((bases[0], a)), self._touched.get((bases[0], b))
        if one is None or other is None or may_meet(one, other):
            return None
        return Outcome(clean=Clean(bases[0], a, b))

    def _outcome(self, merge: Merge, bases: Sequence[str], objects: Mapping[str, bytes]) -> Outcome:
        if merge.failed:
            return Outcome(unknown=_explained(merge.failed, partial=self._radar.origin.partial))
        if not merge.clean:
            return Outcome(tuple(textual(merge, objects)))
        return Outcome(clean=Clean(bases[0], merge.a, merge.b, merge.tree) if bases else None)

    async def _read(self, spans: Iterable[Span]) -> None:
        missing = [span for span in spans if span not in self._touched]
        found: Mapping[Span, Differences] = await self._radar.paths(missing) if missing else {}
        for span, differences in found.items():
            self._touched[span] = touched(differences)

    async def _semantically(self, spans: Sequence[Span], before: int, of: int) -> None:
        """Look at what merges cleanly, where both sides changed something; a share at a time, so that it is seen to go on."""
        if self._semantic is None:
            return
        clean = [outcome.clean for span in spans if (outcome := self._known[span]).clean is not None]
        pairs = [pair for pair in clean if pair is not None]
        for at in range(0, len(pairs), SHARE):
            self._progress(before + len(spans) - len(pairs) + at, of)
            await self._semantic_share(pairs[at : at + SHARE])

    async def _semantic_share(self, pairs: Sequence[Clean]) -> None:
        found = await self._semantic(self._radar, pairs) if self._semantic is not None else {}
        for span, findings in found.items():
            if findings:
                self._known[span] = Outcome(tuple(findings), self._known[span].clean)

    def _forget(self) -> None:
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        while len(self._touched) > KNOWN:
            self._touched.popitem(last=False)


def _from_base(spans: Iterable[Span], bases: Bases) -> list[Span]:
    """(base, head) of both sides of each pair that has exactly one base."""
    sides: dict[Span, None] = {}
    for span in spans:
        found = bases.of(*span)
        if len(found) == 1 and found[0] not in span:
            sides |= {(found[0], span[0]): None, (found[0], span[1]): None}
    return list(sides)


def _explained(failed: str, *, partial: bool) -> str:
    if "not something we can merge" in failed:
        return GONE
    return f"{failed}; this is a partial clone, and objects are missing" if partial else failed


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
