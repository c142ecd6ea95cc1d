"""What every reading of the store is made of: rows of one table as nouns, over one connection."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.boundaries.store import tables as t
from orchestrator.boundaries.store.rows import noun_of
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Unknown

N = TypeVar("N", bound=Noun)
Where = ColumnElement[bool]


class SqlView:
    """One connection, and what was read by id over it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._seen: dict[tuple[type[Noun], str], Any] = {}  # within one view it stays as it is

    async def _all(self, kind: type[N], *where: Where) -> list[N]:
        result = await self._connection.execute(select(t.TABLE_OF[kind]).where(and_(True, *where)))
        return [noun_of(kind, dict(row)) for row in result.mappings()]

    async def _one(self, kind: type[N], id_: str, missing: str, remedy: str) -> N:
        if (kind, id_) not in self._seen:
            row = (await self._connection.execute(_by_id(t.TABLE_OF[kind]), {"wanted": id_})).mappings().first()
            if row is None:
                raise Unknown(missing, remedy)
            self._seen[kind, id_] = noun_of(kind, dict(row))
        return self._seen[kind, id_]  # type: ignore[no-any-return]


@cache
def _by_id(table: Table) -> Select[tuple[Any, ...]]:
    """Made once: making a statement costs as much as running it."""
    return select(table).where(table.c.id == bindparam("wanted"))


def given(table: Table, **equal: str | None) -> list[Where]:
    return [table.c[name] == value for name, value in equal.items() if value is not None]


def among(table: Table, states: Sequence[StrEnum]) -> list[Where]:
    return [table.c.state.in_([s.value for s in states])] if states else []


def number(id_: str) -> int:
    return int(id_.lstrip("PSGJHDOMRCAKXLE") or 0)


def in_order(found: list[N]) -> list[N]:
    """By the number in the id: S2 before S10."""
    return sorted(found, key=lambda noun: number(noun.id))  # type: ignore[attr-defined]
