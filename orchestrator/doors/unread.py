"""Whoever read our output has enough (``televibe goal … --wait | head``): the work that was begun is not over because of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orchestrator.boundaries.home import Home
from orchestrator.doors.frame import ReaderGone
from orchestrator.engine.background import start_in_background

GOES_ON = "nobody reads this any more; what was begun goes on in the background — `televibe log --follow` shows it"


@contextmanager
def going_on_unread(home: Home) -> Iterator[None]:
    """Around the workplace of a command that watches its own engine: that engine ends in order, and another takes its work up."""
    try:
        yield
    except BrokenPipeError:
        start_in_background(home)
        raise ReaderGone(GOES_ON) from None
