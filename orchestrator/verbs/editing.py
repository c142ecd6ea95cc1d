"""Editing and landing: may this session change this file now, and may its work of it land. Pure; the one place that decides it.

========================  ======================================================================================
held by another session   refused under every strategy: a lease says "leave it alone meanwhile"
``first_come``            everybody may; what lands first stands
``integrator``            everybody may; only the integrator's branch lands
``ownership``             the owner may; of what is shared, whoever holds its lease; what nobody owns, everybody
``locks``                 whoever holds an exclusive lease of it
========================  ======================================================================================

Asked by the hook of Claude Code, by the scripted agent before each of its edits, for the permission request of any other agent, and by
the check after a job. A denial says what an agent can do instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.session import Session
from orchestrator.verbs.leases import clock
from orchestrator.verbs.ownership import Owned, Territory, is_one
from orchestrator.verbs.patterns import covers, fold, touches
from orchestrator.verbs.rights import CONTEXT


class Wall(StrEnum):
    """What stands in the way."""

    lease = "lease"  # another session's
    no_lease = "no_lease"  # one of its own is needed
    owner = "owner"
    integrator = "integrator"


@dataclass(frozen=True)
class Permit:
    """Go on."""


@dataclass(frozen=True)
class Denial:
    """Not now, not by this session; ``line`` is for an agent to read."""

    path: str
    wall: Wall
    why: str
    remedy: str
    owner: str = ""  # who could be asked: a session id, a team or a role
    lease: Lease | None = None  # that is in the way

    @property
    def line(self) -> str:
        word = {Wall.owner: "NOT YOURS", Wall.integrator: "NOT YOURS"}.get(self.wall, "LOCKED")
        return f"{word}: {self.why}. {self.remedy}"


def may_edit(path: str, session: Session, territory: Territory, leases: Iterable[Lease], now: datetime) -> Permit | Denial:
    """``path``: repository-relative, links resolved. ``leases``: those of the project that are open."""
    if fold(path) == fold(CONTEXT):
        return Permit()  # where sessions without our tools speak; it merges by itself
    held = [lease for lease in leases if _holds(lease, now)]
    others = [lease for lease in held if lease.session_id != session.id and any(touches(p, path) for p in lease.patterns)]
    if others:
        return _locked(path, others[0])
    mine = any(lease.session_id == session.id and lease.exclusive and _has(lease, path) for lease in held)
    match territory.strategy_of(path).strategy:
        case Strategy.locks if not mine:
            why = f"{path} is edited by whoever holds its lease (strategy locks), and you do not"
            return Denial(path, Wall.no_lease, why, f'Ask with acquire_file_lock(files=["{path}"]), and edit once it is yours.')
        case Strategy.ownership:
            return _owned(path, session, territory.owner_of(path), mine=mine)
        case _:
            return Permit()


def _holds(lease: Lease, now: datetime) -> bool:
    return lease.state is LeaseState.held and lease.expires_at is not None and lease.expires_at > now


def _has(lease: Lease, path: str) -> bool:
    return any(covers(pattern, path) for pattern in lease.patterns)


def _locked(path: str, lease: Lease) -> Denial:
    until = f" until {clock(lease.expires_at)}" if lease.expires_at else ""
    how = "is held" if lease.exclusive else "is relied on as it is (a shared lease)"
    why = f"{path} {how} by {lease.session_id}{until} ({lease.id})"
    remedy = f'Work on something else, or stand in line with acquire_file_lock(files=["{path}"]): you are told when it is yours.'
    return Denial(path, Wall.lease, why, remedy, owner=lease.session_id, lease=lease)


def _owned(path: str, session: Session, owned: Owned | None, *, mine: bool) -> Permit | Denial:
    if owned is None or (owned.owner is not None and is_one(session, owned.owner)) or (owned.owner is None and mine):
        return Permit()
    if owned.owner is None:
        why = f"{path} is shared by all ({owned.glob}) and edited by whoever holds its lease, and you do not"
        return Denial(path, Wall.no_lease, why, f'Ask with acquire_file_lock(files=["{path}"]), and edit once it is yours.')
    why = f"{path} belongs to {owned.owner} ({owned.glob})"
    to = f'to_session="{owned.owner}"' if _is_id(owned.owner) else f'to_role="{owned.owner}"'
    remedy = f'Do without changing it, or ask its owner: create_request({to}, request_type="implement", context="…").'
    return Denial(path, Wall.owner, why, remedy, owner=owned.owner)


def _is_id(named: str) -> bool:
    return named[:1] == "S" and named[1:].isdigit()


def may_land(paths: Sequence[str], session: Session | None, territory: Territory) -> Permit | Denial:
    """Whether work on ``paths`` may land from the branch of ``session``. None: the user lands it, whose word is above strategies.

    Only the integrator lands what is under the strategy of that name, and only its owner what is under ``ownership``, for an edit
    elsewhere that slipped past the hook must not get in by that. The context file is in everybody's work, and merges by itself.
    """
    if session is None:
        return Permit()
    for path in (path for path in paths if fold(path) != fold(CONTEXT)):
        ruling = territory.strategy_of(path)
        if ruling.strategy is Strategy.integrator and not is_one(session, ruling.integrator):
            why = f"{path} lands from the branch of {ruling.integrator} only (strategy integrator, {ruling.glob})"
            return Denial(path, Wall.integrator, why, f"Have {ruling.integrator} merge {session.branch}.", owner=ruling.integrator)
        owned = territory.owner_of(path) if ruling.strategy is Strategy.ownership else None
        if owned is not None and owned.owner is not None and not is_one(session, owned.owner):
            why = f"{path} belongs to {owned.owner} ({owned.glob}), and {session.id} changed it"
            remedy = f"Take the change out of {session.branch}, or `televibe owners set '{path}' {session.id}` if it is to stay."
            return Denial(path, Wall.owner, why, remedy, owner=owned.owner)
    return Permit()
