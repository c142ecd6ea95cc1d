"""Leases in the store: asked for, granted, renewed, freed. Each in the caller's transaction, and whatever ends a lease
grants the next ones in the same transaction and tells whose turn it is, so that a free file never waits for anybody to notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import OPEN_JOBS, Job, JobState
from orchestrator.nouns.lease import OPEN_LEASES, Lease, LeaseState
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.leases import (
    Denied,
    Granted,
    Known,
    Waits,
    answer_to,
    clock,
    ended,
    grantable,
    granted,
    in_the_way,
    renewed,
    run_out,
    shown,
)


class Wish(NamedTuple):
    """What is asked for. ``patterns`` are checked ones."""

    patterns: tuple[str, ...]
    exclusive: bool
    minutes: float
    reason: str
    wait: bool


async def acquire(tx: Writing, deps: Deps, session: Session, wish: Wish, job: Job | None = None) -> Lease:
    """The lease, held or waiting for its turn. ``Refused`` says why it is neither."""
    open_leases = await settle(tx, deps)
    wanted = Lease(
        id="",
        project_id=deps.project.id,
        session_id=session.id,
        patterns=wish.patterns,
        exclusive=wish.exclusive,
        reason=wish.reason,
        state=LeaseState.queued,
        minutes=wish.minutes,
        job_id=job.id if job else None,
        asked_at=deps.now(),
    )
    match answer_to(wanted, open_leases, wait=wish.wait):
        case Denied(why, remedy):
            raise Refused(why, remedy)
        case Known(lease):
            return lease
        case Granted():
            return await _grant(tx, deps, wanted.model_copy(update={"id": await tx.next_id("L")}), told=False)
        case Waits(behind):
            asked = wanted.model_copy(update={"id": await tx.next_id("L")})
            await tx.put(asked)
            text = f"{session.id} waits for {shown(asked.patterns)} ({asked.id}): {in_the_way(behind)}"
            await tx.record(_event(asked, EventKind.lease_asked, text, {"behind": [lease.id for lease in behind]}))
            return asked


async def renew(tx: Writing, deps: Deps, lease: Lease, minutes: float) -> Lease:
    """The lease with a later end. ``Refused`` when its time is over, or others waited long enough."""
    open_leases = await settle(tx, deps)
    longer = renewed(await tx.lease(lease.id), open_leases, minutes, deps.now())
    if isinstance(longer, Denied):
        raise Refused(longer.why, longer.remedy)
    await tx.put(longer)
    assert longer.expires_at is not None, "a lease that was renewed is held"
    text = f"{longer.id} of {longer.session_id} holds until {clock(longer.expires_at)}"
    await tx.record(_event(longer, EventKind.lease_renewed, text, {}))
    return longer


async def release(tx: Writing, deps: Deps, leases: Sequence[Lease], why: str, *, head: str = "") -> list[Lease]:
    """End them in order, and grant what they were in the way of. ``head``: the holder's branch by then, for the check after its job."""
    over = []
    for lease in leases:
        state = LeaseState.released if lease.state is LeaseState.held else LeaseState.withdrawn
        over.append(await _end(tx, deps, lease, state, why, head=head))
    await settle(tx, deps)
    return over


async def settle(tx: Writing, deps: Deps) -> list[Lease]:
    """End what ran out and grant whose turn it is; the leases that are open then. Doing it twice is the same as once."""
    open_leases = await tx.leases(deps.project.id, states=OPEN_LEASES)
    over = run_out(open_leases, deps.now())
    for lease in over:
        await _end(tx, deps, lease, LeaseState.expired, "its time ran out")
        text = f"{lease.id} ({shown(lease.patterns)}) ran out. Others may edit it now: before you do, ask for it again."
        await _tell(tx, deps, lease, MessageType.notice, text)
    left = [lease for lease in open_leases if lease not in over]
    changed = {lease.id: await _grant(tx, deps, lease, told=True) for lease in grantable(left)}
    return [changed.get(lease.id, lease) for lease in left]


async def bind(tx: Writing, session: Session, job: Job) -> None:
    """A job begins: what the session holds from its earlier ones, such as a lease that it waited for, ends with this one."""
    for lease in await tx.leases(job.project_id, session_id=session.id, states=[LeaseState.held]):
        if lease.job_id not in {None, job.id}:
            await tx.put(lease.model_copy(update={"job_id": job.id}))


async def free_job(tx: Writing, deps: Deps, job: Job) -> None:
    """A job is over: what was held for it is freed. What its session waits for it goes on waiting for, if the job ended well: it is
    called when its turn comes."""
    mine = await tx.leases(deps.project.id, session_id=job.session_id, states=OPEN_LEASES)
    over = [lease for lease in mine if lease.job_id == job.id and (lease.state is LeaseState.held or job.state is not JobState.done)]
    if over:
        await release(tx, deps, over, f"{job.id} is over")


async def free_session(tx: Writing, deps: Deps, session: Session, why: str) -> None:
    """A session is closed or stopped: it waits for nothing any more, and holds nothing unless a job of it is still to end."""
    mine = await tx.leases(deps.project.id, session_id=session.id, states=OPEN_LEASES)
    busy = bool(await tx.jobs(session_id=session.id, states=OPEN_JOBS)) and session.live
    over = [lease for lease in mine if lease.state is LeaseState.queued or not busy]
    if over:
        await release(tx, deps, over, why)


async def sweep(deps: Deps) -> int:
    """End what is due, and what a job left that broke without its end being recorded; returns how many leases changed."""
    async with deps.store.reading() as store:
        open_leases = await store.leases(deps.project.id, states=OPEN_LEASES)
        jobs = [await store.job(job_id) for job_id in {lease.job_id for lease in open_leases if lease.job_id}]
    dead = [lease for lease in open_leases if any(_died(lease, job) for job in jobs)]
    if not dead and not run_out(open_leases, deps.now()) and not grantable(open_leases):
        return 0
    async with deps.store.writing() as tx:
        before = {lease.id: lease for lease in await tx.leases(deps.project.id, states=OPEN_LEASES)}
        for lease in dead:
            if lease.id in before:
                state = LeaseState.expired if lease.state is LeaseState.held else LeaseState.withdrawn
                await _end(tx, deps, lease, state, f"{lease.job_id}, which it was for, broke")
        after = {lease.id: lease for lease in await settle(tx, deps)}
        return sum(after.get(id_) != lease for id_, lease in before.items())


def _died(lease: Lease, job: Job) -> bool:
    """Whether its holder's job is over and did not free it. One that was granted after the end of the job it was asked in waits for its
    session to be called."""
    if lease.job_id != job.id or not job.state.over:
        return False
    if lease.state is LeaseState.queued:
        return job.state is not JobState.done
    return job.finished_at is None or lease.granted_at is None or lease.granted_at <= job.finished_at


async def _grant(tx: Writing, deps: Deps, lease: Lease, *, told: bool) -> Lease:
    now = granted(lease, await tx.next_fence(deps.project.id), deps.now())
    at_work = [job for job in await tx.jobs(session_id=lease.session_id, states=OPEN_JOBS) if job.state is not JobState.queued]
    if at_work and lease.job_id is not None:
        now = now.model_copy(update={"job_id": at_work[-1].id})
    await tx.put(now)
    assert now.expires_at is not None, "a lease that was granted has an end"
    how = "" if now.exclusive else ", shared"
    text = f"{now.session_id} holds {shown(now.patterns)} until {clock(now.expires_at)} ({now.id}, fence {now.fence}{how})"
    await tx.record(_event(now, EventKind.lease_granted, text, {"fence": now.fence}))
    if told:
        text = f"{now.id} is yours until {clock(now.expires_at)}: {shown(now.patterns, 20)}."
        await _tell(tx, deps, now, MessageType.response, text)
    return now


async def _end(tx: Writing, deps: Deps, lease: Lease, state: LeaseState, why: str, *, head: str = "") -> Lease:
    over = ended(lease, state, deps.now())
    await tx.put(over)
    text = f"{over.id} of {over.session_id} ({shown(over.patterns)}) is {state.value}: {why}"
    await tx.record(_event(over, EventKind.lease_ended, text, {"state": state.value, "head": head}))
    return over


async def _tell(tx: Writing, deps: Deps, lease: Lease, type_: MessageType, text: str) -> None:
    """Word by us to who holds it, unless that session is closed. A ``response`` wakes an idle one."""
    if (await tx.session(lease.session_id)).live:
        to = [lease.session_id]
        await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=type_, content=text)


def _event(lease: Lease, kind: EventKind, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(
        kind=kind,
        project_id=lease.project_id,
        session_id=lease.session_id,
        job_id=lease.job_id,
        text=text,
        data={"id": lease.id, "patterns": list(lease.patterns), "exclusive": lease.exclusive, **data},
    )
