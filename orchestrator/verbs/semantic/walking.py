"""Walking syntax trees of tree-sitter: what a file uses, and where, in the terms of ``nouns.code``. What the languages share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tree_sitter import Node

from orchestrator.nouns.code import CALLED, UNKNOWN, Call, Chain, Use, UseKind
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known
from orchestrator.verbs.symbols.syntax import COMMENTS, said

CONSTRUCTOR = "__init__"
"""How every language's constructor is named, so that calling a class finds it."""

DEPTH_LIMIT = 200
"""Of nesting; a deeper tree was generated."""

Result = tuple[str, ...]
OTHER: Result = ("other",)


@dataclass
class Walk:
    """One walk over a file in the order of its text. A language has a method ``on_<type>`` for each type of node that means something
    to it; of all others the children are looked at."""

    scope: Scope = field(default_factory=Scope)
    place: tuple[str, ...] = ()
    local: bool = False
    depth: int = 0
    uses: list[Use] = field(default_factory=list)

    def visit(self, node: Node | None, result: Result = OTHER) -> None:
        """``result`` says what is done with the node's value."""
        if node is None or node.type in COMMENTS or self.depth > DEPTH_LIMIT:
            return
        self.depth += 1
        method = getattr(self, f"on_{node.type}", None)
        if method is not None:
            method(node, result)
        else:
            self.children(node)
        self.depth -= 1

    def children(self, node: Node, result: Result = OTHER) -> None:
        for child in node.named_children:
            self.visit(child, result)

    def use(self, chain: Chain, kind: UseKind, node: Node, *, call: Call | None = None, result: Result = ()) -> None:
        """Remember a use; not of what tells nothing."""
        if chain[0] != UNKNOWN and (known(chain) or len(chain) > 1):
            self.uses.append(Use(chain, kind, node.start_point.row + 1, ".".join(self.place), call, result))

    def bind(self, name: str, chain: Chain) -> None:
        """A local variable; those at the top of a file are definitions."""
        if self.local and name:
            self.scope.names[name] = chain if known(chain) else (UNKNOWN + name,)

    @contextmanager
    def inside(self, name: str, *, of_class: str = "", local: bool = True) -> Iterator[None]:
        """In the definition of that name."""
        kept = self.scope, self.place, self.local
        self.scope = Scope(outer=self.scope, of_class=of_class or self.scope.of_class)
        self.place, self.local = (*self.place, *name.split(".")) if name else self.place, local
        yield
        self.scope, self.place, self.local = kept


def instance(chain: Chain) -> Chain:
    """What has the type that a chain names."""
    return (*chain, CALLED) if known(chain) else NOTHING


def child(node: Node | None, field_name: str) -> Node | None:
    return node.child_by_field_name(field_name) if node is not None else None


def text_of(node: Node | None) -> str:
    """On one line."""
    return " ".join(said(node).split())


def literal(node: Node | None) -> str:
    """The content of a string; empty: it is none."""
    return said(node)[1:-1] if node is not None and "string" in node.type and len(said(node)) > 1 else ""


def digest(node: Node, name: str) -> str:
    """Of its text without its own name and its indentation."""
    text = "\n".join(line.strip() for line in said(node).split("\n") if line.strip())
    short = name.rpartition(".")[2]
    return hashlib.md5(re.sub(rf"\b{re.escape(short)}\b", "_", text).encode(errors="replace"), usedforsecurity=False).hexdigest()[:16]


def line_of(node: Node) -> int:
    return node.start_point.row + 1
