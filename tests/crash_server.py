"""Runs a scenario in a forked child for each line of its input, so that only the first pays for the imports.

A line is JSON: ``{"directory": …, "at": "node dispatch#2" or "", "trace": true}``; the answer is the child's exit status, negative for
a signal. This process has no threads when it forks.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TextIO

from orchestrator.boundaries import crash

CHILD_SECONDS = 120


def main() -> None:
    scenario = importlib.import_module(sys.argv[1]).scenario
    for line in sys.stdin:
        order = json.loads(line)
        assert threading.active_count() == 1, threading.enumerate()
        pid = os.fork()
        if pid == 0:
            _child(scenario, Path(order["directory"]), order["at"], trace=order["trace"])
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _note(passed: TextIO, name: str) -> None:
    passed.write(f"{name}\n")
    passed.flush()


def _child(scenario: Callable[[Path, str], Coroutine[Any, Any, None]], directory: Path, at: str, *, trace: bool) -> None:
    """Never returns."""
    try:
        with (directory / "child.txt").open("a") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        if trace:
            passed = (directory / "trace.txt").open("a")
            crash.traced(lambda name: _note(passed, name))
        asyncio.run(asyncio.wait_for(scenario(directory, at), CHILD_SECONDS))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
