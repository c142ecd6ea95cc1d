"""What a brief says of whose files are whose: what the session holds and waits for, what others hold of what it may touch, what is its
own and what is not. Only what concerns it; nothing, where nobody owns or locks anything."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.nouns.base import Noun
from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.session import Session
from orchestrator.verbs.leases import clock, shown
from orchestrator.verbs.ownership import WHOLE, Territory, is_one
from orchestrator.verbs.patterns import overlap

GLOBS = 12
"""Of others' ownership that are listed; get_locks tells of every file."""


class Ground(Noun):
    """Who owns what, and the open leases."""

    territory: Territory
    leases: tuple[Lease, ...] = ()


def lines_about(ground: Ground | None, session: Session, files: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(source, line) for each thing that concerns the session; ``files``: what its task will probably touch."""
    if ground is None:
        return
    for lease in ground.leases:
        if (line := _lease(lease, session, files)) is not None:
            yield lease.id, line
    yield from _strategies(ground.territory, session)
    if Strategy.ownership in ground.territory.used():
        yield from _owners(ground.territory, session)


def _lease(lease: Lease, session: Session, files: tuple[str, ...]) -> str | None:
    until = f" until {clock(lease.expires_at)}" if lease.expires_at else ""
    what = shown(lease.patterns, 8)
    if lease.session_id == session.id:
        if lease.state is LeaseState.queued:
            return f"you wait for {lease.id}: {what}; a message tells when it is yours"
        how = "only you edit it" if lease.exclusive else "shared: nobody edits it"
        return f"you hold {lease.id}{until}: {what} ({how}); renew_file_lock, release_file_lock"
    concerns = lease.state is LeaseState.held and any(overlap(pattern, file) for pattern in lease.patterns for file in files)
    return f"{lease.session_id} holds {lease.id}{until}: {what}; leave it alone meanwhile" if concerns else None


def _strategies(territory: Territory, session: Session) -> Iterator[tuple[str, str]]:
    rules = {rule.glob: (rule.strategy, rule.integrator or territory.policy.integrator) for rule in territory.strategies}
    rules = {**{one.glob: (one.strategy, territory.policy.integrator) for one in territory.policy.paths}, **rules}
    rules.setdefault(WHOLE, (territory.policy.strategy, territory.policy.integrator))
    for glob, (strategy, integrator) in rules.items():
        where = "every file" if glob == WHOLE else glob
        if strategy is Strategy.locks:
            yield f"strategy:{glob}", f"{where} is edited by whoever holds its lease: ask with acquire_file_lock before you edit"
        if strategy is Strategy.integrator:
            who = "you" if is_one(session, integrator) else integrator
            yield f"strategy:{glob}", f"{where} lands from the branch of the integrator only, which is {who}"


def _owners(territory: Territory, session: Session) -> Iterator[tuple[str, str]]:
    owners = territory.owners()
    mine = [glob for glob, owner in owners.items() if owner is not None and is_one(session, owner)]
    shared = [glob for glob, owner in owners.items() if owner is None]
    others = [(glob, owner) for glob, owner in owners.items() if owner is not None and not is_one(session, owner)]
    if mine:
        yield "owners:mine", f"yours: {shown(mine, GLOBS)}"
    if shared:
        yield "owners:shared", f"shared by all, edited by whoever holds its lease (acquire_file_lock): {shown(shared, GLOBS)}"
    for glob, owner in others[:GLOBS]:
        yield f"owners:{glob}", f"{glob} belongs to {owner}: an edit of yours is refused; ask with create_request"
    if len(others) > GLOBS:
        yield "owners:more", f"{len(others) - GLOBS} more have owners: get_locks(files=[…]) tells of each file"
