"""Reading what stands between branches: conflicts, leases, who owns what, and what waits to land."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_

from orchestrator.boundaries.store import tables as t
from orchestrator.boundaries.store.view import SqlView, among, given, in_order
from orchestrator.nouns.conflict import Conflict, ConflictState, Ownership, StrategyRule
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.merging import EntryState, MergeEntry


class SqlTrouble(SqlView):
    """The part of ``Reading`` that is about branches in each other's way."""

    async def conflict(self, conflict_id: str) -> Conflict:
        return await self._one(Conflict, conflict_id, f"no conflict {conflict_id}", "`televibe conflicts` lists them")

    async def conflicts(
        self,
        project_id: str,
        *,
        session_id: str | None = None,
        states: Sequence[ConflictState] = (),
        closed_since: datetime | None = None,
    ) -> list[Conflict]:
        where = [t.conflicts.c.project_id == project_id, *among(t.conflicts, states)]
        if session_id is not None:
            where.append(or_(t.conflicts.c.a == session_id, t.conflicts.c.b == session_id))
        if closed_since is not None:
            where.append(or_(t.conflicts.c.state == ConflictState.open.value, t.conflicts.c.closed_at >= closed_since))
        return in_order(await self._all(Conflict, *where))

    async def ownerships(self, project_id: str) -> list[Ownership]:
        found = await self._all(Ownership, t.ownerships.c.project_id == project_id)
        return sorted((o for o in found if not o.withdrawn), key=lambda o: o.glob)

    async def strategies(self, project_id: str) -> list[StrategyRule]:
        found = await self._all(StrategyRule, t.strategies.c.project_id == project_id)
        return sorted((rule for rule in found if not rule.withdrawn), key=lambda rule: rule.glob)

    async def lease(self, lease_id: str) -> Lease:
        return await self._one(Lease, lease_id, f"no lease {lease_id}", "`televibe locks` lists them")

    async def leases(self, project_id: str, *, session_id: str | None = None, states: Sequence[LeaseState] = ()) -> list[Lease]:
        where = [*given(t.leases, project_id=project_id, session_id=session_id), *among(t.leases, states)]
        return in_order(await self._all(Lease, *where))

    async def merge_entry(self, entry_id: str) -> MergeEntry:
        return await self._one(MergeEntry, entry_id, f"nothing {entry_id} waits to land", "`televibe merge status` lists what does")

    async def merge_entries(
        self, project_id: str, *, goal_id: str | None = None, states: Sequence[EntryState] = ()
    ) -> list[MergeEntry]:
        where = [*given(t.merge_entries, project_id=project_id, goal_id=goal_id), *among(t.merge_entries, states)]
        return sorted(await self._all(MergeEntry, *where), key=lambda entry: entry.seq)
