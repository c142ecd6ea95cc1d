"""The check after each job for what slipped past the hook: files changed in spite of a lease or an owner, as git tells.

The work is not taken out of the branch, as what a role may not change is (``set_aside``): a lease or an owner is an agreement about who
goes first, and the change may well be wanted. The session and whoever it concerns are told, and the merge gate holds the branch back
until they came to terms (``verbs/lease_gate.py``, ``verbs/editing.may_land``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphs.post import post
from graphs.state import Deps
from graphs.territory import needs_lease, territory_of
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.engine.given_heads import given_heads
from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.editing import Denial, Wall, may_edit
from orchestrator.verbs.lease_gate import Found, granted_to, look
from orchestrator.verbs.leases import shown
from orchestrator.verbs.ownership import Territory, of_whom

log = logging.getLogger("televibe.edits")


@dataclass(frozen=True)
class Changed:
    """What a job changed by itself; and, of each lease that it released on its way, what it changed afterwards."""

    paths: tuple[str, ...] = ()
    after: Mapping[str, frozenset[str]] = field(default_factory=dict)


async def changed_by_job(deps: Deps, job: Job, session: Session, head: str) -> Changed:
    """Asked of git before the job's last transaction; nothing, when no lease, owner or lock could have been passed over."""
    if not job.base_commit or head in {"", job.base_commit}:
        return Changed()
    async with deps.store.reading() as store:
        if not await _concerns(store, deps, session):
            return Changed()
        released = await _released_at(store, deps, job, session)
    try:
        given = await given_heads(deps, job, session)
        paths = await deps.git.touched(job.base_commit, head, given)
        after = {lease: frozenset(await deps.git.touched(at, head, given)) for lease, at in released.items() if at != head}
    except GitError as error:
        log.warning("action=edits_unchecked job=%s error=%s", job.id, error.line())
        return Changed()
    return Changed(tuple(paths), {**dict.fromkeys(released, frozenset()), **after})


async def _concerns(store: Reading, deps: Deps, session: Session) -> bool:
    if (await territory_of(store, deps)).used() & {Strategy.locks, Strategy.ownership}:
        return True
    others = [lease for lease in await store.leases(deps.project.id, states=[LeaseState.held]) if lease.session_id != session.id]
    return bool(others)


async def _released_at(store: Reading, deps: Deps, job: Job, session: Session) -> dict[str, str]:
    """Lease → where the branch was when the session let it go within this job."""
    events = await store.events(project_id=deps.project.id, session_id=session.id, kinds=[EventKind.lease_ended])
    return {str(e.data["id"]): str(e.data["head"]) for e in events if e.data["head"] and job.started_at and e.at >= job.started_at}


async def record_edits(tx: Writing, deps: Deps, job: Job, session: Session, changed: Changed) -> None:
    """Record what was changed in spite of a lease or an owner, and tell both, in the transaction that ends the job."""
    if not changed.paths:
        return
    territory, leases = await territory_of(tx, deps), await tx.leases(deps.project.id)
    found = [f for path in changed.paths if (f := _found(deps, session, path, territory, leases, changed)) is not None]
    owned = [d for path in changed.paths if (d := _of_others(deps, session, path, territory)) is not None]
    if not found and not owned:
        return
    listed = [f._asdict() for f in found] + [Found(session.id, d.path, 0)._asdict() for d in owned]
    paths = list(dict.fromkeys(one["path"] for one in listed))
    text = f"{session.id} changed in {job.id} what it should have left alone: {shown(paths)}; it does not land as it is"
    ids = {"session_id": session.id, "goal_id": job.goal_id, "task_id": job.task_id, "job_id": job.id}
    await tx.record(NewEvent(kind=EventKind.edit_found, project_id=job.project_id, text=text, data={"found": listed}, **ids))
    await _tell(tx, deps, job, [session.id], _to_maker(found, owned))
    sessions = await tx.sessions(deps.project.id, live_only=True)
    for other, theirs in _by_other(found, owned, [s for s in sessions if s.id != session.id]).items():
        text = f"{session.id} changed {shown(theirs)} on {session.branch}, which you hold or own. It is held back until you both agree."
        await _tell(tx, deps, job, [other], text)


def _found(deps: Deps, session: Session, path: str, territory: Territory, leases: Sequence[Lease], changed: Changed) -> Found | None:
    """An edit without the lease that it needs, or while somebody else had one."""
    if needs_lease(path, territory):
        mine = granted_to(session.id, path, leases)
        if mine is not None and path not in changed.after.get(mine.id, {path}):
            return None  # it was done before the session let go of it
        return look(session.id, path, leases)
    verdict = may_edit(path, session, territory, leases, deps.now())
    lease = verdict.lease if isinstance(verdict, Denial) else None
    return Found(session.id, path, 0, lease.session_id, lease.fence) if lease is not None else None


def _of_others(deps: Deps, session: Session, path: str, territory: Territory) -> Denial | None:
    verdict = may_edit(path, session, territory, (), deps.now())
    return verdict if isinstance(verdict, Denial) and verdict.wall is Wall.owner else None


def _to_maker(found: Sequence[Found], owned: Sequence[Denial]) -> str:
    said = []
    if found:
        paths = shown([f.path for f in found])
        whose = sorted({f.other for f in found if f.other})
        held = f", while {', '.join(whose)} had the lease" if whose else ""
        said.append(
            f"You changed {paths} without holding its lease{held}. It does not land as it is: take the lease (acquire_file_lock), look "
            "at what the file has become meanwhile, and end your work under it."
        )
    if owned:
        owners = ", ".join(sorted({d.owner for d in owned}))
        said.append(f"You changed {shown([d.path for d in owned])}, which belongs to {owners}: take it back, or have the owner agree.")
    return " ".join(said)


def _by_other(found: Iterable[Found], owned: Iterable[Denial], others: Sequence[Session]) -> dict[str, list[str]]:
    """Session → paths of its own that somebody else changed."""
    by: dict[str, list[str]] = {}
    live = {session.id for session in others}
    for one in found:
        if one.other in live:
            by.setdefault(one.other, []).append(one.path)
    for denial in owned:
        for session in of_whom(denial.owner, others)[:1]:
            by.setdefault(session.id, []).append(denial.path)
    return by


async def _tell(tx: Writing, deps: Deps, job: Job, to: list[str | None] | list[str], text: str) -> None:
    receivers: list[str | None] = [*to]
    kind = MessageType.notice
    await post(tx, deps, author=Author.televibe, sender=None, receivers=receivers, type_=kind, content=text, job_id=job.id)
