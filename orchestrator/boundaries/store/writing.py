"""Writing to the store: values and the event that explains them, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Delete, Table, and_, bindparam, delete, insert, update
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

    async def put(self, *values: Stored) -> None:
        self._put = self._put or bool(values)
        by_table: dict[Table, list[Stored]] = {}
        for value in values:
            by_table.setdefault(t.TABLE_OF[type(value)], []).append(value)
        for table, same in by_table.items():
            rows = [row_of(v) for v in {_identity(v): v for v in same}.values()]
            names = [column.name for column in table.primary_key.columns]
            await self._connection.execute(_delete_each(table), [{f"_{name}": row[name] for name in names} for row in rows])
            await self._connection.execute(insert(table), rows)

    async def record(self, event: NewEvent) -> Event:
        stored = Event(**event.model_dump(), id=await self._count("event"), at=datetime.now(UTC))
        await self._connection.execute(insert(t.events), [row_of(stored)])
        self.recorded.append(stored)
        return stored

    async def set_cursor(self, name: str, event_id: int) -> None:
        await self._connection.execute(delete(t.cursors).where(t.cursors.c.name == name))
        await self._connection.execute(insert(t.cursors), [{"name": name, "event_id": event_id}])

    async def _count(self, name: str) -> int:
        """The next value of a counter row; writers are serial, so it is consecutive in commit order."""
        raised = await self._connection.execute(
            update(t.counters).where(t.counters.c.name == name).values(value=t.counters.c.value + 1).returning(t.counters.c.value)
        )
        value = raised.scalar()
        if value is None:
            value = 1
            await self._connection.execute(insert(t.counters), [{"name": name, "value": value}])
        return int(value)


@cache
def _delete_each(table: Table) -> Delete:
    """Deletes what has the identity of its parameters; made once, and run for many rows at once."""
    return delete(table).where(and_(*(column == bindparam(f"_{column.name}") for column in table.primary_key.columns)))


def _identity(value: Stored) -> tuple[str, ...]:
    table = t.TABLE_OF[type(value)]
    return tuple(str(getattr(value, column.name)) for column in table.primary_key.columns)
