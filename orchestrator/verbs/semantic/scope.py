"""What is known of names at one place of a file, and chains that grow step by step, in whatever language."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.nouns.code import BY_KEY, EACH, ELEMENT, UNKNOWN, Chain

NOTHING: Chain = (UNKNOWN,)
"""Something of which nothing is known."""

LENGTH_LIMIT = 12
"""Steps of a chain; a longer one means nothing to anybody."""


@dataclass
class Scope:
    """The names that are known at one place. ``of_class`` is the class whose body or method it is, qualified in the file."""

    names: dict[str, Chain] = field(default_factory=dict)
    outer: Scope | None = None
    of_class: str = ""

    def lookup(self, name: str) -> Chain:
        """The file's own name if nothing nearer has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return (name,)


def step(chain: Chain, *steps: str) -> Chain:
    """The chain with something more done to it. An element of a collection of things is the thing."""
    for one in steps:
        if len(chain) > LENGTH_LIMIT:
            return NOTHING
        chain = chain[:-1] if one == ELEMENT and chain[-1] in {EACH, BY_KEY} else (*chain, one)
    return chain


def known(chain: Chain) -> bool:
    return not chain[0].startswith(UNKNOWN)


def unknown(name: str) -> Chain:
    return (UNKNOWN + name,)
