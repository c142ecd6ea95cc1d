"""Where the server of a home listens, as its engine wrote it down."""

from __future__ import annotations

from pydantic import ValidationError

from orchestrator.boundaries.home import Home
from orchestrator.engine.lock import holder
from orchestrator.nouns.base import Noun


class Address(Noun):
    """``url`` of the server, ``mcp_url`` of its MCP endpoint, and the process that serves."""

    url: str
    mcp_url: str
    pid: int


def address_of(home: Home) -> Address | None:
    """The address, if the engine that wrote it still runs; what a killed one left is nobody's."""
    try:
        address = Address.model_validate_json(home.server_file.read_bytes())
    except (OSError, ValidationError):
        return None
    return address if holder(home.engine_lock) == address.pid else None
