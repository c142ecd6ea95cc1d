"""Whose files are whose, read from the store; the question whether an edit may be made; and what is held back when it is to land."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import OPEN_JOBS, OVER_JOBS
from orchestrator.nouns.lease import LeaseState
from orchestrator.nouns.session import Session
from orchestrator.verbs.editing import Denial, Permit, Wall, may_edit, may_land
from orchestrator.verbs.lease_gate import Found, gate
from orchestrator.verbs.ownership import Territory

RECENT = 20
"""How many of a session's last jobs are looked through for one that began."""


async def territory_of(store: Reading, deps: Deps) -> Territory:
    """Owners and strategies as they hold now."""
    ownerships, strategies = await store.ownerships(deps.project.id), await store.strategies(deps.project.id)
    return Territory(policy=deps.policy.conflicts, ownerships=tuple(ownerships), strategies=tuple(strategies))


async def first_denial(
    store: Reading, deps: Deps, session: Session, paths: Collection[str], folders: Collection[str] = ()
) -> Denial | None:
    """The first of the files that the session may not edit now, with the reason. ``paths``: repository-relative, links resolved. What
    is a ``folder`` only must not have anything in it that another session holds: which files of it are meant is not known."""
    territory = await territory_of(store, deps)
    leases = await store.leases(deps.project.id, states=[LeaseState.held])
    for path in paths:
        match may_edit(path, session, territory, leases, deps.now()):
            case Denial(wall=wall) as denial if wall is Wall.lease or path not in folders:
                return denial
            case _:
                continue
    return None


def needs_lease(path: str, territory: Territory) -> bool:
    """Whether the path is edited by whoever holds its lease."""
    strategy = territory.strategy_of(path).strategy
    owned = territory.owner_of(path) if strategy is Strategy.ownership else None
    return strategy is Strategy.locks or (owned is not None and owned.owner is None)


async def held_back(store: Reading, deps: Deps, session: Session, paths: Collection[str]) -> list[str]:
    """Why work of ``session`` on ``paths`` must not land now: a line for each thing in the way; none: nothing is.

    For the merge queue, before it merges an entry: asked once for each session whose branch is among the entry's heads, with the files
    that this branch changes.
    """
    territory = await territory_of(store, deps)
    said = []
    match may_land(sorted(paths), session, territory):
        case Denial() as denial:
            said.append(f"{denial.why} — {denial.remedy}")
        case Permit():
            pass
    locked = [path for path in sorted(paths) if needs_lease(path, territory)]
    if locked and (why := await _unchecked(store, session)):
        said.append(why)
    elif locked:
        said += gate(session.id, locked, await store.leases(deps.project.id), await edits_found(store, deps, session.id))
    return said


async def _unchecked(store: Reading, session: Session) -> str:
    """Why it is not known yet what the session changed in spite of a lease: that is looked at when a job ends."""
    if at_work := [j for j in await store.jobs(session_id=session.id, states=OPEN_JOBS) if j.base_commit]:
        return f"{session.id} is at work on {at_work[0].id}: what it changes is held against the leases when that is over — wait for it"
    over = [j for j in await store.jobs(session_id=session.id, states=OVER_JOBS, newest=RECENT) if j.base_commit]
    if over and not over[-1].head_commit:
        return f"{over[-1].id} broke before its work was looked at — give {session.id} another instruction, which looks at it first"
    return ""


async def edits_found(store: Reading, deps: Deps, session_id: str) -> Sequence[Found]:
    """What the checks after the session's jobs found of edits that slipped past the hook."""
    events = await store.events(project_id=deps.project.id, session_id=session_id, kinds=[EventKind.edit_found])
    return [Found(**one) for event in events for one in event.data["found"]]
