"""The command about branches that collide, added to the app."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.doors.app import HERE, Repo, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out


@app.command(epilog="Example: televibe conflicts --branches 'feature/*' --json · televibe conflicts feature/a feature/b --verify")
def conflicts(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="BRANCH", help="Branches or commits; left out: every branch with something of its own."),
    ] = None,
    branches: Annotated[list[str] | None, typer.Option("--branches", metavar="GLOB", help="Branches that match; repeatable.")] = None,
    base: Annotated[str, typer.Option(metavar="BRANCH", help="What all are compared with; the default branch if not given.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever a branch or worktree changes, until Ctrl-C.")] = False,
    no_worktrees: Annotated[bool, typer.Option("--no-worktrees", help="Leave out work that is not committed.")] = False,
    no_semantic: Annotated[bool, typer.Option("--no-semantic", help="Only what git cannot merge.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Run the project's checks on each merged tree, elsewhere.")] = False,
    check: Annotated[list[str] | None, typer.Option("--check", metavar="CMD", help="With --verify: run this instead.")] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 if any two collide.")] = False,
    repo: Repo = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document; with --watch one on each line.")] = False,
) -> int:
    """Show which live branches collide: what git cannot merge, and what it merges and is wrong.

    Works on any git repository, without a session or an engine. Compares every two branches, and each with the default branch, work
    that is not committed included. Nothing of the repository is changed, and none of its hooks or drivers is run.
    """
    from graphs.radar_heads import Asked
    from orchestrator.doors.conflicts import Wanted, show_conflicts, watch_conflicts

    asked = Asked(tuple(names or ()), tuple(branches or ()), base, worktrees=not no_worktrees)
    wanted = Wanted(asked, semantic=not no_semantic, verify=verify or bool(check), checks=tuple(check or ()), exit_code=exit_code)
    if watch:
        return run(watch_conflicts(repo, wanted, Out.to(), as_json=as_json), when_stopped="stopped looking")
    return run(show_conflicts(repo, wanted, Out.to(), as_json=as_json), when_stopped="stopped; nothing was changed")
