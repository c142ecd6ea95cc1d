"""An engine in the background for as long as a command waits for what it does: started if none runs, and again if that one ends."""

from __future__ import annotations

import time

from orchestrator.boundaries.home import Home
from orchestrator.engine.background import start_in_background
from orchestrator.engine.lock import holder
from orchestrator.nouns.errors import NotReady

START_SECONDS = 30.0
"""How long an engine may take until it has the lock; then another one is started."""

STARTS = 3


class EngineAtWork:
    """Making one starts an engine if there is none. ``check`` now and then, while waiting; ``NotReady`` when none can be started."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seen, self._starts = time.monotonic(), 1
        start_in_background(home)

    def check(self) -> None:
        if holder(self._home.engine_lock) is not None:
            self._seen = time.monotonic()
            return
        if time.monotonic() - self._seen <= START_SECONDS:
            return
        if self._starts == STARTS:
            log = self._home.logs / "engine.log"
            raise NotReady("no engine can be started", f"{log} says why; it does this once one runs")
        start_in_background(self._home)
        self._seen, self._starts = time.monotonic(), self._starts + 1
