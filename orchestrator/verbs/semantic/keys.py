"""Keys that are told alike in every language: the numbers of migrations, and the methods of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from orchestrator.nouns.code import Key, KeyKind

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "websocket"})
MIGRATING = re.compile(r"migrat|revision|upgrade|schema", re.I)
MIGRATION_FOLDERS = frozenset({"migrations", "versions", "migration", "alembic"})
NUMBERED = re.compile(r"^[vV]?(\d{1,14})[_\-.]|^[a-z]+_?(\d{2,14})_")


def migration_of(path: str) -> Iterator[Key]:
    """The number in the name of a migration's file, in whatever language."""
    where = PurePosixPath(path)
    found = NUMBERED.match(where.name)
    if found and any(MIGRATING.search(p) or p in MIGRATION_FOLDERS for p in where.parts[:-1]):
        yield Key(KeyKind.migration, str(where.parent), (found[1] or found[2]).lstrip("0") or "0", 0, where.name)
