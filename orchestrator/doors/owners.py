"""``televibe owners`` and ``televibe strategy``: whose files are whose, and who gives way; shown, set and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.doors.opening import Opened, opened
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.conflict import Ownership, Strategy, StrategyRule
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.verbs.leases import in_the_way
from orchestrator.verbs.ownership import WHOLE, Owned, Territory
from orchestrator.verbs.patterns import checked_pattern, precision, touches

BY_USER, BY_CONFIG = "run time", "config"


async def show_owners(repo: Path, out: Out, *, as_json: bool) -> int:
    """Globs and their owners, the most exact first."""
    async with opened(repo) as door:
        land = await _land(door)
    said = {own.glob for own in land.ownerships}
    owners = sorted(land.owners().items(), key=lambda one: (precision(one[0]), one[0]), reverse=True)
    listed = [{"glob": g, "owner": o, "shared": o is None, "from": BY_USER if g in said else BY_CONFIG} for g, o in owners]
    if as_json:
        out.document(listed)
    elif listed:
        out.table(
            ("files", "owner", "said by"), [[str(one["glob"]), (_owner(one["owner"]), Tone.name), str(one["from"])] for one in listed]
        )
    else:
        out.line("no file has an owner — `televibe owners set 'src/auth/**' S2` gives it one, or conflicts.owners in the configuration")
    if listed and not as_json and Strategy.ownership not in land.used():
        out.line("they count where the strategy is ownership, which it is nowhere: `televibe strategy set ownership`", Tone.warn)
    return 0


def _owner(owner: object) -> str:
    return str(owner) if owner is not None else "shared by all"


async def show_owner(repo: Path, path: str, out: Out, *, as_json: bool) -> int:
    """One file: owner, strategy, lease."""
    path = checked_pattern(path)
    async with opened(repo) as door:
        land = await _land(door)
        async with door.store.reading() as view:
            leases = await view.leases(door.project.id, states=[LeaseState.held])
    held = [lease for lease in leases if any(touches(pattern, path) for pattern in lease.patterns)]
    if as_json:
        out.document(_about(path, land, held))
        return 0
    owned, ruling = land.owner_of(path), land.strategy_of(path)
    out.line(f"{path}: " + (f"{_owner(owned.owner)} ({owned.glob})" if owned else "nobody's"), Tone.strong)
    by = f", by {ruling.integrator}" if ruling.strategy is Strategy.integrator else ""
    out.line(f"  strategy {ruling.strategy.value}{by} ({ruling.glob})")
    if held:
        out.line(f"  {in_the_way(held)}")
    return 0


def _about(path: str, land: Territory, held: list[Lease]) -> dict[str, Any]:
    owned, ruling = land.owner_of(path), land.strategy_of(path)
    return {
        "path": path,
        "owned": owned is not None,
        "owner": owned.owner if owned else None,
        "glob": owned.glob if owned else None,
        "strategy": ruling.strategy.value,
        "integrator": ruling.integrator if ruling.strategy is Strategy.integrator else None,
        "leases": [lease.id for lease in held],
    }


async def show_strategies(repo: Path, out: Out, *, as_json: bool) -> int:
    """What holds where, in the order in which it counts."""
    async with opened(repo) as door:
        land = await _land(door)
    by_user = sorted(land.strategies, key=lambda rule: precision(rule.glob), reverse=True)
    listed = [_rule(rule.glob, rule.strategy, rule.integrator or land.policy.integrator, BY_USER) for rule in by_user]
    listed += [_rule(one.glob, one.strategy, land.policy.integrator, BY_CONFIG) for one in land.policy.paths]
    if all(rule.glob != WHOLE for rule in land.strategies):
        listed.append(_rule(WHOLE, land.policy.strategy, land.policy.integrator, BY_CONFIG))
    if as_json:
        out.document(listed)
    else:
        rows = [[one["glob"], (one["strategy"], Tone.name), one["integrator"] or "", one["from"]] for one in listed]
        out.table(("files", "strategy", "integrator", "said by"), rows)
    return 0


def _rule(glob: str, strategy: Strategy, integrator: str, source: str) -> dict[str, Any]:
    who = integrator if strategy is Strategy.integrator else None
    return {"glob": glob, "strategy": strategy.value, "integrator": who, "from": source}


async def _land(door: Opened) -> Territory:
    async with door.store.reading() as view:
        owned, strategies = await view.ownerships(door.project.id), await view.strategies(door.project.id)
    return Territory(policy=door.policy().conflicts, ownerships=tuple(owned), strategies=tuple(strategies))


async def give(repo: Path, glob: str, owner: str, out: Out, *, as_json: bool) -> int:
    from orchestrator.engine.owners import set_owner, territory
    from orchestrator.engine.workplace import workplace

    async with workplace(Home.find(), repo, engine=False) as place:
        own = await set_owner(place.deps, glob, owner)
        land = await territory(place.deps)
    _say(out, own, f"{own.glob} belongs to {own.owner}" if own.owner else f"{own.glob} is shared by all", as_json=as_json)
    if not as_json and Strategy.ownership not in land.used():
        out.line("it counts where the strategy is ownership, which it is nowhere: `televibe strategy set ownership`", Tone.warn)
    return 0


async def take_back(repo: Path, glob: str, out: Out, *, as_json: bool) -> int:
    from orchestrator.engine.owners import territory, unset_owner
    from orchestrator.engine.workplace import workplace

    async with workplace(Home.find(), repo, engine=False) as place:
        own = await unset_owner(place.deps, glob)
        owned = (await territory(place.deps)).owner_of(own.glob)
    _say(out, own, f"{own.glob} {_belongs(owned)} now", as_json=as_json)
    return 0


def _belongs(owned: Owned | None) -> str:
    if owned is None:
        return "is nobody's"
    return f"belongs to {owned.owner}" if owned.owner is not None else "is shared by all"


async def choose(repo: Path, which: str, glob: str, integrator: str, out: Out, *, as_json: bool) -> int:
    from orchestrator.engine.owners import set_strategy
    from orchestrator.engine.workplace import workplace

    async with workplace(Home.find(), repo, engine=False) as place:
        rule = await set_strategy(place.deps, Strategy(which), glob, integrator)
    _say(out, rule, f"the strategy for {rule.glob} is {rule.strategy.value}", as_json=as_json)
    return 0


async def unchoose(repo: Path, glob: str, out: Out, *, as_json: bool) -> int:
    from orchestrator.engine.owners import territory, unset_strategy
    from orchestrator.engine.workplace import workplace

    async with workplace(Home.find(), repo, engine=False) as place:
        rule = await unset_strategy(place.deps, glob)
        now = (await territory(place.deps)).strategy_of(rule.glob).strategy
    _say(out, rule, f"the strategy for {rule.glob} is {now.value} again", as_json=as_json)
    return 0


def _say(out: Out, done: Ownership | StrategyRule, line: str, *, as_json: bool) -> None:
    out.document(done) if as_json else out.line(line, Tone.good)
