"""The commands about leases, added to the app: locks, locks acquire, locks release."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.doors.app import HERE, SETTINGS, Json, Repo, SessionId, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out

locks_app = typer.Typer(
    **SETTINGS,
    invoke_without_command=True,
    help="Which session holds which files, and who waits for them. Alone it lists them.",
    epilog="Example: televibe locks --json · televibe locks release L3 · televibe locks acquire S1 src/cart.py",
)
app.add_typer(locks_app, name="locks")

LeaseId = Annotated[str, typer.Argument(metavar="ID", help="A lease, such as L3.")]


@locks_app.callback()
def locks(
    context: typer.Context,
    repo: Repo = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
    as_json: Json = False,
) -> int:
    """Which session holds which files, until when, and who waits for them."""
    if context.invoked_subcommand is not None:
        return 0
    from orchestrator.doors.locks import show_locks

    return run(show_locks(repo, Out.to(), everything=everything, as_json=as_json))


@locks_app.command(epilog="Example: televibe locks acquire S1 src/cart.py 'docs/**' --minutes 60")
def acquire(
    session_id: SessionId,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files or globs inside the repository.")],
    shared: Annotated[bool, typer.Option("--shared", help="Nobody edits them; others may share them.")] = False,
    minutes: Annotated[float | None, typer.Option(min=0.1, max=1440, metavar="N", help="How long.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Others read it.")] = "",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Fail if somebody has them, rather than stand in line.")] = False,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Take files for a session, all or nothing. Exit 1 if they cannot be had, with --no-wait also if they are not free."""
    from orchestrator.doors.locks import take

    words = {"files": files, "shared": shared, "minutes": minutes, "reason": reason, "wait": not no_wait}
    return run(take(repo, session_id, words, Out.to(), as_json=as_json))


@locks_app.command(epilog="Example: televibe locks release L3")
def release(lease_id: LeaseId, repo: Repo = HERE, as_json: Json = False) -> int:
    """End a lease, whoever holds it, or its place in line. The next one gets the files and is told."""
    from orchestrator.doors.locks import give_back

    return run(give_back(repo, lease_id, Out.to(), as_json=as_json))
