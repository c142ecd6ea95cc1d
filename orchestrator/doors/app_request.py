"""The commands about requests: ``request S2 "…"`` makes one, ``request accept|decline|complete R3`` answers one made of you."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestrator.doors.app import HERE, SETTINGS, Json, Repo, app
from orchestrator.doors.app_work import Text, spoken
from orchestrator.doors.frame import run
from orchestrator.doors.output import Out


class Wanted(StrEnum):
    """What you ask for."""

    review = "review"
    help = "help"
    implement = "implement"


class Asking(TyperGroup):
    """Whatever is not one of its commands is whom to ask: ``request S2 …`` is ``request make S2 …``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["make", *args]
        return super().parse_args(ctx, args)


request_app = typer.Typer(
    **SETTINGS,
    cls=Asking,
    help='Ask a session, or any of a role: `request S2 "…"`, `request security "…"`. Or answer what was asked of you.',
    epilog='Example: televibe request S2 "Is the token check safe?" --type review · televibe request complete R3 "yes, since …"',
)
app.add_typer(request_app, name="request")

RequestId = Annotated[str, typer.Argument(metavar="REQUEST", help="One that was made of you, such as R3.")]


@app.command(epilog="Example: televibe requests --all --json")
def requests(
    repo: Repo = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Also those that ended.")] = False,
    as_json: Json = False,
) -> int:
    """List what sessions ask of each other and of you, and the answers."""
    from orchestrator.doors.talk import show_requests

    return run(show_requests(repo, Out.to(), everything=everything, as_json=as_json))


@request_app.command(
    epilog='Example: televibe request make S2 "Is the token check safe?" --type review · televibe request security "Look at S2"'
)
def make(
    whom: Annotated[str, typer.Argument(metavar="WHOM", help="A session, such as S2, or a role, such as security.")],
    text: Text,
    repo: Repo = HERE,
    kind: Annotated[Wanted, typer.Option("--type", help="What you ask for.")] = Wanted.help,
    as_json: Json = False,
) -> int:
    """Ask for a review, for help, or to implement something; `make` may be left out. The answer comes to your inbox.

    For a role one of its sessions is chosen; one is made if none is free.
    """
    to = {"to_session": whom.upper()} if re.fullmatch(r"[sS]\d+", whom) else {"to_role": whom}
    told = "{id} was made of {to_session}" if "to_session" in to else "{id} goes to a {to_role}"
    arguments = {**to, "request_type": kind.value, "context": spoken(text)}
    return _say("create_request", arguments, repo, f"{told}; `televibe requests` shows how it goes", as_json=as_json)


@request_app.command(epilog="Example: televibe request accept R3")
def accept(request_id: RequestId, repo: Repo = HERE, as_json: Json = False) -> int:
    """Say that you take a request on; `complete` answers it."""
    told = '{id} is yours; answer it with `televibe request complete {id} "…"`'
    return _say("accept_request", {"request_id": request_id.upper()}, repo, told, as_json=as_json)


@request_app.command(epilog='Example: televibe request decline R3 "ask S2, who wrote it"')
def decline(request_id: RequestId, text: Text, repo: Repo = HERE, as_json: Json = False) -> int:
    """Refuse a request, with the reason; the session that asked goes on with that."""
    arguments = {"request_id": request_id.upper(), "reason": spoken(text)}
    return _say("decline_request", arguments, repo, "{id} is declined; {from_session} is told", as_json=as_json)


@request_app.command(epilog='Example: televibe request complete R3 "the second column"')
def complete(request_id: RequestId, text: Text, repo: Repo = HERE, as_json: Json = False) -> int:
    """Answer a request with its result; the session that asked goes on with that."""
    arguments = {"request_id": request_id.upper(), "response": spoken(text)}
    return _say("complete_request", arguments, repo, "{id} is answered; {from_session} goes on with it", as_json=as_json)


def _say(tool: str, arguments: dict[str, Any], repo: Any, told: str, *, as_json: bool) -> int:
    from orchestrator.doors.talk import say

    return run(say(repo, tool, arguments, Out.to(), told=told, as_json=as_json))
