"""Leases as tools: ask for files, go on holding them, let them go, see who has what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from pydantic import Field

from graphs.leases import Wish, acquire, release, renew
from graphs.state import Deps
from graphs.territory import territory_of
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.engine.coordination.asked import BySession, MaybeText, Name
from orchestrator.engine.coordination.tool import Caller, tool
from orchestrator.engine.worktree_paths import real_pattern
from orchestrator.nouns.base import Moment, Noun
from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.errors import GitError, Refused, Unknown, UsageError
from orchestrator.nouns.lease import OPEN_LEASES, Lease, LeaseState
from orchestrator.nouns.session import CHANGES, Session
from orchestrator.verbs.editing import Permit, may_edit
from orchestrator.verbs.leases import PATTERNS, standing
from orchestrator.verbs.ownership import Territory
from orchestrator.verbs.patterns import checked_pattern, fold

LeaseId = Annotated[str, Field(pattern=r"^L[1-9][0-9]{0,8}$", examples=["L3"])]
Minutes = Annotated[float, Field(gt=0, le=24 * 60)]


class AcquireFileLock(BySession):
    files: Annotated[list[Name], Field(min_length=1, max_length=PATTERNS)] = Field(
        description="Repository-relative files or globs, such as src/cart.py or src/auth/**; everything you need, in one request."
    )
    shared: bool = Field(default=False, description="You only rely on them as they are; others may too, and nobody edits them.")
    minutes: Minutes | None = Field(default=None, description="How long; renew_file_lock makes it longer.")
    reason: MaybeText = ""
    wait: bool = Field(default=True, description="Stand in line if somebody has them; false: be refused then.")


class HeldBy(Noun):
    """Who is before you."""

    lease: str
    session: str
    state: LeaseState
    until: Moment | None


class Shown(Noun):
    """A lease as everybody sees it."""

    lease: str
    session: str
    state: LeaseState
    files: tuple[str, ...]
    exclusive: bool
    fence: int = Field(description="Grows with every grant; 0 while it waits.")
    expires_at: Moment | None = None
    reason: str = ""
    place: int | None = Field(default=None, description="In the queue; 1 is the next. Null when it is held.")
    expected_at: Moment | None = Field(default=None, description="When it will be its turn, if nobody renews or lets go early.")
    waits_for: tuple[HeldBy, ...] = ()
    note: str = ""


async def acquire_file_lock(deps: Deps, caller: Caller, asked: AcquireFileLock) -> Shown:
    """Ask for files before you edit them: all of them are yours, or you stand in line for all of them and are told when they are.

    Others cannot edit them meanwhile. Ask for everything you need in one request: while you hold something you are not put in line, and
    while you wait you get nothing else. What you hold is freed when your work ends.
    """
    session = _a_session(caller)
    patterns, note = await checked_files(session, asked.files)
    minutes = asked.minutes or deps.policy.conflicts.lease_minutes
    wish = Wish(patterns, not asked.shared, minutes, asked.reason, asked.wait)
    async with deps.store.writing() as tx:
        lease = await acquire(tx, deps, session, wish, caller.job)
        return shown(deps, lease, await tx.leases(deps.project.id, states=OPEN_LEASES), note)


async def checked_files(session: Session, files: list[str]) -> tuple[tuple[str, ...], str]:
    """(sorted patterns with links resolved, what there is to say about them). ``UsageError`` for what is no file of the repository."""
    given = [checked_pattern(file) for file in files]
    real = await asyncio.to_thread(lambda: [real_pattern(Path(session.worktree), pattern) for pattern in given])
    once = {fold(pattern): pattern for pattern in sorted(real, reverse=True)}
    linked = [f"{a} is a link to {b}" for a, b in zip(given, real, strict=True) if a != b]
    twins = ["names that differ in upper and lower case only are one file here"] if len(once) < len(set(real)) else []
    return tuple(sorted(once.values())), "; ".join([*linked, *twins])


class RenewFileLock(BySession):
    lock_id: LeaseId | None = Field(default=None, description="Left out: everything you hold.")
    minutes: Minutes | None = Field(default=None, description="From now on.")


class Renewed(Noun):
    locks: tuple[Shown, ...]


async def renew_file_lock(deps: Deps, caller: Caller, asked: RenewFileLock) -> Renewed:
    """Go on holding what you hold. Refused when its time is over, or when others waited for it long enough."""
    async with deps.store.writing() as tx:
        if asked.lock_id is not None:
            leases = [await _mine(tx, deps, caller, asked.lock_id)]
        else:
            leases = await tx.leases(deps.project.id, session_id=_a_session(caller).id, states=[LeaseState.held])
        longer = [await renew(tx, deps, lease, asked.minutes or lease.minutes) for lease in leases]
        open_leases = await tx.leases(deps.project.id, states=OPEN_LEASES)
        return Renewed(locks=tuple(shown(deps, lease, open_leases) for lease in longer))


class ReleaseFileLock(BySession):
    lock_id: LeaseId | None = Field(default=None, description="Left out: everything you hold and wait for.")


class Released(Noun):
    released: tuple[str, ...]


async def release_file_lock(deps: Deps, caller: Caller, asked: ReleaseFileLock) -> Released:
    """Let go of what you hold, or stop waiting. Commit your work on it first: what you change afterwards does not land."""
    async with deps.store.reading() as store:
        if asked.lock_id is not None:
            wanted = [await _mine(store, deps, caller, asked.lock_id)]
        else:
            wanted = await store.leases(deps.project.id, session_id=_a_session(caller).id, states=OPEN_LEASES)
        holder = await store.session(wanted[0].session_id) if wanted else None
    head = await _head(deps, holder) if holder else ""
    async with deps.store.writing() as tx:
        current = [lease for lease in [await tx.lease(one.id) for one in wanted] if lease.state.open]
        if current:
            await release(tx, deps, current, f"{caller.name} released it", head=head)
    return Released(released=tuple(lease.id for lease in current))


class GetLocks(BySession):
    files: Annotated[list[Name], Field(max_length=PATTERNS)] = Field(default=[], description="Whether you may edit each of these now.")


class Edit(Noun):
    file: str
    may_edit: bool
    why_not: str = ""
    owner: str | None = Field(default=None, description="A session, team or role; null: nobody's, or shared by all.")
    strategy: Strategy


class Locks(Noun):
    locks: tuple[Shown, ...]
    files: tuple[Edit, ...] = ()


async def get_locks(deps: Deps, caller: Caller, asked: GetLocks) -> Locks:
    """Who holds which files and who waits for them, and whether you may edit those you name: by lease, owner and strategy."""
    patterns = [checked_pattern(file) for file in asked.files]
    async with deps.store.reading() as store:
        leases = await store.leases(deps.project.id, states=OPEN_LEASES)
        territory = await territory_of(store, deps)
    files = [_edit(deps, caller, path, territory, leases) for path in patterns]
    return Locks(locks=tuple(shown(deps, lease, leases) for lease in leases), files=tuple(files))


def _edit(deps: Deps, caller: Caller, path: str, territory: Territory, leases: list[Lease]) -> Edit:
    verdict = Permit() if caller.session is None else may_edit(path, caller.session, territory, leases, deps.now())
    owned = territory.owner_of(path)
    return Edit(
        file=path,
        may_edit=isinstance(verdict, Permit),
        why_not="" if isinstance(verdict, Permit) else verdict.line,
        owner=owned.owner if owned else None,
        strategy=territory.strategy_of(path).strategy,
    )


def shown(deps: Deps, lease: Lease, open_leases: list[Lease], note: str = "") -> Shown:
    """The lease, with its place in the queue if it waits."""
    waits = standing(lease, open_leases, deps.now()) if lease.state is LeaseState.queued else None
    before = waits.behind if waits else ()
    return Shown(
        lease=lease.id,
        session=lease.session_id,
        state=lease.state,
        files=lease.patterns,
        exclusive=lease.exclusive,
        fence=lease.fence,
        expires_at=lease.expires_at,
        reason=lease.reason,
        place=waits.place if waits else None,
        expected_at=waits.by if waits else None,
        waits_for=tuple(HeldBy(lease=b.id, session=b.session_id, state=b.state, until=b.expires_at) for b in before),
        note=note,
    )


async def _head(deps: Deps, session: Session) -> str:
    """Where the holder's branch is; empty when git cannot say."""
    try:
        return await deps.git.resolve(f"refs/heads/{session.branch}") or ""
    except GitError:
        return ""


def _a_session(caller: Caller) -> Session:
    if caller.session is None:
        raise UsageError("leases belong to sessions", "`televibe locks acquire S1 src/cart.py` takes one for a session")
    return caller.session


async def _mine(store: Reading, deps: Deps, caller: Caller, lease_id: str) -> Lease:
    """A lease of the caller; the user may see to each."""
    try:
        lease = await store.lease(lease_id)
    except Unknown:
        raise Unknown(f"no lease {lease_id}", "get_locks lists them" if caller.session else "`televibe locks` lists them") from None
    if lease.project_id != deps.project.id or caller.id not in {None, lease.session_id}:
        raise Refused(f"{lease_id} is not yours", "get_locks shows whose it is; ask that session, or stand in line")
    return lease


TOOLS = (
    tool(acquire_file_lock, needs=CHANGES, example={"files": ["src/cart.py"], "minutes": 20}),
    tool(renew_file_lock, needs=CHANGES, example={"minutes": 20}),
    tool(release_file_lock, needs=CHANGES, example={"lock_id": "L1"}),
    tool(get_locks, example={"files": ["src/cart.py"]}, reads=True),
)
