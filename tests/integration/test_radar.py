"""The radar's git side: it says of every pair what git says, runs nothing of the user's, and leaves the repository as it is."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from orchestrator.boundaries.git.radar import QuarantinedRadar, open_radar
from orchestrator.nouns.compared import Merge
from tests.colliding import by_merge_tree, make_colliding


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_colliding(tmp_path_factory.mktemp("radar") / "repo")


@pytest_asyncio.fixture
async def radar(repo: Path) -> AsyncIterator[QuarantinedRadar]:
    async with open_radar(str(repo)) as radar:
        yield radar


def stages_of(merge: Merge) -> set[tuple[str, str, str, str]]:
    return {(str(stage.number), stage.mode, stage.blob, stage.path) for stage in merge.stages}


async def test_every_pair_is_merged_as_git_merges_it(repo: Path, radar: QuarantinedRadar) -> None:
    heads = await radar.heads()
    bases = await radar.bases(heads.values())
    chosen = [name for name in heads if name not in {"attributes", "unrelated"}]
    pairs = list(itertools.combinations(chosen, 2))
    merges = await radar.merges([(heads[a], heads[b]) for a, b in pairs])
    # One of git's own for every seventh pair, and for all that are in conflict
    told = [n for n, merge in enumerate(merges) if not merge.clean or n % 7 == 0]
    for n in told:
        a, b = pairs[n]
        clean, tree, stages, kinds = by_merge_tree(repo, heads[a], heads[b])
        mine = merges[n]
        assert (mine.clean, mine.tree, stages_of(mine), [said.kind for said in mine.said]) == (clean, tree, stages, kinds), (a, b)
        assert bases.of(heads[a], heads[b]), (a, b)
    assert sum(not merge.clean for merge in merges) > 30
