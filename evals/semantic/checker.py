"""The engine asked about cases: it gets the three commits, and what it finds is compared with the truth."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from evals.scores import Answer
from evals.semantic.cases import Case
from evals.semantic.repository import Commits
from graphs.semantic import semantic
from orchestrator.boundaries.git.radar import open_radar
from orchestrator.nouns.conflict import Finding


async def asked(cases: Sequence[Case], commits: Sequence[Commits], repository: Path) -> AsyncIterator[Answer]:
    """What the engine says of each case, in order, with the time it took for it. A finding of any severity is a yes."""
    async with open_radar(str(repository), repository.with_name("radar")) as radar:
        for case, one in zip(cases, commits, strict=True):
            started = time.perf_counter()
            found = await semantic(radar, one.base, one.a, one.b)
            ms = (time.perf_counter() - started) * 1000
            yield Answer(case.name, case.kind, right=case.conflict, said=bool(found), ms=ms, words=_words(found))


def _words(found: Sequence[Finding]) -> str:
    return "; ".join(f"{one.cause.value}: {one.summary}" for one in found)
