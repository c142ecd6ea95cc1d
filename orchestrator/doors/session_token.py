"""``televibe session token``: what an agent that somebody starts by hand needs to speak as a session."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.doors.mcp.address import Address, address_of
from orchestrator.doors.opening import opened, session_of
from orchestrator.doors.output import Out, Tone
from orchestrator.engine.coordination.identity import issue, revoke
from orchestrator.nouns.errors import Refused
from orchestrator.verbs.grammar import counted

HEADER = "Authorization: Bearer ${TELEVIBE_TOKEN}"
"""Claude Code puts the token in when it starts, so that it stands in no file of its own."""


async def make_token(repo: Path, session_id: str, out: Out, *, as_json: bool) -> int:
    """A new token, valid until it is revoked or the session closed; and how an agent is told of it."""
    async with opened(repo) as door, door.store.writing() as tx:
        session = await session_of(tx, door.project, session_id)
        if not session.live:
            raise Refused(f"{session.id} is closed", "`televibe sessions` lists those that are not")
        secret = await issue(tx, session, datetime.now(UTC))
    address = address_of(Home.find())
    if as_json:
        where = {"url": address.url, "mcp_url": address.mcp_url} if address else {"url": None, "mcp_url": None}
        out.document({"session": session.id, **where, "token": secret, "add": claude_mcp_add(address)})
        return 0
    out.line(f"export TELEVIBE_TOKEN={secret}")
    out.line(claude_mcp_add(address))
    out.line(f"The token is {session.id}'s until `televibe session token {session.id} --revoke`; it is not shown again.", Tone.quiet)
    if address is None:
        out.line("No engine runs; start one with `televibe up`.", Tone.warn)
    return 0


async def take_back_tokens(repo: Path, session_id: str, out: Out, *, as_json: bool) -> int:
    """Revoke what was made by hand. A job at work keeps its own token."""
    async with opened(repo) as door, door.store.writing() as tx:
        session = await session_of(tx, door.project, session_id)
        by_hand = [token for token in await tx.tokens(session.id) if token.job_id is None]
        taken = await revoke(tx, by_hand, datetime.now(UTC))
    if as_json:
        out.document({"session": session.id, "revoked": taken})
    else:
        out.line(f"{counted(taken, 'token')} of {session.id} revoked")
    return 0


def claude_mcp_add(address: Address | None) -> str:
    """The command that adds the server to a Claude Code: over HTTP where one listens, else over the shim that looks for it."""
    if address is not None:
        return f"claude mcp add --transport http televibe {address.mcp_url} --header '{HEADER}'"
    return f"claude mcp add televibe -- {shlex.join([sys.executable, '-m', 'orchestrator.doors', 'mcp'])}"
