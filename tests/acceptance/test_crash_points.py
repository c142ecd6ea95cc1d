"""Killed with -9 at every crash point: nothing is lost, and no instruction, handoff, message or merge happens twice.

A life is one story that is killed at one point after the other, in the order in which it passes them first, and then runs to its
end. Points that a life did not come by any more get another one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graphs.machine import build
from orchestrator.nouns.event import TRIGGERS
from tests.crash_scenario import STORIES
from tests.forked import Forks, forks

BY_HAND = {"approve"}
"""Nodes without a crash point: this one must begin with its interrupt."""

SEAMS = ("node ", "git ", "handed over ", "agent ")
"""Not ``written …``: what follows a transaction is the next node, or that its trigger is handed over."""

AGREED = "the plan is agreed to beforehand"
NOT_PASSED: dict[str, str] = {
    "handed over goal.answered": AGREED,
    "handed over instruction.given": "queued as any job",
    "handed over workflow.continued": "as workflow.started",
    "handed over sync.requested": "as main.moved",
    "handed over job.stop_requested": "nothing runs when it is stopped",
    "handed over job.cancelled": "as job.failed",
}
"""Points that no story comes by, and why that is no gap."""


@pytest.fixture
async def servers() -> AsyncIterator[list[Forks]]:
    async with forks("tests.crash_scenario") as one, forks("tests.crash_scenario") as other:
        yield [one, other]


class Lives:
    """All lives of one story, and what it is when nobody disturbs it."""

    def __init__(self, server: Forks, scratch: Path, story: str) -> None:
        self._server, self._scratch, self._story = server, scratch, story
        self.points: list[str] = []
        self.expected: dict[str, Any] = {}
        self.wrong: list[str] = []

    async def undisturbed(self) -> None:
        """Learn the points in the order in which they are passed, and the essence."""
        directory = self._directory("0")
        assert await self._server.run(directory, trace=True) == 0, (directory / "child.txt").read_text()
        passed = list(dict.fromkeys((directory / "trace.txt").read_text().splitlines()))
        self.points = [point for point in passed if point.startswith(SEAMS)]
        self.expected = json.loads((directory / "essence.json").read_text())

    async def lived(self, points: list[str]) -> list[str]:
        """Live once, killed at one point after the other until one is not passed any more; returns those at which it was not."""
        directory, killed = self._directory(str(len(list(self._scratch.iterdir())))), 0
        status = -9
        while status == -9 and killed < len(points):
            status = await self._server.run(directory, at=points[killed])
            killed += status == -9
        if status == -9:
            status = await self._server.run(directory)
        if status != 0:
            self.wrong.append(f"{points[:killed]}, then {status}: {(directory / 'child.txt').read_text()[-2000:]}")
            return []
        found = json.loads((directory / "essence.json").read_text())
        different = {key: (found.get(key), value) for key, value in self.expected.items() if found.get(key) != value}
        if different:
            self.wrong.append(f"killed at {points[:killed]}: {different}")
        return points[killed + 1 :] + points[killed : killed + 1]  # the missed one is the first of a later life, where it must come

    def _directory(self, number: str) -> Path:
        made = self._scratch / f"{self._story}-{number}"
        made.mkdir()
        return made


async def test_killed_at_every_point(servers: list[Forks], tmp_path: Path) -> None:
    stories = [Lives(servers[at % 2], tmp_path, story) for at, story in enumerate(STORIES)]
    await asyncio.gather(*(lives.undisturbed() for lives in stories))
    claimed: set[str] = set()
    plans = []
    for lives in sorted(stories, key=lambda lives: len(lives.points)):
        plans.append(_all(lives, [point for point in lives.points if point not in claimed]))
        claimed |= set(lives.points)
    await asyncio.gather(*plans)
    assert [wrong for lives in stories for wrong in lives.wrong] == []
    assert registered() - claimed == set(NOT_PASSED), "every transition has a crash point that a story comes by"
    assert len(claimed) >= 25


async def _all(lives: Lives, points: list[str]) -> None:
    first = set[str]()
    while points:
        assert points[0] not in first, f"{points[0]} was passed once, and not again"
        first.add(points[0])
        points = await lives.lived(points)


def registered() -> set[str]:
    """The points that there are by the code: each node of the machine, and each event that makes the machine do something."""
    nodes = {f"node {name}" for name in build().nodes if name not in BY_HAND}
    return nodes | {f"handed over {kind.value}" for kind in TRIGGERS}
