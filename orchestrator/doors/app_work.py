"""The commands that make something happen, added to the app: goal, chat, up, resume, answer, route, brief, demo, graph, session …"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.doors.app import HERE, Json, Repo, SessionId, app, session_app
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out
from orchestrator.nouns.errors import UsageError

KEPT = "stopped; everything made so far is kept — `televibe resume` goes on"
Agent = Annotated[str | None, typer.Option("--agent", metavar="KIND", help="Kind of coding agent: claude or scripted.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help='In plain words; "-" reads standard input.')]
Wait = Annotated[bool, typer.Option("--wait", help="Watch until it ends; without it the work goes on in the background.")]


@app.command(epilog='Example: televibe goal "Add a --verbose flag; test it" --yes --wait · televibe goal "Add login" --workflow tdd')
def goal(
    text: Text,
    repo: Repo = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve the plan without being asked.")] = False,
    wait: Wait = False,
    agent: Agent = None,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Although uncommitted changes will not be seen.")] = False,
    workflow: Annotated[
        str | None,
        typer.Option("--workflow", metavar="TEMPLATE", help="These stages instead of a plan: tdd, security-gate … or a file."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Give a goal: it is planned, shown for approval, and carried out by sessions that hand their work on until it lands."""
    from orchestrator.doors import goal as _  # noqa: F401  # here, because what is imported inside of the loop is deaf to Ctrl-C

    return run(_goal(spoken(text), repo, yes, wait, agent, allow_dirty, workflow, as_json), when_stopped=KEPT)


async def _goal(
    text: str, repo: Path, yes: bool, wait: bool, agent: str | None, allow_dirty: bool, workflow: str | None, as_json: bool
) -> int:
    from orchestrator.boundaries.home import Home
    from orchestrator.doors.goal import run_goal
    from orchestrator.doors.progress import watch_to
    from orchestrator.nouns.work import GoalState

    out = Out.to()
    watch = watch_to(out, silent=as_json)
    with watch:
        document, status = await run_goal(
            Home.find(),
            repo,
            text,
            yes=yes,
            wait=wait,
            agent=agent,
            allow_dirty=allow_dirty,
            watch=watch,
            asking=sys.stdin.isatty() and not as_json,
            workflow=workflow,
        )
    if as_json:
        out.document(document)
    elif document["state"] == GoalState.proposed:
        out.line(f"{document['id']} waits for your answer: televibe answer {document['id']} yes")
    elif not GoalState(document["state"]).over:
        out.line(f"{document['id']} goes on in the background: televibe log --follow --goal {document['id']}")
    return status


@app.command(epilog='Example: televibe answer G1 yes · televibe answer G1 "drop task 2"')
def answer(
    goal_id: Annotated[str, typer.Argument(metavar="GOAL", help="A goal, such as G1.")],
    text: Text,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Answer a plan that waits: yes, no, or an edit in words."""
    return run(_answer(goal_id, spoken(text), repo, as_json))


async def _answer(goal_id: str, text: str, repo: Path, as_json: bool) -> int:
    from orchestrator.doors.answer import answer_goal

    return await answer_goal(repo, goal_id, text, Out.to(), as_json=as_json)


@app.command(epilog="Example: televibe chat --repo ~/shop")
def chat(repo: Repo = HERE, agent: Agent = None) -> int:
    """Talk: give goals, approve or change plans, ask what is going on, and watch it happen."""
    from orchestrator.doors.chat import run_chat

    return run(run_chat(repo, agent), when_stopped=KEPT)


@app.command(epilog="Example: televibe stop G1")
def stop(
    goal_id: Annotated[str, typer.Argument(metavar="GOAL", help="A goal, such as G1.")], repo: Repo = HERE, as_json: Json = False
) -> int:
    """Stop a goal: nothing more is started, running agents are interrupted, everything made stays."""
    from orchestrator.doors.answer import stop_named_goal

    return run(stop_named_goal(repo, goal_id, Out.to(), as_json=as_json))


@app.command(epilog="Example: televibe up --port 7311 · televibe up --until-idle")
def up(
    repo: Annotated[Path | None, typer.Option("--repo", metavar="PATH", help="A repository that must be initialised.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Where agents find /mcp; 0: any free port.")] = 0,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing is left to do without you.")] = False,
    as_json: Json = False,
) -> int:
    """Run the engine for every project of this home, and take up whatever an earlier process left unfinished."""
    from orchestrator.doors.progress import watch_to
    from orchestrator.doors.up import run_up

    out = Out.to()
    work = run_up(repo, out, watch_to(out, silent=as_json), port=port, until_idle=until_idle, as_json=as_json)
    return run(work, when_stopped=KEPT)


@app.command(epilog="Example: televibe mcp, with the token in TELEVIBE_TOKEN")
def mcp() -> int:
    """Serve the coordination tools over standard input and output, for an agent that speaks no HTTP. An engine must be running."""
    from orchestrator.doors.mcp.shim import run_shim

    return run(run_shim(), when_stopped="stopped")


@app.command(epilog="Example: televibe resume G1")
def resume(
    goal_id: Annotated[str | None, typer.Argument(metavar="GOAL", help="A blocked or stopped goal to try again.")] = None,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Go on: finish what was left unfinished, or try a blocked or stopped goal again."""
    from orchestrator.doors.progress import watch_to
    from orchestrator.doors.up import run_resume

    out = Out.to()
    return run(run_resume(repo, goal_id, out, watch_to(out, silent=as_json), as_json=as_json), when_stopped=KEPT)


@app.command(epilog='Example: televibe route "fix the login timeout" --json')
def route(text: Text, repo: Repo = HERE, as_json: Json = False) -> int:
    """Say which session an instruction would go to and why, without doing it."""
    from orchestrator.doors.route import show_route

    return run(show_route(repo, spoken(text), Out.to(), as_json=as_json))


@app.command(epilog='Example: televibe brief S2 "use the new login"')
def brief(session_id: SessionId, text: Text, repo: Repo = HERE, as_json: Json = False) -> int:
    """Show the enhanced instruction a session would get, with its sources."""
    from orchestrator.doors.route import show_brief

    return run(show_brief(repo, session_id, spoken(text), Out.to(), as_json=as_json))


@app.command(epilog="Example: televibe demo --dir /tmp/demo · televibe demo --svg demo.svg")
def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", "--repo", metavar="PATH", help="Where; a new temporary directory if not given.")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write a picture of the run there.")] = None,
    as_json: Json = False,
) -> int:
    """Watch one goal become landed, tested work in a sample repository. No key and no agent needed."""
    from orchestrator.doors.demo.command import run_demo
    from orchestrator.doors.progress import watch_to

    out = Out.to()
    return run(run_demo(directory, out, watch_to(out, silent=as_json), as_json=as_json, svg=svg), when_stopped=KEPT)


@app.command(epilog="Example: televibe graph --mermaid > machine.mmd")
def graph(
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid flowchart.")] = False,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Draw the state machine that every event passes through."""
    del repo  # it is the same for every repository
    from orchestrator.doors import graph as drawing

    if as_json:
        Out.to().document(drawing.as_document())
        return 0
    Out.to().line(drawing.mermaid() if mermaid else drawing.as_text())
    return 0


@session_app.command(epilog="Example: televibe session new --role reviewer --branch review/login --json")
def new(
    role: Annotated[str, typer.Option(metavar="ROLE", help="What it is for: implementer, reviewer, tester …")] = "implementer",
    branch: Annotated[str | None, typer.Option(metavar="NAME", help="A new branch; named after the session if not given.")] = None,
    repo: Repo = HERE,
    agent: Agent = None,
    as_json: Json = False,
) -> int:
    """Make a session with a worktree of its own on a new branch. No agent is started before it has work."""
    from orchestrator.doors.session_work import make_session

    return run(make_session(repo, role, branch, agent, Out.to(), as_json=as_json))


@session_app.command(epilog="Example: televibe session adopt --branch feature/login")
def adopt(
    branch: Annotated[str, typer.Option(metavar="NAME", help="A branch that exists.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="What it is for.")] = "implementer",
    repo: Repo = HERE,
    agent: Agent = None,
    as_json: Json = False,
) -> int:
    """Make a session over a branch that exists already."""
    from orchestrator.doors.session_work import take_over_branch

    return run(take_over_branch(repo, branch, role, agent, Out.to(), as_json=as_json))


@session_app.command(epilog='Example: televibe session send S1 "use argparse, please" --wait')
def send(session_id: SessionId, text: Text, repo: Repo = HERE, wait: Wait = False, as_json: Json = False) -> int:
    """Give a session an instruction, or the answer its agent waits for."""
    from orchestrator.doors.progress import watch_to
    from orchestrator.doors.session_work import tell_session

    out = Out.to()
    watch = watch_to(out, silent=as_json)
    return run(tell_session(repo, session_id, spoken(text), out, watch, wait=wait, as_json=as_json), when_stopped=KEPT)


@session_app.command("stop", epilog="Example: televibe session stop S1")
def session_stop(session_id: SessionId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Interrupt its agent, cancel what waits, and give it nothing more until it is resumed."""
    from orchestrator.doors.session_work import halt_session

    return run(halt_session(repo, session_id, Out.to(), as_json=as_json))


@session_app.command("resume", epilog="Example: televibe session resume S1")
def session_resume(session_id: SessionId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Let a stopped session take work again."""
    from orchestrator.doors.session_work import wake_session

    return run(wake_session(repo, session_id, Out.to(), as_json=as_json))


@session_app.command("token", epilog="Example: televibe session token S1 · televibe session token S1 --revoke")
def session_token(
    session_id: SessionId,
    repo: Repo = HERE,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take back all that were made by hand.")] = False,
    as_json: Json = False,
) -> int:
    """Make a token for an agent that you start yourself as this session. It is shown once, and stored nowhere."""
    from orchestrator.doors.session_token import make_token, take_back_tokens

    work = take_back_tokens if revoke else make_token
    return run(work(repo, session_id, Out.to(), as_json=as_json))


@session_app.command(epilog="Example: televibe session close S1")
def close(session_id: SessionId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Remove its worktree. Its branch stays, and what was not committed is kept under a ref."""
    from orchestrator.doors.session_work import end_session

    return run(end_session(repo, session_id, Out.to(), as_json=as_json))


def spoken(text: str) -> str:
    """The text, or standard input for ``-``. ``UsageError`` unless it is UTF-8."""
    try:
        words = sys.stdin.buffer.read().decode() if text == "-" else text
        words.encode()
    except UnicodeError:
        raise UsageError("the text is not UTF-8", "convert it, e.g. with iconv -t utf-8") from None
    return words
