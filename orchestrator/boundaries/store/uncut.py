"""What must not be left half done, whoever is cancelled meanwhile: opening and closing a connection, commit and rollback.

A connection that is cut while it opens leaves its driver's thread behind, which answers an event loop that may be closed by
then; of a commit that is cut, nobody knows whether it happened. A statement may be cut: SQLAlchemy then closes its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


async def uncut(work: Coroutine[Any, Any, R]) -> R:
    """The result of ``work``. A cancellation, and any further one, is raised when ``work`` has ended."""
    task = asyncio.ensure_future(work)
    cut: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cut = error
    if cut is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # seen: the cancellation says more
    raise cut
