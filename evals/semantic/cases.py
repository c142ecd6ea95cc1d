"""Cases: two branches of one repository, whether their merge is broken, and of which kind the trouble is or looks to be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

Tree = Mapping[str, str]
"""Path → text; bytes that are no UTF-8 are surrogates."""


@dataclass(frozen=True)
class Case:
    """What the two sides made of the base. ``test`` is run in each tree; its exit status is the truth."""

    name: str
    kind: str
    conflict: bool  # planned, or said by whoever made the case; the truth is what the tests of the merge say
    base: Tree
    a: Tree
    b: Tree
    test: str

    @property
    def digest(self) -> str:
        """The same as long as every byte of the three trees and the command are."""
        said = hashlib.sha256(self.test.encode())
        for tree in (self.base, self.a, self.b):
            for path in sorted(tree):
                said.update(f"\0{path}\0{tree[path]}".encode(errors="surrogateescape"))
            said.update(b"\1")
        return said.hexdigest()[:20]
