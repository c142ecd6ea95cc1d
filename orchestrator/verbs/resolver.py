"""Who brings two sides together that git could not: the strategy of the files says it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.session import Session
from orchestrator.verbs.ownership import Territory, of_whom


def named_for(files: Sequence[str], later: Session, territory: Territory) -> str:
    """Session, team or role: the integrator of any of the files, for nobody else may merge there; else the owner, if all of them that
    are owned have the same; else the later of the two sides, because what came first stands."""
    rulings = {path: territory.strategy_of(path) for path in files}
    for ruling in rulings.values():
        if ruling.strategy is Strategy.integrator and ruling.integrator:
            return ruling.integrator
    owned = [territory.owner_of(path) for path, ruling in rulings.items() if ruling.strategy is Strategy.ownership]
    owners = {one.owner for one in owned if one is not None and one.owner is not None}
    return owners.pop() if len(owners) == 1 else later.id


def resolver(named: str, later: Session, able: Sequence[Session]) -> Session | None:
    """The session that is asked, of those that can take work: the later side if it is meant, for it knows one side already. None:
    whoever is named cannot now."""
    meant = of_whom(named, able)
    return next((session for session in meant if session.id == later.id), meant[0] if meant else None)
