"""The frame of every command: whatever happens ends as an exit status and at most one line on stderr."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.doors.output import one_line
from orchestrator.nouns.errors import TeleVibeError

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""

NOTHING_CHANGED = "stopped; nothing was changed"


class Stopped(Exception):
    """The user pressed Ctrl-C. The message says what goes on and what was kept."""


class ReaderGone(Exception):
    """Whoever read our output has enough (``televibe log | head``). The message, if there is one, says what goes on."""


def run(work: Coroutine[Any, Any, int], *, when_stopped: str = NOTHING_CHANGED) -> int:
    """Run a command to its exit status. ``when_stopped`` is what the user is told after Ctrl-C."""
    import asyncio  # 35 ms that a quick answer does not need

    _log_to_home()
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise Stopped(when_stopped) from None
    except BrokenPipeError:  # Typer would end the process
        raise ReaderGone from None


def _log_to_home() -> None:
    """Warnings and tracebacks of what goes on go to the home's logs; standard error is for the one line to the user."""
    import logging

    root = logging.getLogger()
    if root.handlers:
        return
    try:
        file = Home.find().path / "logs" / "televibe.log"
        handler = logging.FileHandler(file, delay=True) if file.parent.is_dir() else logging.NullHandler()
    except (OSError, TeleVibeError):
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    logging.raiseExceptions = False  # a log that cannot be written is no reason to disturb the work


def guarded(work: Callable[[], int]) -> int:
    """The exit status of ``work``, its errors told on stderr: 0 well, 1 failed, 2 wrong words, 130 after Ctrl-C."""
    try:
        status = work()
        sys.stdout.flush()
    except TeleVibeError as error:
        return _say(error.line(), error.exit_code)
    except Stopped as stopped:
        return _interrupted(str(stopped))
    except KeyboardInterrupt:
        return _interrupted(NOTHING_CHANGED)
    except (BrokenPipeError, ReaderGone) as gone:
        _write_no_more()
        return _say(str(gone), 0) if isinstance(gone, ReaderGone) and str(gone) else 0
    except Exception as error:  # the last place that can say something about it
        return _broke(error)
    return status


def _interrupted(line: str) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # once more changes nothing: this is the end already
    return _say(line, INTERRUPTED)


def _write_no_more() -> None:
    """What is left in the buffer of standard output cannot be written, and Python must not try again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _broke(error: Exception) -> int:
    if any(isinstance(e, OSError) and e.errno in {errno.ENOSPC, errno.EDQUOT} for e in _causes(error)):
        where = next((f" ({e.filename})" for e in _causes(error) if isinstance(e, OSError) and e.filename), "")
        _write_no_more()
        return _say(f"the disk is full{where} — free some space and run the command again; what was stored before is intact", 1)
    trace = "".join(traceback.format_exception(error))
    if os.environ.get("TELEVIBE_DEBUG") == "1":
        sys.stderr.write(trace)
    what = f"televibe itself failed: {type(error).__name__}: {one_line(str(error), 200)}"
    return _say(f"{what} — {_kept(trace)}", 1)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__


def _kept(trace: str) -> str:
    """Write the traceback to the home's logs, and say where it is."""
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    try:
        path = Home.find().ready().logs / name
        path.touch(mode=0o600)
        path.write_text(f"{sys.argv!r}\n{trace}", errors="backslashreplace")
    except (OSError, TeleVibeError):
        return "set TELEVIBE_DEBUG=1 to see where"
    return f"details: {path}"


def _say(line: str, status: int) -> int:
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _write_no_more()
    try:
        sys.stderr.write(one_line(line) + "\n")
    except OSError:
        return status  # nobody listens
    return status
