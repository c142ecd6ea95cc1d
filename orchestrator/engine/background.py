"""An engine that outlives the command that needed it: ``televibe up --until-idle`` as a process of its own."""

from __future__ import annotations

import subprocess
import sys

from orchestrator.boundaries.home import Home
from orchestrator.engine.lock import holder


def start_in_background(home: Home) -> int:
    """Start ``televibe up --until-idle`` as a process of its own; returns its process id, or that of the engine that runs."""
    running = holder(home.engine_lock)
    if running is not None:
        return running
    home.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home.logs / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.doors", "up", "--until-idle"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            close_fds=True,
        )
    return process.pid
