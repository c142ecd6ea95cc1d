"""The commands about who goes first, added to the app: owners (set, unset, of), strategy (set, unset)."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from orchestrator.doors.app import HERE, SETTINGS, Json, Repo, app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out

owners_app = typer.Typer(
    **SETTINGS,
    invoke_without_command=True,
    help="Whose files are whose, where the strategy is ownership. Alone it lists them.",
    epilog="Example: televibe owners --json · televibe owners set 'src/auth/**' S2 · televibe owners of src/auth/login.py",
)
strategy_app = typer.Typer(
    **SETTINGS,
    invoke_without_command=True,
    help="Who gives way when branches collide: first_come, integrator, ownership or locks. Alone it lists what holds.",
    epilog="Example: televibe strategy set locks --path 'src/db/**'",
)
app.add_typer(owners_app, name="owners")
app.add_typer(strategy_app, name="strategy")

Glob = Annotated[str, typer.Argument(metavar="GLOB", help="Files inside the repository, such as 'src/auth/**'.")]
OfPath = Annotated[str, typer.Option("--path", metavar="GLOB", help="Only for these files; all if not given.")]


@owners_app.callback()
def owners(context: typer.Context, repo: Repo = HERE, as_json: Json = False) -> int:
    """Whose files are whose: what was said at run time, then what the configuration says."""
    if context.invoked_subcommand is not None:
        return 0
    from orchestrator.doors.owners import show_owners

    return run(show_owners(repo, Out.to(), as_json=as_json))


@owners_app.command("set", epilog="Example: televibe owners set 'src/auth/**' security · televibe owners set README.md shared")
def set_(
    glob: Glob,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="A session, a team, a role, or shared.")],
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Give files an owner, from now on. It counts where the strategy is ownership."""
    from orchestrator.doors.owners import give

    return run(give(repo, glob, owner, Out.to(), as_json=as_json))


@owners_app.command(epilog="Example: televibe owners unset 'src/auth/**'")
def unset(glob: Glob, repo: Repo = HERE, as_json: Json = False) -> int:
    """Take back what was set; what the configuration says counts again."""
    from orchestrator.doors.owners import take_back

    return run(take_back(repo, glob, Out.to(), as_json=as_json))


@owners_app.command(epilog="Example: televibe owners of src/auth/login.py --json")
def of(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file inside the repository.")], repo: Repo = HERE, as_json: Json = False
) -> int:
    """Say whose a file is, which strategy holds for it, and who holds its lease."""
    from orchestrator.doors.owners import show_owner

    return run(show_owner(repo, path, Out.to(), as_json=as_json))


@strategy_app.callback()
def strategy(context: typer.Context, repo: Repo = HERE, as_json: Json = False) -> int:
    """Which strategy holds where: what was said at run time, then what the configuration says."""
    if context.invoked_subcommand is not None:
        return 0
    from orchestrator.doors.owners import show_strategies

    return run(show_strategies(repo, Out.to(), as_json=as_json))


StrategyWord = Literal["first_come", "integrator", "ownership", "locks"]
"""As the noun has them, which help and completion do not import."""


@strategy_app.command(
    "set", epilog="Example: televibe strategy set integrator --integrator S9 · televibe strategy set locks --path 'db/**'"
)
def set_strategy(
    which: Annotated[StrategyWord, typer.Argument(metavar="STRATEGY", help="first_come, integrator, ownership or locks.")],
    path: OfPath = "**",
    integrator: Annotated[str, typer.Option(metavar="WHO", help="The session or role that merges, for integrator.")] = "",
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Change the strategy, for everybody at work, from now on."""
    from orchestrator.doors.owners import choose

    return run(choose(repo, which, path, integrator, Out.to(), as_json=as_json))


@strategy_app.command("unset", epilog="Example: televibe strategy unset --path 'db/**'")
def unset_strategy(path: OfPath = "**", repo: Repo = HERE, as_json: Json = False) -> int:
    """Take back what was set; what the configuration says counts again."""
    from orchestrator.doors.owners import unchoose

    return run(unchoose(repo, path, Out.to(), as_json=as_json))
