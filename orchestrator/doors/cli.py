"""The ``televibe`` command. Exit status: 0 well, 1 failed, 2 wrong words or configuration, 130 after Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from orchestrator.doors.frame import INTERRUPTED, guarded
from orchestrator.doors.quick import quick_answer
from orchestrator.nouns.errors import UsageError

ADDED = (
    "app_branches",
    "app_conflicts",
    "app_context",
    "app_eval",
    "app_gc",
    "app_locks",
    "app_merge",
    "app_owners",
    "app_request",
    "app_talk",
    "app_team",
    "app_work",
    "app_workflow",
)
"""Modules that add commands to the app when they are imported; `--help` lists them in this order."""


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

    for added in ADDED:
        import_module(f"orchestrator.doors.{added}")
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
