"""The user says at run time whose files are whose, and which strategy holds for them. It counts at once, for everybody at work."""

from __future__ import annotations

from graphs.state import Deps
from graphs.territory import territory_of
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.conflict import Ownership, Strategy, StrategyRule
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.verbs.ownership import Territory, of_whom
from orchestrator.verbs.patterns import checked_pattern

SHARED = "shared"
"""For ``null``: everybody's, edited by whoever holds its lease."""


async def set_owner(deps: Deps, glob: str, owner: str) -> Ownership:
    """``owner``: a session id, a team, a role, or ``shared``. ``UsageError`` when there is none of that name."""
    pattern = checked_pattern(glob)
    async with deps.store.writing() as tx:
        whose = None if owner == SHARED else await _known(tx, deps, owner)
        own = Ownership(project_id=deps.project.id, glob=pattern, owner=whose, set_at=deps.now())
        await tx.put(own)
        text = f"{pattern} belongs to {whose}" if whose else f"{pattern} is shared by all: edited by whoever holds its lease"
        await tx.record(_event(deps, EventKind.ownership_set, text, {"glob": pattern, "owner": whose}))
    return own


async def unset_owner(deps: Deps, glob: str) -> Ownership:
    """Take back what was said at run time; what the configuration says counts again."""
    pattern = checked_pattern(glob)
    async with deps.store.writing() as tx:
        own = next((own for own in await tx.ownerships(deps.project.id) if own.glob == pattern), None)
        if own is None:
            where = "it is in .televibe/config.yaml (conflicts.owners)" if pattern in deps.policy.conflicts.owners else "nobody has"
            raise Refused(f"nobody was given {pattern} at run time; {where}", "`televibe owners` lists who owns what")
        await tx.put(own.model_copy(update={"withdrawn": True, "set_at": deps.now()}))
        text = f"{pattern} belongs to {own.owner or 'all'} no more by the user's word"
        await tx.record(_event(deps, EventKind.ownership_set, text, {"glob": pattern, "owner": None, "withdrawn": True}))
    return own


async def set_strategy(deps: Deps, strategy: Strategy, glob: str, integrator: str = "") -> StrategyRule:
    """For the files that ``glob`` means; ``**`` for all."""
    pattern = checked_pattern(glob)
    if integrator and strategy is not Strategy.integrator:
        raise UsageError(f"{strategy.value} has no integrator", "leave --integrator out, or set the strategy integrator")
    async with deps.store.writing() as tx:
        who = await _known(tx, deps, integrator) if integrator else ""
        rule = StrategyRule(project_id=deps.project.id, glob=pattern, strategy=strategy, integrator=who, set_at=deps.now())
        await tx.put(rule)
        by = f", by {who or deps.policy.conflicts.integrator}" if strategy is Strategy.integrator else ""
        data: dict[str, object] = {"glob": pattern, "strategy": strategy.value, "integrator": who}
        await tx.record(_event(deps, EventKind.strategy_set, f"the strategy for {pattern} is {strategy.value}{by}", data))
    return rule


async def unset_strategy(deps: Deps, glob: str) -> StrategyRule:
    """Take back what was said at run time; what the configuration says counts again."""
    pattern = checked_pattern(glob)
    async with deps.store.writing() as tx:
        rule = next((rule for rule in await tx.strategies(deps.project.id) if rule.glob == pattern), None)
        if rule is None:
            raise Refused(f"no strategy was set for {pattern} at run time", "`televibe strategy` lists what holds")
        await tx.put(rule.model_copy(update={"withdrawn": True, "set_at": deps.now()}))
        text = f"the strategy for {pattern} is not {rule.strategy.value} any more by the user's word"
        await tx.record(_event(deps, EventKind.strategy_set, text, {"glob": pattern, "withdrawn": True}))
    return rule


async def _known(store: Reading, deps: Deps, named: str) -> str:
    """A live session, a team of one, or a role, as it is written. A misspelt owner would lock everybody out."""
    sessions = await store.sessions(deps.project.id, live_only=True)
    written = named.upper() if named[:1] in "sS" and named[1:].isdigit() else named
    if not of_whom(written, sessions) and written not in deps.roles:
        teams = sorted({s.team for s in sessions if s.team})
        there = [s.id for s in sessions][:20] + teams + sorted(deps.roles)
        raise UsageError(f"{named[:60]!a} is no live session, no team and no role", f"there are {', '.join(there)}; or {SHARED}")
    return written


async def territory(deps: Deps) -> Territory:
    async with deps.store.reading() as store:
        return await territory_of(store, deps)


def _event(deps: Deps, kind: EventKind, text: str, data: dict[str, object]) -> NewEvent:
    return NewEvent(kind=kind, project_id=deps.project.id, text=text, data=data)
