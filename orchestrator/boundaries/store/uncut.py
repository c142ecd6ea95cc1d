"""What is under way with the database is finished, whoever is cancelled meanwhile.

A statement or connection that is cut leaves its driver's thread behind, which answers an event loop that may be closed by then,
and a commit of which nobody knows whether it happened.
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
