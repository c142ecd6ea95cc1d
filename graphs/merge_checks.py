"""The checks of what is about to land: in clean worktrees that are thrown away, with results that are never asked for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from graphs.merge_line import Candidate
from graphs.state import Deps
from orchestrator.boundaries.checks import CheckResult, kill_left_by, run_check
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.policy import Policy

FOLDER = "landing-"
"""Worktrees of landings, in the home, are named so."""

REMEMBERED = 400
"""Newest results that the next engine still knows."""

GREEN_HOURS = 24.0
"""How long a check that passed counts: what it needs beside the tree (a tool, a service) may be another one then."""


@dataclass
class Results:
    """(tree, command) → how the command ended on exactly that tree, and when."""

    found: dict[tuple[str, str], tuple[CheckResult, datetime]] = field(default_factory=dict)

    def add(self, tree: str, result: CheckResult, at: datetime) -> None:
        self.found[tree, result.command] = (result, at)

    def green(self, tree: str, command: str, now: datetime) -> CheckResult | None:
        result, at = self.found.get((tree, command), (None, now))
        return result if result is not None and result.ok and now - at < timedelta(hours=GREEN_HOURS) else None

    def verdict(self, tree: str, commands: Sequence[str], since: datetime, now: datetime) -> bool | None:
        """Whether the tree is good. A failure counts if it was seen since: who comes again wants to be checked again."""
        if self.red(tree, commands, since) is not None:
            return False
        return True if all(self.green(tree, command, now) for command in commands) else None

    def red(self, tree: str, commands: Sequence[str], since: datetime) -> CheckResult | None:
        for command in commands:
            result, at = self.found.get((tree, command), (None, since))
            if result is not None and not result.ok and at >= since:
                return result
        return None


async def known_results(deps: Deps) -> Results:
    """What earlier engines recorded."""
    results = Results()
    kinds = [EventKind.merge_checked, EventKind.goal_checked]
    async with deps.store.reading() as store:
        events = await store.events(project_id=deps.project.id, kinds=kinds, limit=REMEMBERED, newest_first=True)
    for event in reversed(events):
        if tree := event.data.get("tree"):
            values = {name: event.data[name] for name in CheckResult.model_fields if name in event.data}
            results.add(str(tree), CheckResult.model_validate(values), event.at)
    return results


async def clear_left_over(deps: Deps) -> None:
    """What a killed engine left: processes of its checks, and their worktrees."""
    folder = deps.home.worktree(deps.project.id, "")
    for path in sorted(folder.glob(f"{FOLDER}*")) if folder.is_dir() else []:
        await asyncio.to_thread(kill_left_by, path)
        await deps.git.remove_worktree(str(path))


async def run_checks(
    deps: Deps, policy: Policy, candidate: Candidate, results: Results, told: Callable[[CheckResult], Awaitable[None]]
) -> None:
    """Each command until the first that fails, those that passed on this tree already left out. ``told``: each result, as it comes."""
    path = deps.home.worktree(deps.project.id, f"{FOLDER}{candidate.tree[:20]}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        await deps.git.add_detached_worktree(str(path), candidate.commit)
        for command in policy.checks:
            if results.green(candidate.tree, command, deps.now()):
                continue
            result = await run_check(command, path, timeout_seconds=policy.check_minutes * 60)
            result = result.model_copy(update={"edited": await _edited(deps, path, candidate.commit)})
            results.add(candidate.tree, result, deps.now())
            await told(result)
            if not result.ok:
                return
    finally:
        await deps.git.remove_worktree(str(path))


async def _edited(deps: Deps, path: Path, commit: str) -> tuple[str, ...]:
    """Tracked files that a command changed; they are put back, so that the next one sees what lands."""
    if not path.is_dir():
        return ("its whole worktree",)
    edits = await deps.git.edits(str(path), commit)
    if edits:
        await deps.git.restored(str(path), commit)
    return tuple(edits)
