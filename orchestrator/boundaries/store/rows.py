"""Nouns to rows and back, generically: a column for each field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from orchestrator.nouns.base import Noun

N = TypeVar("N", bound=Noun)


def row_of(noun: Noun) -> dict[str, Any]:
    """Column values: moments stay moments, everything else becomes plain JSON values."""
    plain = noun.model_dump(mode="json")
    for field in type(noun).model_fields:
        value = getattr(noun, field)
        if isinstance(value, datetime):
            plain[field] = value
        elif isinstance(value, Enum):
            plain[field] = value.value
    return plain


def noun_of(kind: type[N], row: Mapping[Any, Any]) -> N:
    """The noun of a row; validated, because a database can be edited by hand."""
    return kind.model_validate({str(name): value for name, value in row.items()})
