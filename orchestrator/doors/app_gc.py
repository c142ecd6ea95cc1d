"""The command that clears away what nobody needs any more, added to the app: gc."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.doors.app import HERE, Json, Repo, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out
from orchestrator.nouns.errors import UsageError


@app.command(epilog="Example: televibe gc · televibe gc --yes --older-than 2w · televibe gc --json")
def gc(
    yes: Annotated[bool, typer.Option("--yes", help="Remove it. Without, it is only shown.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show it, as without --yes.")] = False,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="Of refs: 30d, 12h or 2w.")] = "30d",
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Show, and with --yes remove, what is left over: worktrees of closed sessions, places where something was merged or checked, and
    refs under refs/televibe whose work is on a branch, a tag or the default branch.

    The only copy of work always stays, and so do transcripts. What is not committed in such a worktree is kept under
    refs/televibe/swept/ first. Without its ref, `televibe undo` cannot bring back a branch any more. Exit 1 if something could not be
    removed.
    """
    from orchestrator.doors.gc import collect

    if yes and dry_run:
        raise UsageError("--yes and --dry-run exclude each other", "leave out one of them")
    return run(collect(repo, Out.to(), older_than=older_than, really=yes, as_json=as_json))
