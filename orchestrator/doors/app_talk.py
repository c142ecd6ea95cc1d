"""The commands for what sessions say to each other, and the user to them: inbox, reply, message, exports, decide, todo …"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from orchestrator.doors.app import HERE, Json, Repo, app
from orchestrator.doors.app_work import Text, spoken
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out

Everything = Annotated[bool, typer.Option("--all", help="Also what is settled or gone.")]


class Kind(StrEnum):
    """Why you write."""

    fyi = "fyi"
    need_input = "need_input"
    interface_ready = "interface_ready"


@app.command(epilog="Example: televibe inbox · televibe inbox S12 --json")
def inbox(
    session_id: Annotated[str | None, typer.Argument(metavar="ID", help="A session; left out: your own.")] = None,
    repo: Repo = HERE,
    everything: Everything = False,
    as_json: Json = False,
) -> int:
    """Show the messages to you, or to a session, that are not settled."""
    from orchestrator.doors.talk import show_inbox

    return run(show_inbox(repo, session_id, Out.to(), everything=everything, as_json=as_json))


@app.command(epilog='Example: televibe reply M3 "the second column"')
def reply(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE", help="A message of your inbox, such as M3.")],
    text: Text,
    repo: Repo = HERE,
    as_json: Json = False,
) -> int:
    """Answer a message that a session sent to you; it is woken if it waited."""
    from orchestrator.doors.talk import answer_message

    return run(answer_message(repo, message_id, spoken(text), Out.to(), as_json=as_json))


@app.command(epilog='Example: televibe message S1 "the API freeze is on Friday" · televibe message all "use tabs"')
def message(
    session_id: Annotated[str, typer.Argument(metavar="ID", help="A session, or all.")],
    text: Text,
    repo: Repo = HERE,
    kind: Annotated[Kind, typer.Option("--type", help="need_input wakes an idle session for an answer.")] = Kind.fyi,
    as_json: Json = False,
) -> int:
    """Write to a session (or all): part of its next brief. `session send` gives it work instead."""
    from orchestrator.doors.talk import say

    to = None if session_id.lower() == "all" else session_id.upper()
    arguments = {"to_session": to, "message_type": kind.value, "content": spoken(text)}
    return run(say(repo, "send_cross_session_message", arguments, Out.to(), told="sent: {ids}", as_json=as_json))


@app.command(epilog="Example: televibe exports --session S1 · televibe exports --name login --json")
def exports(
    repo: Repo = HERE,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Only of this session.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Only of this name, or ending with it.")] = None,
    everything: Everything = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at most.")] = 200,
    as_json: Json = False,
) -> int:
    """List the interfaces that sessions offer, as their branches' code has them."""
    from orchestrator.doors.talk import show_exports

    work = show_exports(repo, Out.to(), session_id=session, name=name, everything=everything, limit=limit, as_json=as_json)
    return run(work)


@app.command(epilog="Example: televibe decisions --json")
def decisions(
    repo: Repo = HERE,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many of the newest.")] = 50,
    as_json: Json = False,
) -> int:
    """List what is settled, by whom, and why."""
    from orchestrator.doors.talk import show_decisions

    return run(show_decisions(repo, Out.to(), limit=limit, as_json=as_json))


@app.command(epilog='Example: televibe decide "Amounts are integers in cents" --because "floats lose money"')
def decide(
    text: Text,
    repo: Repo = HERE,
    because: Annotated[str, typer.Option("--because", metavar="WHY", help="The reason, which every session reads too.")] = "",
    as_json: Json = False,
) -> int:
    """Settle something that every session is to follow."""
    from orchestrator.doors.talk import say

    arguments = {"decision": spoken(text), "rationale": because}
    return run(say(repo, "record_decision", arguments, Out.to(), told="{id} is part of every brief from now on", as_json=as_json))


@app.command(epilog="Example: televibe todos --all")
def todos(repo: Repo = HERE, everything: Everything = False, as_json: Json = False) -> int:
    """List what was left to do for later."""
    from orchestrator.doors.talk import show_todos

    return run(show_todos(repo, Out.to(), everything=everything, as_json=as_json))


@app.command(epilog='Example: televibe todo "use require_login once it is there" --for S2 · televibe todo --done O1')
def todo(
    text: Annotated[str, typer.Argument(metavar="TEXT", help='In plain words; "-" reads standard input.')] = "",
    repo: Repo = HERE,
    for_: Annotated[str | None, typer.Option("--for", metavar="ID", help="For this session; left out: whoever comes to it.")] = None,
    done: Annotated[str | None, typer.Option("--done", metavar="ID", help="It is done, such as O1.")] = None,
    as_json: Json = False,
) -> int:
    """Leave something to do for a session, for later; or say that it is done."""
    from orchestrator.doors.talk import say
    from orchestrator.nouns.errors import UsageError

    if bool(text) == bool(done):
        raise UsageError("say what is to be done, or which is done", 'televibe todo "…" --for S1, or televibe todo --done O1')
    if done:
        return run(say(repo, "complete_todo", {"todo_id": done.upper()}, Out.to(), told="{id} is done", as_json=as_json))
    arguments = {"message": spoken(text), "to_session": for_.upper() if for_ else None}
    return run(say(repo, "add_todo", arguments, Out.to(), told="{id} is part of its briefs until it is done", as_json=as_json))
