"""What a plan's tasks will probably collide with: each other, and what live sessions have not landed yet."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.routing import sessions_as_candidates
from graphs.state import Deps
from orchestrator.boundaries.learned import conflict_weights
from orchestrator.nouns.work import Task
from orchestrator.verbs.predict.chance import Work
from orchestrator.verbs.predict.foresee import beside_live, in_order, why

MOST_LIVE = 40
"""Live sessions that a plan is compared with, those that did something last first: each costs a process of git."""


async def foreseen(deps: Deps, tasks: Sequence[Task]) -> list[Task]:
    """The tasks of a plan, in an order in which they do not get into each other's way, with what else they may collide with."""
    weights, above = conflict_weights(), deps.policy.conflicts.serialise_above
    ordered = in_order(tasks, weights, above, deps.roles)
    return beside_live(ordered, await live_work(deps), weights, above, deps.roles)


async def live_work(deps: Deps) -> dict[str, Work]:
    """Session id → what its branch changed that the default branch does not have, and what it was told last."""
    onto = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    if onto is None:
        return {}
    heads, found = await deps.git.heads(), {}
    candidates = sorted(await sessions_as_candidates(deps), key=lambda candidate: candidate.last_active, reverse=True)
    pairs: dict[str, tuple[str, str]] = {}
    for candidate in candidates[:MOST_LIVE]:
        head = heads.get(candidate.session.branch)
        base = await deps.git.merge_base(head, onto) if head else None
        if head and base and (head != base or candidate.queued):
            pairs[candidate.session.id] = (head, base)
    changed = await deps.git.changed_by(pairs.values())
    for candidate in candidates:
        if candidate.session.id in pairs:
            files = sorted(changed[pairs[candidate.session.id][0]])
            said = candidate.recent_work[-1] if candidate.recent_work else await _subjects(deps, *pairs[candidate.session.id])
            found[candidate.session.id] = Work(text=said, files=tuple(files), sure=1.0)
    return found


async def _subjects(deps: Deps, head: str, base: str) -> str:
    """What the branch's own commits say; for work that was begun by hand nothing else does."""
    return "; ".join(commit.subject for commit in reversed(await deps.git.commits(base, head)))


def orders(tasks: Sequence[Task]) -> str:
    """Which tasks wait because of what is foreseen, and why, for one line of the log; empty when none does."""
    made = [f"{task.id} after {seen.other}, {why(seen, whom='both')}" for task in tasks for seen in task.foreseen if seen.ordered]
    return f"; {', '.join(made)}" if made else ""
