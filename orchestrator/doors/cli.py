"""The ``televibe`` command. Exit status: 0 well, 1 failed, 2 wrong words or configuration, 130 after Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from orchestrator.doors.frame import INTERRUPTED, guarded
from orchestrator.doors.quick import quick_answer
from orchestrator.nouns.errors import UsageError


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file name need not be text
    sys.exit(guarded(lambda: televibe(sys.argv[1:])))


def televibe(words: Sequence[str]) -> int:
    """Do what the words say; the exit status. Errors rise."""
    status = quick_answer(words)
    return _command(list(words) or ["--help"]) if status is None else status


def _command(words: list[str]) -> int:
    import typer

    from orchestrator.doors import (  # noqa: F401  # they add their commands
        app_branches,
        app_context,
        app_gc,
        app_locks,
        app_merge,
        app_owners,
        app_request,
        app_talk,
        app_team,
        app_work,
        app_workflow,
    )
    from orchestrator.doors.app import app

    try:
        status = int(app(words, prog_name="televibe", standalone_mode=False) or 0)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "televibe"
        raise UsageError(error.format_message(), f"`{path} --help` shows the words") from None
    if status == INTERRUPTED:  # so Typer ends at Ctrl-C: without a word
        raise KeyboardInterrupt
    return status
