"""The commands about workflows, added to the app: workflow run, list, show, pause, resume, cancel, retry, skip, templates …"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.doors.app import HERE, LEFT, SETTINGS, Json, Repo, app
from orchestrator.doors.app_work import KEPT, Agent, Wait, spoken
from orchestrator.doors.frame import run as carry_out
from orchestrator.doors.output import Out
from orchestrator.nouns.errors import UsageError

workflow_app = typer.Typer(
    **SETTINGS,
    help="Stages that hand their work on: written as YAML, or taken from a template. A run is named by its goal, such as G3.",
    epilog='Example: televibe workflow run tdd --goal "Add a --verbose flag" --follow',
)
app.add_typer(workflow_app, name="workflow")

RunId = Annotated[str, typer.Argument(metavar="ID", help="A run, such as G3.")]
StageId = Annotated[str, typer.Argument(metavar="STAGE", help="One of its stages, such as review.")]
Named = Annotated[str, typer.Argument(metavar="FILE|TEMPLATE", help="A YAML file, or the name of a template.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Watch its stages until it ends; Ctrl-C stops only the looking.")]
EveryChange = Annotated[bool, typer.Option("--json", help="One JSON document; with --follow one on each line, for each change.")]


@workflow_app.command(
    epilog='Example: televibe workflow run flow.yaml --wait · televibe workflow run parallel-integrate --part "Add login" --part "…"'
)
def run(
    named: Named,
    goal: Annotated[str, typer.Option(metavar="TEXT", help='What it is for; "-" reads standard input.')] = "",
    part: Annotated[
        list[str] | None, typer.Option("--part", metavar="TEXT", help="A part of the goal, for a workflow that works in parts.")
    ] = None,
    repo: Repo = HERE,
    agent: Agent = None,
    wait: Wait = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Watch its stages until it ends.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Although uncommitted changes will not be seen.")] = False,
    as_json: EveryChange = False,
) -> int:
    """Run a workflow: each stage has its turn when what it needs is done, and starts from that work. Nothing is asked beforehand."""
    if wait and follow:
        raise UsageError("--wait and --follow both watch", "use one of them")
    from orchestrator.doors import workflow_run as _  # noqa: F401  # what is imported inside of the loop is deaf to Ctrl-C

    work = _run(named, spoken(goal), tuple(part or ()), repo, agent, wait, follow, allow_dirty, as_json)
    return carry_out(work, when_stopped=KEPT)


async def _run(
    named: str,
    goal: str,
    parts: tuple[str, ...],
    repo: Path,
    agent: str | None,
    wait: bool,
    following: bool,
    allow_dirty: bool,
    as_json: bool,
) -> int:
    from orchestrator.doors.progress import watch_to
    from orchestrator.doors.workflow_run import begin_run

    out = Out.to()
    watch = watch_to(out, silent=as_json or following)
    with watch:
        return await begin_run(
            repo,
            named,
            out,
            watch,
            goal=goal,
            parts=parts,
            agent=agent,
            wait=wait,
            following=following,
            allow_dirty=allow_dirty,
            as_json=as_json,
        )


@workflow_app.command("list", epilog="Example: televibe workflow list --json")
def list_(
    repo: Repo = HERE,
    everything: Annotated[
        bool, typer.Option("--all", help="Goals that were planned too; they can be shown and controlled so.")
    ] = False,
    as_json: Json = False,
) -> int:
    """List the runs and how far they are."""
    from orchestrator.doors.workflow import list_runs

    return carry_out(list_runs(repo, Out.to(), everything=everything, as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow show G3 --follow")
def show(run_id: RunId, repo: Repo = HERE, follow: Follow = False, as_json: EveryChange = False) -> int:
    """Draw a run: its stages in layers, what each needs, its state, time and cost; and the question of one that waits for you."""
    if follow:
        from orchestrator.doors.workflow_follow import follow_run

        return carry_out(follow_run(repo, run_id, Out.to(), as_json=as_json), when_stopped=LEFT)
    from orchestrator.doors.workflow import show_run

    return carry_out(show_run(repo, run_id, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow pause G3")
def pause(run_id: RunId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Hold a run: what runs goes on to its end, nothing new begins."""
    from orchestrator.doors.workflow import hold_run

    return carry_out(hold_run(repo, run_id, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow resume G3")
def resume(run_id: RunId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Go on: end a pause, try again what failed, take up what was cancelled."""
    from orchestrator.doors.workflow import free_run

    return carry_out(free_run(repo, run_id, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow cancel G3")
def cancel(run_id: RunId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Stop a run: nothing more is started, running agents are interrupted, everything made stays."""
    from orchestrator.doors.workflow import cancel_run

    return carry_out(cancel_run(repo, run_id, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow retry G3 review")
def retry(run_id: RunId, stage_id: StageId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Try a stage once more that failed or was skipped."""
    from orchestrator.doors.workflow import retry_one

    return carry_out(retry_one(repo, run_id, stage_id, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow skip G3 security")
def skip(run_id: RunId, stage_id: StageId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Leave a stage out that has not begun, failed, or asks you; those that need it go on without it."""
    from orchestrator.doors.workflow import skip_one

    return carry_out(skip_one(repo, run_id, stage_id, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow templates · televibe workflow templates tdd > flow.yaml")
def templates(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Print this one, to change it.")] = None,
    as_json: Json = False,
) -> int:
    """List the built-in workflows, or print one."""
    from orchestrator.doors.workflow import show_templates

    return show_templates(name, Out.to(), as_json=as_json)


@workflow_app.command(epilog="Example: televibe workflow check flow.yaml")
def check(named: Named, repo: Repo = HERE, as_json: Json = False) -> int:
    """Look for everything that is wrong with a file: unknown keys and names, circles … with line and column. Exit 2 if there is any."""
    from orchestrator.doors.workflow import check_file

    return carry_out(check_file(repo, named, Out.to(), as_json=as_json))


@workflow_app.command(epilog="Example: televibe workflow schema > workflow.schema.json")
def schema() -> int:
    """Print the JSON schema of workflow files, which lets an editor help to write them (# yaml-language-server: $schema=…)."""
    from orchestrator.doors.workflow import print_schema

    return print_schema(Out.to())
