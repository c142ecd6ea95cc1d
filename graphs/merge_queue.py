"""The merge queue: the only way to the default branch. One turn after the other it finds out what is so, decides, and does one thing.

Every turn begins with the store and git, so that a turn after a crash is a turn like any other. What lands is kept under a ref and
stored as checked before the branch moves, and stored as landed after it: which of the two an earlier process came to is seen in git.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from datetime import datetime

from graphs.context_file import in_step
from graphs.merge_checks import Results, clear_left_over, known_results, run_checks
from graphs.merge_line import Candidate, Line
from graphs.merge_policy import landing_policy
from graphs.merge_record import record_checking, record_evicted, record_landed, record_ready, record_result
from graphs.merge_sort import Sorted, recent_outcomes, refused, sort_out
from graphs.state import Deps
from orchestrator.boundaries.checks import CheckResult
from orchestrator.nouns.errors import ConfigError, GitError, NotReady, TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.merging import OPEN_ENTRIES, Cause, Eviction, MergeEntry
from orchestrator.nouns.policy import Policy
from orchestrator.verbs.merge_queue import Plan, Stack, batch_size, decide
from orchestrator.verbs.merge_words import check_reason

log = logging.getLogger("televibe.merge_queue")

NEWS = frozenset(
    {EventKind.merge_queued, EventKind.merge_approved, EventKind.merge_withdrawn, EventKind.goal_stopped, EventKind.main_moved}
)
"""What may change what is to be done while checks run."""

NEWS_SECONDS = 5.0

LOOK_AHEAD = 2
"""Entries that are merged beyond those that are checked at the same time. More would be merged anew when one of them fails."""


async def work_off(deps: Deps) -> None:
    """Until nothing is left that can be done without the user."""
    async with deps.store.reading() as store:
        if not await store.merge_entries(deps.project.id, states=OPEN_ENTRIES):
            return
    await clear_left_over(deps)
    queue = MergeQueue(deps, await known_results(deps))
    try:
        while await queue.turn():
            pass
    finally:
        await queue.close()


class MergeQueue:
    """One project's queue while it is worked on. ``turn`` does one thing, and says whether there may be another."""

    def __init__(self, deps: Deps, results: Results) -> None:
        self._deps = deps
        self._results = results
        self._line = Line(deps)
        self._running: dict[str, asyncio.Task[None]] = {}  # tree → its checks
        self._broken: dict[str, str] = {}  # tree → why it cannot be checked
        self._policy: tuple[str, Policy] = ("", deps.policy)
        self._began = deps.now()

    async def turn(self) -> bool:
        async with self._deps.store.reading() as store:
            seen = await store.last_event_id()
            entries = await store.merge_entries(self._deps.project.id, states=OPEN_ENTRIES)
            outcomes = await recent_outcomes(store, self._deps)
        if not entries:
            return False
        main = await self._deps.git.resolve(f"refs/heads/{self._deps.project.default_branch}")
        if main is None:
            why = f"there is no branch {self._deps.project.default_branch}"
            await record_evicted(self._deps, entries[0], Eviction(cause=Cause.way, reason=why))
            return True
        self._line.moved(main)
        try:
            policy = await self._policy_at(main)
        except ConfigError as error:
            await record_evicted(self._deps, entries[0], Eviction(cause=Cause.way, reason=error.line(), base=main))
            return True
        room = policy.merge.parallel_checks or os.cpu_count() or 1
        batch = batch_size(outcomes, policy.merge.batch)
        found = await sort_out(self._deps, self._line, policy, entries, ahead=batch * room + LOOK_AHEAD)
        if found.changed:
            return True
        plan = self._decide(policy, found, batch=batch, room=room)
        if plan.land:
            await self._land(policy, found, plan.land)
        elif plan.evict:
            await self._evict(policy, found, plan)
        else:
            return await self._check(policy, found, plan.check, seen)
        return True

    async def close(self) -> None:
        """Stop what runs; it is begun again by whoever goes on."""
        await self._stop(list(self._running))

    async def _policy_at(self, main: str) -> Policy:
        """What is in force on this commit of the default branch."""
        if self._policy[0] != main:
            self._policy = (main, await landing_policy(self._deps, main))
        return self._policy[1]

    def _decide(self, policy: Policy, found: Sorted, *, batch: int, room: int) -> Plan:
        if not policy.checks:  # each by itself, so that the history tells them apart
            return decide(found.stack, {found.stack[:1]: True} if found.stack else {}, batch=1, room=0)
        known = {}
        for stack, tree in self._line.trees.items():
            verdict = self._results.verdict(tree, policy.checks, self._since(found, stack), self._deps.now())
            verdict = False if tree in self._broken else verdict
            if verdict is not None:
                known[stack] = verdict
        return decide(found.stack, known, batch=batch, room=room)

    def _since(self, found: Sorted, stack: Stack) -> datetime:
        """From when on a failure counts: since all of them are in the queue."""
        return max((found.entries[id_].queued_at for id_ in stack if id_ in found.entries), default=self._began)

    async def _check(self, policy: Policy, found: Sorted, stacks: Sequence[Stack], seen: int) -> bool:
        """Have exactly these checks running, and wait until one ends or something else happened."""
        wanted: dict[str, tuple[Stack, Candidate]] = {}
        for stack in stacks:
            had = stack in self._line.trees
            candidate = await self._line.candidate(stack, found.entries)
            verdict = self._results.verdict(candidate.tree, policy.checks, self._since(found, stack), self._deps.now())
            if not had and verdict is not None:
                return True  # this very tree was checked before, under another name
            wanted[candidate.tree] = (stack, candidate)
        await self._stop([tree for tree in self._running if tree not in wanted])
        for tree, (stack, candidate) in wanted.items():
            if tree not in self._running:
                self._running[tree] = asyncio.create_task(self._run(policy, [found.entries[id_] for id_ in stack], candidate))
        if not self._running:
            return False
        news = asyncio.create_task(self._deps.store.wait_for_news(seen, NEWS_SECONDS, NEWS))
        await asyncio.wait([news, *self._running.values()], return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
        for tree in [tree for tree, task in self._running.items() if task.done()]:
            await self._running.pop(tree)
        return True

    async def _run(self, policy: Policy, entries: Sequence[MergeEntry], candidate: Candidate) -> None:
        """One candidate's checks; that they cannot be run at all is a result, too."""
        main = self._line.main

        async def told(result: CheckResult) -> None:
            await record_result(self._deps, entries, candidate.tree, candidate.commit, result)

        try:
            await record_checking(self._deps, entries, main, candidate.commit)
            await run_checks(self._deps, policy, candidate, self._results, told)
        except (TeleVibeError, OSError) as error:
            log.exception("action=not_checked commit=%s", candidate.commit)
            self._broken[candidate.tree] = error.line() if isinstance(error, TeleVibeError) else f"{type(error).__name__}: {error}"

    async def _stop(self, trees: Sequence[str]) -> None:
        stopping = [self._running.pop(tree) for tree in trees]
        for task in stopping:
            task.cancel()
        await asyncio.gather(*stopping, return_exceptions=True)

    async def _land(self, policy: Policy, found: Sorted, stack: Stack) -> None:
        """The default branch moves to the candidate, if it is still where that was made; else everything is looked at anew."""
        deps, branch = self._deps, self._deps.project.default_branch
        entries, base = [found.entries[id_] for id_ in stack], self._line.main
        for n, entry in enumerate(entries, start=1):
            if await refused(deps, self._line, entry, await self._line.changed(stack[:n], found.entries)):
                return
        candidate = await self._line.candidate(stack, found.entries)
        names = {f"landing/{entry.goal_id or entry.id}": candidate.commit for entry in entries}
        await deps.git.keep_all(names)
        lines = self._lines(policy, candidate.tree)
        if not await record_ready(deps, entries, base, candidate.commit, policy.checks, lines):
            return
        if found.only_kept:
            await record_landed(deps, entries, candidate.commit, kept_as=f"refs/televibe/{next(iter(names))}")
            return
        try:
            await in_step(deps)  # what somebody wrote into the context file meanwhile is not lost under the one that lands
            await deps.git.advance(branch, candidate.commit, base)
        except (GitError, NotReady) as error:
            if await deps.git.resolve(f"refs/heads/{branch}") == base:
                for entry in entries:
                    await record_evicted(deps, entry, Eviction(cause=Cause.way, reason=error.line(), base=base))
            return
        await record_landed(deps, entries, candidate.commit)
        found.remember(self._line, stack)
        self._line.landed(candidate.commit, stack)
        await in_step(deps)

    def _lines(self, policy: Policy, tree: str) -> list[str]:
        found = [self._results.green(tree, command, self._deps.now()) for command in policy.checks]
        return [result.line for result in found if result is not None]

    async def _evict(self, policy: Policy, found: Sorted, plan: Plan) -> None:
        entry, stack = found.entries[plan.evict], (plan.evict,)
        tree = self._line.trees[stack]
        branch, base = self._deps.project.default_branch, self._line.main
        red = self._results.red(tree, policy.checks, self._since(found, stack))
        if red is None:
            eviction = Eviction(cause=Cause.error, reason=f"it could not be checked: {self._broken.pop(tree, '')}", base=base)
        else:
            reason = check_reason(red.command, red.why, main_is_red=plan.main_is_red, branch=branch) + red.aside
            cause = Cause.error if plan.main_is_red else Cause.check
            log_lines = red.telling or red.tail
            eviction = Eviction(cause=cause, reason=reason, log=log_lines, base=base, company=found.company(self._line))
        await record_evicted(self._deps, entry, eviction)
