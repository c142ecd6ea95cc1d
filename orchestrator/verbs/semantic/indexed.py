"""The facts of one file, found by name. Made once for a text, and used for every pair of branches that has it."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

from orchestrator.nouns.code import ABSOLUTE, UNKNOWN, Chain, Definition, FileFacts, Import, Use, UseKind

Interface = tuple[object, ...]


class Indexed:
    """``facts`` with what is looked up in them. What is computed is kept."""

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """By qualified name; of several of a name the last one holds, but no overload hides what it stands for."""
        return {d.name: d for d in self.facts.definitions}

    @cached_property
    def last_names(self) -> frozenset[str]:
        """Of its definitions, without what they are in."""
        return frozenset(name.rpartition(".")[2] for name in self.definitions)

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Class → the names it defines itself, in order."""
        found: dict[str, list[str]] = {}
        for one in self.facts.definitions:
            owner, _, name = one.name.rpartition(".")
            if owner:
                found.setdefault(owner, []).append(name)
        return found

    @cached_property
    def imports(self) -> dict[str, Import]:
        """By the name they bind; those at the top of the file come before those inside of functions, what is there for type checkers
        only comes last."""
        ordered = sorted(self.facts.imports, key=lambda i: (not i.typing_only, not i.scope))
        return {i.name: i for i in ordered if i.name != "*"}

    @cached_property
    def stars(self) -> list[Import]:
        return [i for i in self.facts.imports if i.name == "*" or i.symbol == "*"]

    @cached_property
    def uses(self) -> list[Use]:
        """The imports among them: importing a thing is a use of it."""
        return [*map(_imported, self.facts.imports), *self.facts.uses]

    @cached_property
    def calls(self) -> dict[str, list[Use]]:
        """Definition → the calls in it."""
        found: dict[str, list[Use]] = {}
        for use in self.facts.uses:
            if use.kind is UseKind.call:
                found.setdefault(use.scope, []).append(use)
        return found

    @cached_property
    def used(self) -> Counter[tuple[object, ...]]:
        """How often each use is there, wherever it stands."""
        return Counter(key_of(u) for u in self.uses)

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Every name that can mean something of another file, and every name that it defines."""
        names = {step.lstrip(ABSOLUTE + UNKNOWN) for use in self.facts.uses for step in use.chain}
        names.update(word for i in self.facts.imports for word in (*i.module.split("."), i.symbol, *i.module.split("/")))
        names.update(part for d in self.facts.definitions for part in d.name.split("."))
        names.update(p.name for d in self.facts.definitions for p in d.parameters or () if p.required)  # fixtures are named so
        return frozenset(names - {"", "()", "[]"})

    @cached_property
    def guesses(self) -> frozenset[str]:
        """Attributes of things of which nothing is known but the name."""
        return frozenset(u.chain[1] for u in self.facts.uses if len(u.chain) > 1 and u.chain[0].startswith(UNKNOWN))

    @cached_property
    def steps(self) -> dict[str, list[int]]:
        """Step of a chain → places of the uses in ``uses`` that have it."""
        found: dict[str, list[int]] = {}
        for at, use in enumerate(self.uses):
            for step in {step.lstrip(ABSOLUTE) for step in use.chain}:
                found.setdefault(step, []).append(at)
        return found

    @cached_property
    def catching(self) -> list[int]:
        """Places of the uses around which something is caught."""
        return [at for at, use in enumerate(self.uses) if use.caught]

    def uses_of(self, names: frozenset[str], *, catching: bool) -> list[Use]:
        """In their order, those with a step of these names; with ``catching`` all in a ``try`` too."""
        places = {at for name in names & self.steps.keys() for at in self.steps[name]}
        if catching:
            places.update(self.catching)
        return [self.uses[at] for at in sorted(places)]

    @cached_property
    def _import_words(self) -> list[tuple[Import, frozenset[str]]]:
        return [(i, frozenset((i.symbol, *re.split(r"[./]", i.module)))) for i in self.facts.imports]

    def names_of(self, touched: frozenset[str]) -> frozenset[str]:
        """Names of this file that come from something touched: by an import under another name, by inheritance."""
        found = {i.name if i.name != "." else i.module for i, words in self._import_words if not touched.isdisjoint(words)}
        for one in self.facts.definitions:
            if any(not (touched | found).isdisjoint(base) for base in one.bases):
                found.add(one.name.rpartition(".")[2])
        return frozenset(found) | touched

    @cached_property
    def interfaces(self) -> dict[str, Interface]:
        return {name: interface(d) for name, d in self.definitions.items()}


def key_of(use: Use) -> tuple[object, ...]:
    """What makes two uses the same although lines moved."""
    return (use.chain, use.kind, use.scope, use.call, use.result, use.covered)


def interface(one: Definition) -> Interface:
    """All that somebody else can notice of a definition."""
    traits = tuple(sorted(one.traits))
    return (
        one.kind,
        one.parameters,
        one.returns,
        one.results,
        one.elements,
        one.entries,
        one.value,
        one.raises,
        one.documented,
        one.bases,
        one.decorators,
        traits,
    )


def _imported(one: Import) -> Use:
    chain: Chain = (one.name,)
    if one.symbol == ".":
        first, *rest = one.module.split(".")
        chain = (ABSOLUTE + first, *rest)
    return Use(chain, UseKind.read, one.line, one.scope, result=("import",), guarded=one.guarded or one.typing_only)
