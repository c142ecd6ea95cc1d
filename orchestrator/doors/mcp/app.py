"""The ASGI application: ``/mcp`` behind its gate, ``/healthz`` for who waits until it is up, ``/hooks/github``, ``/hooks/edit``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from orchestrator.doors.mcp.edits import edits_route
from orchestrator.doors.mcp.gate import BODY_BYTES, Gate
from orchestrator.doors.mcp.github import github_route
from orchestrator.doors.mcp.place import HereOnly
from orchestrator.doors.mcp.rate import Rate
from orchestrator.doors.mcp.refusals import Refusals
from orchestrator.doors.mcp.server import mcp_server
from orchestrator.engine.engine import Engine

_CHECKED_BY_US = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def application(engine: Engine, port: int) -> Starlette:
    """The application of an engine that listens on ``port``. Nothing is kept between two requests but the counts of rates."""
    refusals, rate = Refusals(engine.store), Rate()
    manager = StreamableHTTPSessionManager(
        mcp_server(engine, refusals, rate),
        json_response=True,
        stateless=True,
        security_settings=_CHECKED_BY_US,
        max_request_body_size=BODY_BYTES,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield
        await refusals.close()

    return Starlette(
        routes=[
            Route("/healthz", _healthy),
            github_route(engine, refusals),
            edits_route(engine, refusals, rate),
            Route("/mcp", Gate(manager.handle_request, engine.store, refusals)),
        ],
        middleware=[Middleware(HereOnly, port=port, refusals=refusals)],
        lifespan=lifespan,
    )


async def _healthy(request: Request) -> Response:
    del request
    return PlainTextResponse("ok\n")
