"""Sessions at a glance: straight from SQLite, without importing SQLAlchemy or pydantic (a second together), for what must be quick."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.boundaries.store.version import SCHEMA

if TYPE_CHECKING:
    from orchestrator.nouns.session import Session


def sessions_at_a_glance(database_file: Path, root: str) -> list[Session] | None:
    """The sessions of the project at ``root``, as ``Reading.sessions`` gives them; None like ``documents_at_a_glance``."""
    from orchestrator.nouns.session import Session

    documents = documents_at_a_glance(database_file, root)
    return None if documents is None else [Session.model_validate(document) for document in documents]


def documents_at_a_glance(database_file: Path, root: str) -> list[dict[str, Any]] | None:
    """The sessions of the project at ``root`` as JSON objects, the same that dumping the nouns gives.

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
        return sorted((_document(dict(row)) for row in rows), key=lambda document: int(document["id"][1:]))
    except (sqlite3.Error, TypeError, ValueError):
        return None
    finally:
        connection.close()


def as_json(sessions: list[Session]) -> str:
    """The document that ``televibe sessions --json`` prints."""
    return json.dumps([session.model_dump(mode="json") for session in sessions], indent=2, ensure_ascii=False)


def _document(row: dict[str, Any]) -> dict[str, Any]:
    moments = {name: datetime.fromisoformat(row[name]).isoformat().replace("+00:00", "Z") for name in ("created_at", "updated_at")}
    return {**row, "adopted": bool(row["adopted"]), **moments}
