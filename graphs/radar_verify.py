"""Merged trees checked with the project's own checks, each in a repository that is thrown away; the sides alone, where that is red."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphs.radar import Clean, Pair, Survey
from graphs.radar_heads import Heads
from orchestrator.boundaries.checks import CheckResult, run_check
from orchestrator.boundaries.git.radar import Radar
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Verified:
    """How the merge of a pair did. ``red_alone``: heads that fail without the other one, so that the merge proves nothing."""

    pair: Pair
    result: CheckResult
    red_alone: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.result.ok

    @property
    def finding(self) -> Finding | None:
        """What it is worth as a conflict."""
        if self.ok or self.red_alone:
            return None
        lines = self.result.tail.splitlines()
        said = Place(path="", line=0, text="\n".join(lines[-12:]))
        return Finding(
            kind=ConflictKind.semantic,
            cause=Cause.checks,
            severity=Severity.high,
            files=(),
            summary=f"each passes {self.result.command!r} alone, both merged do not",
            a=(said,),
            b=(said,),
        )


async def verified(
    radar: Radar,
    heads: Heads,
    survey: Survey,
    commands: Sequence[str],
    timeout_seconds: float,
    known: dict[str, CheckResult],
    told: Told,
) -> list[Verified]:
    """Every pair that merges cleanly and in which both sides changed something, in order. ``known`` by commit is added to."""
    clean = [(pair, outcome.clean) for pair, outcome in survey.outcomes.items() if outcome.clean is not None]
    checks = _Checks(radar, commands, timeout_seconds, known)
    found = []
    for number, (pair, one) in enumerate(clean):
        told(number, len(clean))
        result = await checks.merged(one)
        if result is None:
            continue
        sides = {pair[0]: one.a, (pair[1] if pair[1] is not None else heads.base): one.b}
        red = [] if result.ok else [name for name, commit in sides.items() if not (await checks.alone(commit)).ok]
        found.append(Verified(pair, result, tuple(red)))
    return found


class _Checks:
    def __init__(self, radar: Radar, commands: Sequence[str], timeout_seconds: float, known: dict[str, CheckResult]) -> None:
        self._radar = radar
        self._commands = commands
        self._timeout_seconds = timeout_seconds
        self._known = known

    async def merged(self, pair: Clean) -> CheckResult | None:
        """None: it cannot be merged any more."""
        name = f"{pair.a}+{pair.b}"
        if name in self._known:
            return self._known[name]
        await self._radar.sweep()
        merge = (await self._radar.merges([(pair.a, pair.b)]))[0]
        return await self._of(name, merge.tree, pair.a) if merge.clean else None

    async def alone(self, commit: str) -> CheckResult:
        return await self._of(commit, commit, commit)

    async def _of(self, name: str, tree: str, parent: str) -> CheckResult:
        """The first check that fails, else the last one."""
        if name not in self._known:
            with tempfile.TemporaryDirectory(prefix="televibe-check-", ignore_cleanup_errors=True) as scratch:
                place = Path(scratch) / "merged"
                await self._radar.checked_out(tree, parent, place)
                for command in self._commands:
                    self._known[name] = await run_check(command, place, timeout_seconds=self._timeout_seconds)
                    if not self._known[name].ok:
                        break
        return self._known[name]
