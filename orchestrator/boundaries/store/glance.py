"""Sessions at a glance: straight from SQLite, without importing SQLAlchemy or pydantic (a second together), for what must be quick."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator.boundaries.store.version import SCHEMA

if TYPE_CHECKING:
    from orchestrator.nouns.session import Session


class OpenConflict(NamedTuple):
    """What is shown of an open conflict where branches are listed."""

    id: str
    identity: str  # of its finding
    a: str  # session id
    b: str | None  # None: the default branch
    proposal: str
    first_seen: str  # RFC 3339


class Glance(NamedTuple):
    """A project's sessions as JSON objects, the same that dumping the nouns gives, and the conflicts that are open."""

    sessions: list[dict[str, Any]]
    conflicts: list[OpenConflict]
    default_branch: str

    def conflicts_of(self, session_id: str) -> list[str]:
        """Their ids."""
        return [conflict.id for conflict in self.conflicts if session_id in {conflict.a, conflict.b}]

    def documents(self) -> list[dict[str, Any]]:
        """What ``televibe sessions --all --json`` prints."""
        return [{**session, "conflicts": self.conflicts_of(session["id"])} for session in self.sessions]


def sessions_at_a_glance(database_file: Path, root: str) -> list[Session] | None:
    """The sessions of the project at ``root``, as ``Reading.sessions`` gives them; None like ``at_a_glance``."""
    found = at_a_glance(database_file, root)
    return None if found is None else sessions_of(found)


def sessions_of(glance: Glance) -> list[Session]:
    """As nouns, for a reader that has the time to import them."""
    from orchestrator.nouns.session import Session

    return [Session.model_validate(document) for document in glance.sessions]


def at_a_glance(database_file: Path, root: str) -> Glance | None:
    """What there is in the project at ``root``.

    None when this way is not open: no such file, another schema, no such project. The store then says why.
    """
    if not database_file.is_file():
        return None
    try:
        connection = sqlite3.connect(f"{database_file.as_uri()}?mode=ro", uri=True, timeout=5)
    except sqlite3.Error:
        return None
    connection.row_factory = sqlite3.Row
    try:
        if connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] != SCHEMA:
            return None
        project = connection.execute("SELECT id, default_branch FROM projects WHERE root = ?", (root,)).fetchone()
        if project is None:
            return None
        rows = connection.execute("SELECT * FROM sessions WHERE project_id = ?", (project[0],)).fetchall()
        sessions = sorted((_document(dict(row)) for row in rows), key=lambda document: int(document["id"][1:]))
        rows = connection.execute(f"SELECT {COLUMNS} FROM conflicts WHERE project_id = ? AND state = 'open'", (project[0],)).fetchall()
        conflicts = [OpenConflict(*row)._replace(first_seen=_moment(row["first_seen"])) for row in rows]
        return Glance(sessions, sorted(conflicts, key=lambda conflict: int(conflict.id[1:])), project[1])
    except (sqlite3.Error, TypeError, ValueError):
        return None
    finally:
        connection.close()


def _document(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "adopted": bool(row["adopted"]), **{name: _moment(row[name]) for name in ("created_at", "updated_at")}}


def _moment(stored: str) -> str:
    return datetime.fromisoformat(stored).isoformat().replace("+00:00", "Z")


COLUMNS = ", ".join(OpenConflict._fields)
