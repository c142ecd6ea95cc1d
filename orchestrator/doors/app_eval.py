"""The commands that score the product, added to the app: eval semantic. Each suite is a command below ``eval``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.doors.app import SETTINGS, Json, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out

eval_app = typer.Typer(
    **SETTINGS,
    help="Score what the product decides by itself on cases whose answer is known.",
    epilog="Example: televibe eval semantic --json",
)
app.add_typer(eval_app, name="eval")


class Show(StrEnum):
    """Which cases are listed."""

    wrong = "wrong"
    all = "all"
    none = "none"


@eval_app.callback()
def suites() -> None:
    """Keep ``eval`` a group, also while it has one suite."""


@eval_app.command(epilog="Example: televibe eval semantic --kind signature · televibe eval semantic ~/cases --verify --json")
def semantic(
    cases: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A directory with cases; the planted suite if not given.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Find the truth anew: run the tests of both sides and of each merge.")
    ] = False,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="Only cases of this kind, such as renamed.")] = None,
    show: Annotated[Show, typer.Option(help="Which cases are listed.")] = Show.wrong,
    as_json: Json = False,
) -> int:
    """Score the search for semantic conflicts: branches that git merges cleanly into a broken program, and their look-alikes.

    A case below PATH is a directory: base/, a/ and b/ hold all files of each side, and case.json says
    {"kind": …, "conflict": true | false, "test": "a command"}. Exit 1 if --verify finds another truth than the cases say.
    """
    from orchestrator.doors.eval_semantic import score_semantic

    return run(score_semantic(cases, Out.to(), verify=verify, kind=kind, show=show.value, as_json=as_json), when_stopped="stopped")
