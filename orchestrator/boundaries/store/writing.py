"""Writing to the store: values and the event that explains them, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Insert, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.boundaries.store import tables as t
from orchestrator.boundaries.store.protocol import IdPrefix, Stored
from orchestrator.boundaries.store.reading import SqlReading
from orchestrator.boundaries.store.rows import row_of
from orchestrator.nouns.event import Event, NewEvent


class SqlWriting(SqlReading):
    """``Writing``: puts and records. ``unexplained`` is true when something was put and no event says so."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self.recorded: list[Event] = []
        self._put = False

    @property
    def unexplained(self) -> bool:
        return self._put and not self.recorded

    async def next_id(self, prefix: IdPrefix) -> str:
        return f"{prefix}{await self._count(f'id:{prefix}')}"

    async def next_seq(self) -> int:
        return await self._count("seq")

    async def next_fence(self, project_id: str) -> int:
        return await self._count(f"fence:{project_id}")

    async def put(self, *values: Stored) -> None:
        self._put = self._put or bool(values)
        self._seen |= {(type(value), value.id): value for value in values if hasattr(value, "id")}
        by_table: dict[Table, list[Stored]] = {}
        for value in values:
            by_table.setdefault(t.TABLE_OF[type(value)], []).append(value)
        for table, same in by_table.items():
            rows = [row_of(v) for v in {_identity(v): v for v in same}.values()]
            await self._connection.execute(_upsert(table, self._connection.dialect.name), rows)

    async def record(self, event: NewEvent) -> Event:
        stored = Event(**event.model_dump(), id=await self._count("event"), at=datetime.now(UTC))
        await self._connection.execute(_insert(t.events), [row_of(stored)])
        self.recorded.append(stored)
        return stored

    async def set_cursor(self, name: str, event_id: int) -> None:
        row = {"name": name, "event_id": event_id}
        await self._connection.execute(_upsert(t.cursors, self._connection.dialect.name), [row])

    async def _count(self, name: str) -> int:
        """The next value of a counter row; writers are serial, so it is consecutive in commit order."""
        raised = await self._connection.execute(_RAISE, {"counter": name})
        value = raised.scalar()
        if value is None:
            value = 1
            await self._connection.execute(_insert(t.counters), [{"name": name, "value": value}])
        return int(value)


_RAISE = (
    update(t.counters)
    .where(t.counters.c.name == bindparam("counter"))
    .values(value=t.counters.c.value + 1)
    .returning(t.counters.c.value)
)  # statements are made once: making one costs as much as running it


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _upsert(table: Table, dialect: str) -> Insert:
    """Insert, or replace what has the same identity; for many rows at once."""
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key.columns]
    new = {column.name: made.excluded[column.name] for column in table.columns if column.name not in keys}
    return made.on_conflict_do_update(index_elements=keys, set_=new)


def _identity(value: Stored) -> tuple[str, ...]:
    table = t.TABLE_OF[type(value)]
    return tuple(str(getattr(value, column.name)) for column in table.primary_key.columns)
