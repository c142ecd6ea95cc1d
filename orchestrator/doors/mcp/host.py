"""The server inside of the engine's process: it listens before the first job runs, and is gone after the last."""

from __future__ import annotations

import asyncio
import errno
import importlib
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.boundaries.home import Home
from orchestrator.doors.mcp.address import Address
from orchestrator.doors.mcp.listener import listener
from orchestrator.nouns.errors import NotReady

if TYPE_CHECKING:
    import uvicorn

    from orchestrator.engine.engine import Engine, Host

HERE = "127.0.0.1"
KEEP_SECONDS = 75
"""A connection without a request: agents think for long, and some tell a closed one as a failure."""
CLOSE_SECONDS = 2
"""For requests under way when the engine ends."""


def hosting(port: int = 0) -> Host:
    """For ``Engine(host=…)``. ``port`` 0 takes a free one."""

    @asynccontextmanager
    async def host(engine: Engine) -> AsyncIterator[str]:
        with _listening(port) as listening:
            await asyncio.to_thread(importlib.import_module, "orchestrator.doors.mcp.app")  # more than a second
            taken = listening.getsockname()[1]
            address = Address(url=f"http://{HERE}:{taken}", mcp_url=f"http://{HERE}:{taken}/mcp", pid=os.getpid())
            async with _served(engine, listening, taken):
                with _announced(engine.home, address):
                    yield address.mcp_url

    return host


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """A bound socket. ``NotReady`` says who has the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:  # asyncio sets TCP_NODELAY on these only
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HERE, port))
            bound.listen(256)
        except OSError as error:
            raise NotReady(*_why_not(error, port)) from error
        yield bound


def _why_not(error: OSError, port: int) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        by = listener(port)
        return f"port {port} is taken" + (f" by process {by}" if by else ""), "end that, or leave --port out: a free one is taken then"
    return f"port {port} cannot be used: {error.strerror}", "leave --port out: a free one is taken then"


@asynccontextmanager
async def _served(engine: Engine, listening: socket.socket, port: int) -> AsyncIterator[None]:
    import uvicorn

    from orchestrator.doors.mcp.app import application

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # they are the command's, which ends the engine in order

    config = uvicorn.Config(
        application(engine, port),
        http="h11",
        ws="none",
        loop="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=CLOSE_SECONDS,
        timeout_keep_alive=KEEP_SECONDS,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="mcp")
    try:
        await _started(server, serving)
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


async def _started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            raise NotReady("the MCP server could not be started", "TELEVIBE_DEBUG=1 shows why") from serving.exception()
        await asyncio.sleep(0.005)


@contextmanager
def _announced(home: Home, address: Address) -> Iterator[None]:
    """Say in the home where we listen; at the end take it back, if it is still ours."""
    file = home.server_file
    unfinished = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as writing:
        writing.write(address.model_dump_json() + "\n")
    unfinished.replace(file)
    try:
        yield
    finally:
        if _pid_in(file) == address.pid:
            file.unlink(missing_ok=True)


def _pid_in(file: Path) -> int | None:
    try:
        return int(json.loads(file.read_bytes())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
