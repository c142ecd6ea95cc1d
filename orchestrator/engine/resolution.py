"""Looking through what a job brought together: of each merge that its agent made, what survived of both sides.

A marker that is left, and red checks of a resolution that was asked for, fail the job, and its session is asked once more. A loss may
be meant: whoever made either side is told what is not there any more, and so is the user.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphs.post import post
from graphs.resolving import asked_event
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.engine.handoff_checks import checks_on
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.repo import Commit
from orchestrator.nouns.session import Session
from orchestrator.nouns.survival import Survival
from orchestrator.verbs.resolution import Asked, once_more
from orchestrator.verbs.survival import report_lines, survival, verdict

MERGES, FILES = 5, 200
"""Merges of one job, and files of one merge, that are looked through."""

RECENT = 50
"""Of what a session was asked to bring together: the newest."""

TIMES = 2
"""How often a session is asked to resolve one conflict."""


@dataclass(frozen=True)
class Merged:
    """A merge of the agent's, and what it kept. ``owners``: whose work the other side is, as far as the store knows."""

    commit: Commit
    found: Survival
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Resolved:
    """What a job brought together. ``asked``: it was told to, because of this conflict."""

    merges: tuple[Merged, ...]
    asked: Asked | None
    failed: tuple[str, ...] = ()  # checks

    @property
    def wrong(self) -> str:
        """Why the job cannot count as done; empty when it can."""
        marked = [place for merged in self.merges for place in merged.found.markers]
        if marked:
            return f"conflict markers are left: {', '.join(marked[:5])}"
        return f"what was brought together does not pass: {self.failed[0]}" if self.failed else ""


async def look_through(deps: Deps, job: Job, session: Session, made: Mapping[str, Any]) -> Resolved | None:
    """None when the agent merged nothing."""
    head = str(made["head_commit"])
    merges = [c for c in await deps.git.commits(job.base_commit, head) if len(c.parents) == 2][-MERGES:]
    async with deps.store.reading() as store:
        told = await store.events(session_id=session.id, kinds=[EventKind.resolution_asked], newest_first=True, limit=RECENT)
        before = await store.events(session_id=session.id, kinds=[EventKind.resolution_checked], newest_first=True, limit=1)
    open_ = [Asked.of(event.data) for event in told]
    asked = await _asked(deps, open_, job.base_commit, head) if merges else None
    if not merges and before and before[0].data["wrong"]:  # it mends now what it merged then
        asked = next((one for one in open_ if one.id == before[0].data["asked"]), None)
        merge = str(before[0].data["merge"])
        merges = (await deps.git.commits(f"{merge}^", merge))[-1:]
    if not merges:
        return None
    looked = [await _merged(deps, merge, head if asked else merge.sha, session, asked) for merge in merges]
    checks = (made.get("checks") or await checks_on(deps, job, head)) if asked else ()
    failed = _failed(checks)
    if failed and asked and asked.beside:  # what else it was to do may be meant to be red: a test that is written first
        failed = _failed(await checks_on(deps, job, merges[-1].sha))
    return Resolved(tuple(looked), asked, failed)


def _failed(checks: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in checks if line.startswith("failed: "))


async def record_resolved(tx: Writing, deps: Deps, job: Job, resolved: Resolved | None) -> None:
    """Store what was found, tell those whom it concerns, and ask once more where it will not do."""
    if resolved is None:
        return
    for merged in resolved.merges:
        names = (job.session_id, merged.owners[0] if merged.owners else f"the other side ({merged.commit.parents[1][:10]})")
        lines = report_lines(merged.found, names)
        said = f"{job.session_id} brought two sides together ({merged.commit.sha[:10]}): {verdict(merged.found)}"
        data = {"merge": merged.commit.sha, "sides": list(merged.commit.parents), "owners": list(merged.owners),
                "asked": resolved.asked.id if resolved.asked else "", "lines": lines, "failed": list(resolved.failed),
                "wrong": resolved.wrong, "whole": merged.found.whole,
                **merged.found.model_dump(mode="json")}  # fmt: skip
        await tx.record(_event(job, said, data))
        if not merged.found.whole:
            text = "\n".join([f"{said}. What was merged is in git as it was: both sides are parents of that commit.", *lines])
            to: list[str | None] = [job.session_id, *(await _open(tx, merged.owners)), None]
            await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=MessageType.notice, content=text)
    if resolved.wrong and resolved.asked:
        await _ask_again(tx, deps, job, resolved, resolved.asked)


async def _ask_again(tx: Writing, deps: Deps, job: Job, resolved: Resolved, asked: Asked) -> None:
    told = await tx.events(session_id=job.session_id, kinds=[EventKind.resolution_asked])
    if sum(event.data["id"] == asked.id for event in told) >= TIMES:
        return
    marked = next((m.found for m in resolved.merges if m.found.markers), resolved.merges[-1].found)
    text = f"{job.session_id} is asked once more to bring both sides together: {resolved.wrong}"
    await tx.record(asked_event(deps, job.session_id, replace(asked, beside=False), text, once_more(marked, resolved.failed)))


async def _asked(deps: Deps, newest_first: Sequence[Asked], base: str, head: str) -> Asked | None:
    """The newest conflict that this job was to resolve: its branch has now what it had not."""
    for asked in newest_first:
        if await _has(deps, head, asked) and not await _has(deps, base, asked):
            return asked
    return None


async def _has(deps: Deps, head: str, asked: Asked) -> bool:
    for commit in asked.commits:
        if not await deps.git.contains(head, commit):
            return False
    return True


async def _merged(deps: Deps, merge: Commit, result: str, session: Session, asked: Asked | None) -> Merged:
    ours, theirs = merge.parents
    there = {commit.sha for commit in await deps.git.commits(ours, theirs)} if asked else set()
    async with deps.store.reading() as store:
        owners = await _owners(store, theirs, session, there, asked.files if asked else ())
    base = await deps.git.merge_base(ours, theirs)
    texts = await _texts(deps, base, ours, theirs, result) if base else [{}, {}, {}, {}]
    return Merged(merge, survival(*texts), owners)


async def _texts(deps: Deps, base: str, ours: str, theirs: str, result: str) -> list[dict[str, str]]:
    """The four texts of each file that can tell: which the result has otherwise than a side that changed it, or than both."""
    pairs = {name: await _differing(deps, *pair) for name, pair in
             {"a": (base, ours), "b": (base, theirs), "from_a": (ours, result), "from_b": (theirs, result)}.items()}  # fmt: skip
    telling = (pairs["a"] & pairs["from_a"]) | (pairs["b"] & pairs["from_b"]) | (pairs["from_a"] & pairs["from_b"])
    paths = sorted(telling)[:FILES]
    blobs = await deps.git.read_blobs([(commit, path) for commit in (base, ours, theirs, result) for path in paths])
    read = {key: blob.decode(errors="replace") for key, blob in blobs.items() if b"\0" not in blob}
    return [{path: read[commit, path] for path in paths if (commit, path) in read} for commit in (base, ours, theirs, result)]


async def _differing(deps: Deps, old: str, new: str) -> set[str]:
    return {path for file in await deps.git.changed_files(old, new) for path in (file.path, file.old_path) if path}


async def _owners(store: Reading, theirs: str, session: Session, there: Collection[str], files: Sequence[str]) -> tuple[str, ...]:
    """Sessions whose job ended at the other side's commit, or whose goal landed as it; and those whose job changed the files that were
    in conflict and is part of that side, which is a merge of theirs then."""
    jobs = await store.jobs(session.project_id)
    goals = {goal.id for goal in await store.goals(session.project_id) if goal.landed_commit == theirs}
    found = [job.session_id for job in jobs if job.head_commit == theirs or job.goal_id in goals]
    found += [job.session_id for job in jobs if job.head_commit in there and set(files) & set(job.files_changed)]
    return tuple(id_ for id_ in dict.fromkeys(found) if id_ != session.id)


async def _open(store: Reading, owners: Sequence[str]) -> list[str]:
    return [owner for owner in owners if (await store.session(owner)).live]


def _event(job: Job, text: str, data: dict[str, Any]) -> NewEvent:
    ids = {"goal_id": job.goal_id, "task_id": job.task_id, "session_id": job.session_id, "job_id": job.id}
    return NewEvent(kind=EventKind.resolution_checked, project_id=job.project_id, text=text, data=data, **ids)
