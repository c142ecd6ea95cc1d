"""Ownership and strategies: whose a path is, and which strategy holds for it. Pure.

What the user said at run time comes before the configuration. Of globs that were said at run time, and of ``conflicts.owners``, the
most exact one that means the path counts, whatever their order: ``src/cart.py`` before ``src/*.py`` before ``src/**``. They are set
one by one, and nobody could say what their order would be. ``conflicts.paths`` is a list that somebody wrote from top to bottom: there
the first one that matches counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from orchestrator.nouns.base import Noun
from orchestrator.nouns.conflict import Ownership, Strategy, StrategyRule
from orchestrator.nouns.policy import ConflictPolicy
from orchestrator.nouns.session import Session
from orchestrator.verbs.patterns import covers, precision, touches

WHOLE = "**"


class Owned(NamedTuple):
    """A path has an owner: a session id, a team or a role; None: it is shared. ``glob`` says so."""

    glob: str
    owner: str | None


class Ruling(NamedTuple):
    """Which strategy holds, whose glob says so, and who integrates if that is the strategy."""

    strategy: Strategy
    glob: str
    integrator: str


class Territory(Noun):
    """Who owns what in a project, and which strategies hold where."""

    policy: ConflictPolicy
    ownerships: tuple[Ownership, ...] = ()
    strategies: tuple[StrategyRule, ...] = ()

    def owners(self) -> dict[str, str | None]:
        """Glob → owner, as they hold: of the same glob what was said at run time."""
        return {**self.policy.owners, **{own.glob: own.owner for own in self.ownerships}}

    def owner_of(self, path: str) -> Owned | None:
        """None: nobody's, everybody may change it."""
        at_run_time = {own.glob: own.owner for own in self.ownerships}
        return _most_exact(at_run_time, path) or _most_exact(self.policy.owners, path)

    def strategy_of(self, path: str) -> Ruling:
        rules = {rule.glob: rule for rule in self.strategies}
        said = max((glob for glob in rules if touches(glob, path)), key=precision, default=None)
        if said is not None:
            rule = rules[said]
            return Ruling(rule.strategy, said, rule.integrator or self.policy.integrator)
        for written in self.policy.paths:
            if touches(written.glob, path):
                return Ruling(written.strategy, written.glob, self.policy.integrator)
        return Ruling(self.policy.strategy, WHOLE, self.policy.integrator)

    def used(self) -> set[Strategy]:
        """Every strategy that holds somewhere, as far as it can be known without the files."""
        whole = {rule.strategy for rule in self.strategies if rule.glob == WHOLE} or {self.policy.strategy}
        return whole | {rule.strategy for rule in self.strategies} | {written.strategy for written in self.policy.paths}


def _most_exact(owners: Mapping[str, str | None], path: str) -> Owned | None:
    glob = max((glob for glob in owners if covers(glob, path)), key=precision, default=None)
    glob = glob or max((glob for glob in owners if touches(glob, path)), key=precision, default=None)
    return None if glob is None else Owned(glob, owners[glob])


def is_one(session: Session, named: str) -> bool:
    """Whether a session is meant by a session id, a team or a role."""
    return named in {session.id, session.team, session.role}


def of_whom(named: str, sessions: Iterable[Session]) -> list[Session]:
    """The live sessions that are meant, one named by its own id first, then the oldest."""
    return sorted((s for s in sessions if s.live and is_one(s, named)), key=lambda s: (s.id != named, int(s.id[1:])))
