"""The commands about the shared context file, added to the app: context show, path, merge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.doors.app import HERE, SETTINGS, Json, Repo, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out

context_app = typer.Typer(
    **SETTINGS,
    help="What the sessions share: .televibe/context.yaml.",
    epilog="Example: televibe context show",
)
app.add_typer(context_app, name="context")


@context_app.command(epilog="Example: televibe context show --json")
def show(repo: Repo = HERE, as_json: Json = False) -> int:
    """Show what the sessions offer, have decided and leave for each other."""
    from orchestrator.doors.context import show_context

    return run(show_context(repo, Out.to(), as_json=as_json))


@context_app.command(epilog="Example: televibe context path · $EDITOR $(televibe context path)")
def path(repo: Repo = HERE) -> int:
    """Print where the file is."""
    from orchestrator.doors.context import show_path

    return run(show_path(repo, Out.to()))


@context_app.command(epilog="Example: televibe context merge %O %A %B, as git calls it once `televibe init` made it the merge driver.")
def merge(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="What both sides started from (git's %O).")],
    ours: Annotated[Path, typer.Argument(metavar="OURS", help="Our side (%A); the result is written here.")],
    theirs: Annotated[Path, typer.Argument(metavar="THEIRS", help="The other side (%B).")],
) -> int:
    """Merge three states of the file entry by entry. Exit 1 when something contradicts; it is then marked as git does."""
    from orchestrator.doors.context_merge import merge_files

    return merge_files(base, ours, theirs)
