"""The engine is killed with -9 as soon as a collision is stored: after the restart it was told exactly once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.forked import forks

ONCE = {"open": ["X1"], "known": 1, "events": ["conflict.seen X1"], "told": {"S1": 1, "S2": 1}}


async def test_a_collision_is_told_once_though_the_engine_is_killed(tmp_path: Path) -> None:
    async with forks("tests.radar_scenario") as server:
        assert await server.run(tmp_path, at="written conflict.seen") == -9
        assert not (tmp_path / "essence.json").exists()
        assert await server.run(tmp_path) == 0, (tmp_path / "child.txt").read_text()[-3000:]
    assert json.loads((tmp_path / "essence.json").read_text()) == ONCE
