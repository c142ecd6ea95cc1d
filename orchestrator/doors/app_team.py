"""The commands about teams, added to the app: team new, list, show, close."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.doors.app import HERE, SETTINGS, Json, Repo, app
from orchestrator.doors.app_work import Agent
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out

EXAMPLE = "Example: televibe team new login --roles implementer,reviewer,tester"
team_app = typer.Typer(**SETTINGS, help="Several sessions for one feature, with one branch where their work meets.", epilog=EXAMPLE)
app.add_typer(team_app, name="team")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A team, such as login.")]


@team_app.command(epilog="Example: televibe team new login --roles implementer,implementer,tester --branch-prefix work/ --json")
def new(
    name: Name,
    roles: Annotated[
        str, typer.Option(metavar="ROLES", help="A session for each, separated by commas; one role may be there twice.")
    ] = "implementer,reviewer,tester",
    branch_prefix: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="The team's branch is PREFIX and NAME; team_prefix in the config if not given.")
    ] = None,
    repo: Repo = HERE,
    agent: Agent = None,
    as_json: Json = False,
) -> int:
    """Make a team: a branch for the feature, and for each role a session with a worktree and a branch of its own beside it.

    Every job of a member starts from what the team's branch has; what a writer commits goes there when its job ended well.
    """
    from orchestrator.doors.team import make_team

    return run(make_team(repo, name, roles, branch_prefix, agent, Out.to(), as_json=as_json))


@team_app.command("list", epilog="Example: televibe team list --all --json")
def list_(
    repo: Repo = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Closed teams too.")] = False,
    as_json: Json = False,
) -> int:
    """List the teams and their members."""
    from orchestrator.doors.team import list_teams

    return run(list_teams(repo, Out.to(), everything=everything, as_json=as_json))


@team_app.command(epilog="Example: televibe team show login --json")
def show(name: Name, repo: Repo = HERE, as_json: Json = False) -> int:
    """Show a team: its branch, its members, and whose work has met."""
    from orchestrator.doors.team import show_team

    return run(show_team(repo, name, Out.to(), as_json=as_json))


@team_app.command(epilog="Example: televibe team close login")
def close(name: Name, repo: Repo = HERE, as_json: Json = False) -> int:
    """Close the sessions of a team. Its branches stay, and what was not committed is kept."""
    from orchestrator.doors.team import end_team

    return run(end_team(repo, name, Out.to(), as_json=as_json))
