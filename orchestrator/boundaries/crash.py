"""Crash points: the moments between two effects at which this process may die. Each has a name, so that a test can kill it there.

They stand at the seams that everything passes, so that no new transition is without one::

    node <name>          the machine is about to run a node
    written <kind>       a transaction with an event of this kind is committed
    git <command>        git has changed something
    handed over <kind>   the queue has the trigger, and the cursor of the event log does not say so yet
    agent <event>        an agent's event has arrived, and nothing is stored of it yet

Armed only by ``TELEVIBE_CRASH_AT="<point>[#<n>]"`` (the n-th passing, 1 by default), and then by SIGKILL: nothing is tidied up.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

ENV = "TELEVIBE_CRASH_AT"


class _Watch:
    """What this process was told to do at its crash points."""

    def __init__(self) -> None:
        self.at = ""
        self.left = 1
        self.trace: Callable[[str], None] | None = None


_watch = _Watch()


def passing(point: str) -> None:
    """Here is a crash point. Costs a comparison."""
    if _watch.trace is not None:
        _watch.trace(point)
    if point == _watch.at:
        _watch.left -= 1
        if _watch.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(at: str) -> None:
    """Die as the environment variable would have said; empty: at no point."""
    _watch.at, _, count = at.partition("#")
    _watch.left = int(count or 1)


def traced(trace: Callable[[str], None] | None) -> None:
    """Be told of every point that is passed; None: not any more."""
    _watch.trace = trace


arm(os.environ.get(ENV, ""))
