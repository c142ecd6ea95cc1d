"""Sorting out what waits to land: what landed already, what was taken back, what waits for the user, what does not merge, what may not.

What is left is the stack that the checks are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphs.gates import gates
from graphs.merge_line import Line
from graphs.merge_record import record_evicted, record_landed, record_waiting, record_withdrawn
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.errors import GitError, MergeConflict
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.merging import Cause, EntryState, Eviction, MergeEntry
from orchestrator.nouns.policy import Landing, Policy
from orchestrator.verbs.merge_queue import Stack
from orchestrator.verbs.merge_words import conflict_reason
from orchestrator.verbs.sensitive import sensitive_among

OUTCOMES = 20
"""Last entries that tell how often one fails."""

NEIGHBOURS = 8
"""Last landings that an entry may be in conflict with."""


@dataclass
class Sorted:
    """``stack``: what can be merged, in order; ``changed``: something was recorded, so that all is to be looked at again."""

    entries: Mapping[str, MergeEntry]
    stack: Stack = ()
    changed: bool = False
    only_kept: bool = False  # landing is switched off for what is in the stack

    def remember(self, line: Line, stack: Stack) -> None:
        """Who landed, and which files that changed, for those that conflict with it later."""
        for n in range(1, len(stack) + 1):
            title, paths = self.entries[stack[n - 1]].title, line.paths.get(stack[:n], frozenset())
            line.neighbours[stack[n - 1]] = (title, paths)
        for old in list(line.neighbours)[:-NEIGHBOURS]:
            del line.neighbours[old]

    def company(self, line: Line) -> tuple[str, ...]:
        return tuple(title for title, _ in line.neighbours.values())[-3:]


async def recent_outcomes(store: Reading, deps: Deps) -> list[bool]:
    """How the last entries ended that were checked: True, they landed; False, their checks failed."""
    kinds = [EventKind.merge_landed, EventKind.merge_evicted]
    ended = await store.events(project_id=deps.project.id, kinds=kinds, newest_first=True, limit=OUTCOMES)
    told = [event for event in ended if event.kind is EventKind.merge_landed or event.data.get("cause") == Cause.check.value]
    return [event.kind is EventKind.merge_landed for event in told]


async def sort_out(deps: Deps, line: Line, policy: Policy, entries: Sequence[MergeEntry], *, ahead: int) -> Sorted:
    """Go through the queue from its head, until the stack has ``ahead`` entries."""
    found = Sorted({entry.id: entry for entry in entries})
    heads = await deps.git.heads() if any(entry.branch for entry in entries) else {}
    for entry in entries:
        if len(found.stack) >= ahead or (found.only_kept and found.stack):
            break
        if entry.state is EntryState.waiting and not entry.approved:
            if why := await _taken_back(deps, entry, heads):
                await _withdraw(deps, entry, why)
            continue
        only_kept = policy.landing is Landing.never and entry.goal_id is not None
        if only_kept and found.stack:
            break
        if await _settled(deps, line, policy, found, entry, heads):
            found.changed = True
        found.only_kept = only_kept and entry.id in found.stack
    return found


async def _settled(deps: Deps, line: Line, policy: Policy, found: Sorted, entry: MergeEntry, heads: Mapping[str, str]) -> bool:
    """Put the entry on the stack; or, if that cannot be, do with it what is to be done. True if something was recorded."""
    main = line.main
    if entry.state is EntryState.checked and entry.candidate and await deps.git.contains(main, entry.candidate):
        await record_landed(deps, [entry], entry.candidate)  # the process that moved the branch was killed behind it
        return True
    if why := await _taken_back(deps, entry, heads):
        await _withdraw(deps, entry, why)
        return True
    stack = (*found.stack, entry.id)
    try:
        here = await line.merge(stack, found.entries)
    except GitError as error:
        return await _in_conflict(deps, line, found, entry, error)
    if here == await line.merge(found.stack, found.entries) and await _has_all(deps, main, entry):
        await record_landed(deps, [entry], main, why=f"has nothing that is not on {deps.project.default_branch}")
        return True
    paths = await line.changed(stack, found.entries)
    sensitive = sensitive_among(paths, policy.merge.sensitive)
    if sensitive and not (entry.approved and set(sensitive) <= set(entry.sensitive)):
        await record_waiting(deps, entry, sensitive)
        return True
    if entry.id not in line.passed and await refused(deps, line, entry, paths):
        return True
    line.passed.add(entry.id)
    found.stack = stack
    return False


async def refused(deps: Deps, line: Line, entry: MergeEntry, paths: frozenset[str]) -> bool:
    """Whether something beside git and the checks says no; then the entry is out."""
    if reason := await gates(deps, entry, paths):
        await record_evicted(deps, entry, Eviction(cause=Cause.gate, reason=reason, base=line.main))
    return bool(reason)


async def _in_conflict(deps: Deps, line: Line, found: Sorted, entry: MergeEntry, error: GitError) -> bool:
    """With the default branch itself: it is out. With what is ahead of it: it waits until that has landed, or is out."""
    if found.stack:
        try:
            await line.merge((entry.id,), found.entries)
        except GitError as alone:
            error = alone
        else:
            return False
    if isinstance(error, MergeConflict):
        rivals = [title for title, paths in line.neighbours.values() if paths & set(error.files)]
        reason = conflict_reason(error.files, deps.project.default_branch, rivals)
        eviction = Eviction(cause=Cause.conflict, reason=reason, base=line.main, files=error.files)
    else:
        eviction = Eviction(cause=Cause.way, reason=f"the branches could not be merged: {error.line()}", base=line.main)
    await record_evicted(deps, entry, eviction)
    return True


async def _has_all(deps: Deps, main: str, entry: MergeEntry) -> bool:
    for head in entry.heads:
        if not await deps.git.contains(main, head):
            return False
    return True


async def _taken_back(deps: Deps, entry: MergeEntry, heads: Mapping[str, str]) -> str:
    """Why a branch does not offer any more what is to land; empty if it does. The commits are kept under a ref in any case."""
    if not entry.branch:
        return ""
    now = heads.get(entry.branch)
    kept = f"what it was is kept as refs/televibe/queue/{entry.id}"
    if now is None:
        return f"its branch {entry.branch} was deleted; {kept}"
    if now != entry.heads[0] and not await deps.git.contains(now, entry.heads[0]):
        return f"its branch {entry.branch} was rewritten; {kept}, and `televibe merge {entry.branch}` queues what it is now"
    return ""


async def _withdraw(deps: Deps, entry: MergeEntry, why: str) -> None:
    async with deps.store.writing() as tx:
        current = await tx.merge_entry(entry.id)
        if not current.state.over:
            await record_withdrawn(tx, deps, current, why)
