"""The commands and their words. A command's own module is imported when it runs, so that help and completion stay quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.doors.frame import run
from orchestrator.doors.output import Out
from orchestrator.nouns.errors import UsageError

SETTINGS: dict[str, Any] = {
    "rich_markup_mode": None,  # importing rich's Markdown costs more than most commands
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}

app = typer.Typer(
    **SETTINGS,
    help="The middle AI between you and your coding sessions: say what you want; it decides which session does what.",
    epilog="Example: televibe init && televibe goal 'Add a --verbose flag, and test it'",
)
session_app = typer.Typer(**SETTINGS, help="One session: what it is, did and changed.", epilog="Example: televibe session show S1")
app.add_typer(session_app, name="session")

Repo = Annotated[Path, typer.Option("--repo", metavar="PATH", help="The repository; the current directory if not given.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
SessionId = Annotated[str, typer.Argument(metavar="ID", help="A session, such as S1.")]
HERE = Path()


@app.command(epilog="Example: televibe init --repo ~/shop --agent claude")
def init(
    repo: Repo = HERE,
    agent: Annotated[str | None, typer.Option(metavar="KIND", help="Kind of coding agent: claude or scripted.")] = None,
    as_json: Json = False,
) -> int:
    """Make a repository ready: writes .televibe/config.yaml if there is none, and registers it. Run it as often as you like."""
    from orchestrator.doors.init import init as work

    return run(work(repo, Out.to(), agent=agent, as_json=as_json), when_stopped="stopped; run it again to finish")


@app.command(epilog="Example: televibe doctor --json")
def doctor(
    repo: Annotated[Path | None, typer.Option("--repo", metavar="PATH", help="The repository to look at.")] = None,
    as_json: Json = False,
) -> int:
    """Look at everything that is needed, and say what to do about what is missing. Exit 1 if something required failed."""
    from orchestrator.doors.doctor import doctor as work

    return run(work(repo, Out.to(), as_json=as_json))


@app.command(epilog="Example: televibe sessions --all")
def sessions(
    repo: Repo = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Closed sessions too.")] = False,
    as_json: Json = False,
) -> int:
    """List the sessions and what each of them does."""
    from orchestrator.doors.sessions import list_sessions

    return run(list_sessions(repo, Out.to(), everything=everything, as_json=as_json))


@app.command(epilog="Example: televibe goals --json")
def goals(repo: Repo = HERE, as_json: Json = False) -> int:
    """List the goals and how far they are."""
    from orchestrator.doors.sessions import list_goals

    return run(list_goals(repo, Out.to(), as_json=as_json))


@app.command(epilog="Example: televibe log --follow --goal G1 · televibe log --git --limit 20")
def log(
    repo: Repo = HERE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens, until Ctrl-C.")] = False,
    git: Annotated[bool, typer.Option("--git", help="The git commands that were run, instead.")] = False,
    goal: Annotated[str | None, typer.Option(metavar="ID", help="Only about this goal.")] = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Only about this session.")] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="How many of the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document; with --follow one on each line.")] = False,
) -> int:
    """Show what happened: goals, plans, sessions, jobs, landings. The newest is at the end."""
    from orchestrator.doors.log import show_git_log, show_log

    if git and (follow or goal or session):
        raise UsageError("--git shows git commands, which have no goal or session and are not followed", "use --git alone")
    if git:
        return run(show_git_log(repo, Out.to(), limit=limit, as_json=as_json))
    work = show_log(repo, Out.to(), goal_id=goal, session_id=session, limit=limit, following=follow, as_json=as_json)
    return run(work, when_stopped=LEFT if follow else "stopped")


LEFT = "stopped looking; the work goes on"


@session_app.command(epilog="Example: televibe session show S1 --json")
def show(session_id: SessionId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Show a session: where it is, its jobs, what it offers to the others, what it waits for."""
    from orchestrator.doors.sessions import show_session

    return run(show_session(repo, session_id, Out.to(), as_json=as_json))


@session_app.command("log", epilog="Example: televibe session log S1 --follow")
def session_log(
    session_id: SessionId,
    repo: Repo = HERE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document; with --follow one on each line.")] = False,
) -> int:
    """Show what a session's agent was told, said and did."""
    from orchestrator.doors.session_log import show_session_log

    work = show_session_log(repo, session_id, Out.to(), following=follow, as_json=as_json)
    return run(work, when_stopped=LEFT if follow else "stopped")


@session_app.command(epilog="Example: televibe session diff S1 | git apply · televibe session diff S1 --stat")
def diff(
    session_id: SessionId,
    repo: Repo = HERE,
    stat: Annotated[bool, typer.Option("--stat", help="Only how many lines of which files.")] = False,
    as_json: Json = False,
) -> int:
    """Show what a session changed since its branch started, work it did not commit yet included."""
    from orchestrator.doors.sessions import diff_session

    return run(diff_session(repo, session_id, Out.to(), stat=stat, as_json=as_json))
