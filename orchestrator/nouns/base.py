"""What every noun is: a frozen value that rejects fields it does not know."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Noun(BaseModel):
    """A frozen value. Change is ``value.model_copy(update={...})``; an unknown field is an error at the border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A point in time with a time zone (UTC everywhere inside)."""
