"""What the merge queue stores: each step of an entry with its event, and who is told of it, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from graphs.merge_tell import sides_for, tell_evicted, to_mend
from graphs.resolving import asked_event
from graphs.state import Deps
from orchestrator.boundaries.checks import CheckResult
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.merging import Cause, EntryState, Eviction, MergeEntry
from orchestrator.nouns.work import Goal, GoalState
from orchestrator.verbs.merge_words import passed_line, waiting_line
from orchestrator.verbs.resolution import Asked


def merge_event(deps: Deps, entry: MergeEntry, kind: EventKind, text: str, data: dict[str, Any] | None = None) -> NewEvent:
    about = {"entry": entry.id, "title": entry.title, "branch": entry.branch, **(data or {})}
    return NewEvent(kind=kind, project_id=deps.project.id, goal_id=entry.goal_id, session_id=entry.session_id, text=text, data=about)


def changed(deps: Deps, entry: MergeEntry, **update: object) -> MergeEntry:
    return entry.model_copy(update={**update, "updated_at": deps.now()})


async def record_checking(deps: Deps, entries: Sequence[MergeEntry], base: str, commit: str) -> None:
    """That these are being checked as one, on top of ``base``."""
    if not entries:
        return
    checking = {"state": EntryState.checking, "base": base, "candidate": commit}
    names = ", ".join(entry.id for entry in entries)
    text = f"{names} {'is' if len(entries) == 1 else 'are'} checked on top of {deps.project.default_branch} at {base[:10]}"
    async with deps.store.writing() as tx:
        current = await _open_ones(tx, entries)
        if not current:
            return
        await tx.put(*(changed(deps, entry, **checking) for entry in current))
        data = {"entries": [entry.id for entry in entries], "base": base, "commit": commit}
        await tx.record(NewEvent(kind=EventKind.merge_checking, project_id=deps.project.id, text=text, data=data))


async def record_result(deps: Deps, entries: Sequence[MergeEntry], tree: str, commit: str, result: CheckResult) -> None:
    """How a check command ended; of a goal's work alone it is the goal's event."""
    alone = entries[0] if len(entries) == 1 else None
    on = "" if alone else f" on {', '.join(entry.id for entry in entries)}" if entries else f" on {deps.project.default_branch} itself"
    kind = EventKind.goal_checked if alone is not None and alone.goal_id else EventKind.merge_checked
    data = {**result.as_data, "tree": tree, "commit": commit, "entries": [entry.id for entry in entries]}
    ids = {"goal_id": alone.goal_id, "session_id": alone.session_id} if alone else {}
    async with deps.store.writing() as tx:
        await tx.record(NewEvent(kind=kind, project_id=deps.project.id, text=f"{result.line}{on}", data=data, **ids))


async def record_ready(
    deps: Deps, entries: Sequence[MergeEntry], base: str, commit: str, checks: Sequence[str], lines: Sequence[str]
) -> bool:
    """That ``commit`` is good, and the default branch is about to move to it. False: one of them was taken out meanwhile."""
    async with deps.store.writing() as tx:
        current = await _open_ones(tx, entries)
        if len(current) != len(entries):
            return False
        ready = {"state": EntryState.checked, "base": base, "candidate": commit, "checks": tuple(lines)}
        for entry in current:
            await tx.put(changed(deps, entry, **ready))
            kind = EventKind.goal_checked if entry.goal_id else EventKind.merge_checked
            data = {"base": base, "commit": commit, "unchecked": not checks}
            await tx.record(merge_event(deps, entry, kind, passed_line(checks, commit), data))
            if entry.goal_id:
                goal = await tx.goal(entry.goal_id)
                await tx.put(goal.model_copy(update={"checks": tuple(checks), "updated_at": deps.now()}))
    return True


async def record_landed(deps: Deps, entries: Sequence[MergeEntry], commit: str, *, kept_as: str = "", why: str = "") -> None:
    """They are on the default branch, or (``kept_as``) under a ref only. ``why``: how that came, if not by this queue's own work."""
    where = kept_as or deps.project.default_branch
    state = EntryState.kept if kept_as else EntryState.landed
    async with deps.store.writing() as tx:
        for entry in await _open_ones(tx, entries):
            said = why or ("checked; landing is switched off" if kept_as else f"landed on {where}")
            await tx.put(changed(deps, entry, state=state, landed_commit=commit))
            data: dict[str, Any] = {
                "to": where,
                "commit": commit,
                "said": said,
                "checks": list(entry.checks),
                "with": [e.id for e in entries],
            }
            data["nothing_follows"] = entry.goal_id is None and not deps.policy.merge.push
            await tx.record(merge_event(deps, entry, EventKind.merge_landed, f"{entry.title} {said} at {commit[:10]}", data))


async def record_waiting(deps: Deps, entry: MergeEntry, sensitive: Sequence[str]) -> None:
    """It waits for the user's word on these files; once for each set of them."""
    async with deps.store.writing() as tx:
        if not (current := await _open_ones(tx, [entry])):
            return
        waiting = changed(deps, current[0], state=EntryState.waiting, sensitive=tuple(sensitive), approved=False)
        await tx.put(waiting)
        data = {"files": list(sensitive), "heads": list(entry.heads)}
        await tx.record(merge_event(deps, waiting, EventKind.merge_waiting, waiting_line(waiting), data))


async def record_withdrawn(tx: Writing, deps: Deps, entry: MergeEntry, why: str) -> MergeEntry:
    withdrawn = changed(deps, entry, state=EntryState.withdrawn, reason=why)
    await tx.put(withdrawn)
    text = f"{entry.id} ({entry.title}) is out of the merge queue: {why}"
    await tx.record(merge_event(deps, withdrawn, EventKind.merge_withdrawn, text, {"why": why}))
    return withdrawn


async def record_evicted(deps: Deps, entry: MergeEntry, eviction: Eviction) -> None:
    """It is out: its session and the user are told, its goal is blocked, and mending it is the next instruction of its session, or of
    the one that the strategy names."""
    nonce = secrets.token_hex(4)
    sides = await sides_for(deps, entry, eviction, nonce)
    async with deps.store.writing() as tx:
        if not (current := await _open_ones(tx, [entry])):
            return
        evicted = changed(deps, current[0], state=EntryState.evicted, reason=eviction.reason, log=eviction.log)
        await tx.put(evicted)
        mend = await to_mend(tx, deps, evicted, eviction, sides, nonce)
        await tell_evicted(tx, deps, evicted, eviction, nonce, mend)
        data: dict[str, Any] = eviction.model_dump(mode="json") | {"heads": list(entry.heads), "asked": mend.session.id if mend else ""}
        resolved = mend is not None and eviction.cause is Cause.conflict
        data |= {"nothing_follows": True} if mend is None or resolved else {"instruction": mend.instruction}
        text = f"{entry.title} ({entry.id}) did not land: {eviction.reason}"
        await tx.record(merge_event(deps, evicted, EventKind.merge_evicted, text, data))
        if mend is not None and resolved:
            own = mend.session.id == entry.session_id
            asked = Asked(entry.id, (eviction.base,) if own else (eviction.base, *entry.heads), eviction.files)
            said = f"{mend.session.id} is asked to bring {entry.title} and {deps.project.default_branch} together"
            await tx.record(asked_event(deps, mend.session.id, asked, said, mend.instruction))
        if entry.goal_id:
            await block_in(tx, deps, await tx.goal(entry.goal_id), eviction.reason, eviction.cause.value)


async def block_in(tx: Writing, deps: Deps, goal: Goal, reason: str, where: str) -> None:
    """The goal needs the user; the reason is stored with it. Everything made so far stays where it is."""
    if goal.state.over:
        return
    await tx.put(goal.model_copy(update={"state": GoalState.blocked, "reply": reason, "updated_at": deps.now()}))
    text, data = f"{goal.id} is blocked: {reason}", {"where": where, "reason": reason}
    await tx.record(NewEvent(kind=EventKind.goal_blocked, project_id=deps.project.id, goal_id=goal.id, text=text, data=data))


async def withdraw_all(tx: Writing, deps: Deps, goal_id: str, why: str) -> None:
    """Nothing of the goal waits to land any more."""
    for entry in await tx.merge_entries(deps.project.id, goal_id=goal_id):
        if not entry.state.over:
            await record_withdrawn(tx, deps, entry, why)


async def _open_ones(tx: Writing, entries: Sequence[MergeEntry]) -> list[MergeEntry]:
    """As they are stored now, without those that are over."""
    current = [await tx.merge_entry(entry.id) for entry in entries]
    return [entry for entry in current if not entry.state.over]
