"""The commands about branches that keep up, added to the app: sync, undo."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.doors.app import HERE, Json, Repo, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out
from orchestrator.nouns.errors import UsageError

LEFT_OFF = "stopped waiting; the engine goes on — `televibe log` shows what became of it"


@app.command(epilog="Example: televibe sync S12 · televibe sync --all --json")
def sync(
    session_id: Annotated[str | None, typer.Argument(metavar="ID", help="A session, such as S1; left out: all of them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session that is not closed.")] = False,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Bring branches up to the default branch: forwarded, rebased, or merged where others have their commits already.

    Work that is not committed comes along, and what was is kept under refs/televibe/backup/. What git cannot do by itself becomes an
    instruction for the session. Exit 1 if a branch stays behind.
    """
    from orchestrator.doors.branches import sync_branches

    if session_id is not None and everything:
        raise UsageError(f"{session_id} and --all exclude each other", "name one session, or take all")
    return run(sync_branches(repo, session_id, Out.to(), as_json=as_json), when_stopped=LEFT_OFF)


@app.command(epilog="Example: televibe undo S12 · televibe undo S12 --force --json")
def undo(
    session_id: Annotated[str | None, typer.Argument(metavar="ID", help="A session; left out: the one brought up last.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Although commits came since: they are kept under refs/televibe/undone/.")
    ] = False,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Take back the last time a session's branch was brought up: branch, index and files are as they were before."""
    from orchestrator.doors.branches import undo_sync

    return run(undo_sync(repo, session_id, Out.to(), force=force, as_json=as_json), when_stopped=LEFT_OFF)
