"""The commands of the merge queue, added to the app: merge, and below it status, approve, withdraw."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestrator.doors.app import HERE, SETTINGS, Json, Repo, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out
from orchestrator.nouns.errors import UsageError

LEFT_OFF = "stopped waiting; the engine goes on — `televibe merge status` shows what became of it"


class LandFirst(TyperGroup):
    """``merge S12`` is ``merge land S12``: what is no command of the group is the name of something that is to land."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["land", *args]
        return super().parse_args(ctx, args)


merge_app = typer.Typer(
    **SETTINGS,
    cls=LandFirst,
    help="Land work: merged on top of what is ahead of it, checked as that, and only then on the default branch.",
    epilog="Example: televibe merge S12 · televibe merge fix/login S7 --wait · televibe merge --ready · televibe merge status",
)
app.add_typer(merge_app, name="merge")

EntryId = Annotated[str, typer.Argument(metavar="ID", help="An entry of the queue, such as E3.")]


@merge_app.command(epilog="Example: televibe merge land S12 fix/login --wait, or without the word land · televibe merge --ready --json")
def land(
    names: Annotated[list[str] | None, typer.Argument(metavar="S12|BRANCH…", help="Sessions or branches, first to land first.")] = None,
    ready: Annotated[bool, typer.Option("--ready", help="Every idle session's committed work that is of no goal under way.")] = False,
    wait: Annotated[
        bool | None, typer.Option("--wait/--no-wait", help="Until each has landed or not; on a terminal by default.")
    ] = None,
    pull_request: Annotated[bool, typer.Option("--pr", help="Push the branch and open a pull request with gh, instead.")] = False,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Put sessions' work or branches in the merge queue. `televibe merge S12` does the same.

    What lands are the commits that are there now; they are kept under refs/televibe/queue/. Exit 1 if, having waited, one of them did
    not land.
    """
    from orchestrator.doors.merge import land_named
    from orchestrator.doors.merge_pr import open_pull_requests

    given = names or []
    if bool(given) == ready:
        raise UsageError("say what is to land: sessions or branches, or --ready", "such as: televibe merge S12")
    if pull_request and (ready or wait):
        raise UsageError("--pr is about branches that you name, and waits for nothing", "such as: televibe merge S12 --pr")
    if pull_request:
        return run(open_pull_requests(repo, given, Out.to(), as_json=as_json))
    return run(land_named(repo, given, Out.to(), ready=ready, wait=wait, as_json=as_json), when_stopped=LEFT_OFF)


@merge_app.command(epilog="Example: televibe merge status --watch")
def status(
    repo: Repo = HERE,
    everything: Annotated[bool, typer.Option("--all", help="All that ever was in it, not only the last ones.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what happens, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> int:
    """Show what waits to land, what it waits for, and what became of the last ones."""
    from orchestrator.doors.merge_view import show_queue, watch_queue

    if watch:
        return run(watch_queue(repo, Out.to(), as_json=as_json), when_stopped="stopped looking; the queue goes on")
    return run(show_queue(repo, Out.to(), everything=everything, as_json=as_json))


@merge_app.command(epilog="Example: televibe merge approve E3")
def approve(entry_id: EntryId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Say yes to the files that an entry waits for: what agents or tools execute. It holds for exactly these commits."""
    from orchestrator.doors.merge import approve_entry

    return run(approve_entry(repo, entry_id, Out.to(), as_json=as_json))


@merge_app.command(epilog="Example: televibe merge withdraw E3")
def withdraw(entry_id: EntryId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Take an entry out of the queue, also while it is being checked. Its branch stays as it is."""
    from orchestrator.doors.merge import withdraw_entry

    return run(withdraw_entry(repo, entry_id, Out.to(), as_json=as_json))
