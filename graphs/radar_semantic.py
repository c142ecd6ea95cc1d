"""What git merges and is wrong, for many pairs at once: all of their files are read together, then the pairs are compared."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.radar import Clean
from graphs.semantic import prepare, semantic
from orchestrator.boundaries.git.radar import Radar
from orchestrator.nouns.compared import Span
from orchestrator.nouns.conflict import Finding
from orchestrator.verbs.semantic.compare import concern_each_other


async def semantically(radar: Radar, pairs: Sequence[Clean]) -> dict[Span, list[Finding]]:
    """A ``graphs.radar.Semantic``. Pairs without findings are left out."""
    sides = await prepare(radar, [span for pair in pairs for span in ((pair.base, pair.a), (pair.base, pair.b))])
    found = {}
    for pair in pairs:
        one, other = sides.get((pair.base, pair.a)), sides.get((pair.base, pair.b))
        if one is not None and other is not None and concern_each_other(one, other):
            found[pair.a, pair.b] = await semantic(radar, pair.base, pair.a, pair.b, tree=pair.tree)
    return {span: findings for span, findings in found.items() if findings}
