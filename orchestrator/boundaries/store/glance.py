"""Sessions at a glance: straight from SQLite, without importing SQLAlchemy (half a second), for what must be quick."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from orchestrator.boundaries.store.version import SCHEMA
from orchestrator.nouns.session import Session


def sessions_at_a_glance(database_file: Path, root: str) -> list[Session] | None:
    """The sessions of the project at ``root``, as ``Reading.sessions`` gives them.

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
        project = connection.execute("SELECT id FROM projects WHERE root = ?", (root,)).fetchone()
        if project is None:
            return None
        rows = connection.execute("SELECT * FROM sessions WHERE project_id = ?", (project[0],)).fetchall()
    except (sqlite3.Error, TypeError):
        return None
    finally:
        connection.close()
    found = [Session.model_validate({**dict(row), "adopted": bool(row["adopted"])}) for row in rows]
    return sorted(found, key=lambda session: int(session.id[1:]))


def as_json(sessions: list[Session]) -> str:
    """The document that ``televibe sessions --json`` prints."""
    return json.dumps([session.model_dump(mode="json") for session in sessions], indent=2, ensure_ascii=False)
