"""A comparison of whole trees that are at hand: what the radar does with blobs, for whoever has all files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from orchestrator.nouns.conflict import Finding
from orchestrator.verbs.semantic.compare import compare, concern_each_other
from orchestrator.verbs.semantic.indexed import Indexed
from orchestrator.verbs.semantic.registry import facts_of, language_of
from orchestrator.verbs.semantic.sides import Changed, Side
from orchestrator.verbs.semantic.view import Listing

Tree = Mapping[str, bytes]

ROUNDS = 6
"""How often files may lead to further files; after that what is known has to do."""


@lru_cache(maxsize=4096)
def indexed(path: str, text: bytes) -> Indexed:
    """The facts of one text, remembered."""
    return Indexed(facts_of(path, text))


def findings_of(base: Tree, a: Tree, b: Tree, merged: Tree) -> list[Finding]:
    """What collides in ``merged``, the clean merge of ``a`` and ``b``."""
    sides = _side(base, a), _side(base, b)
    if not concern_each_other(*sides):
        return []
    replaced = {path: changed.after for path, changed in _changes(base, merged).items()}
    listing, read = Listing(base), dict[str, Indexed]()
    compared = compare(listing, read, *sides, replaced)
    for _ in range(ROUNDS):
        wanted = [path for path in compared.wanted if path not in read]
        if not wanted:
            break
        read |= {path: indexed(path, base[path]) for path in wanted}
        compared = compare(listing, read, *sides, replaced)
    return compared.findings


def _side(base: Tree, tree: Tree) -> Side:
    return Side(_changes(base, tree), _renames(base, tree))


def _changes(base: Tree, tree: Tree) -> dict[str, Changed]:
    paths = [p for p in sorted({*base, *tree}) if base.get(p) != tree.get(p) and language_of(p)]
    return {p: Changed(*(indexed(p, t[p]) if p in t else None for t in (base, tree))) for p in paths}


def _renames(base: Tree, tree: Tree) -> dict[str, str]:
    """By the same content; git, which is asked where there is a repository, sees more."""
    new = {text: path for path, text in tree.items() if path not in base}
    return {path: new[text] for path, text in base.items() if path not in tree and text in new and text}
