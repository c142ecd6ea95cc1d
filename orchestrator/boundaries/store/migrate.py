"""Bringing a database up to date with Alembic, safely when several processes open it at once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.boundaries.store.version import SCHEMA
from orchestrator.nouns.errors import StoreError

SCRIPTS = Path(__file__).with_name("migrations")


async def migrate(engine: AsyncEngine, advisory_lock: int) -> None:
    """Migrate to ``SCHEMA`` under the database's own write lock. A newer schema than ours is refused."""
    async with engine.connect() as connection:
        if await connection.run_sync(_current) == SCHEMA:
            return
        await connection.rollback()
        sqlite = engine.dialect.name == "sqlite"
        begin = "BEGIN IMMEDIATE" if sqlite else f"SELECT pg_advisory_xact_lock({advisory_lock})"
        await connection.execute(text(begin))
        await connection.run_sync(_upgrade)
        await connection.commit()


def _current(connection: Connection) -> str | None:
    """The schema's version as Alembic keeps it. Alembic itself is imported only where there is something to migrate: 0.2 s."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    current = _current(connection)
    if current == SCHEMA:
        return  # another process was faster
    if current is not None and current > SCHEMA:
        raise StoreError(
            f"the database has schema {current}; this version of televibe knows {SCHEMA}",
            "upgrade televibe, or use another home",
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
