"""``POST /hooks/github``: GitHub says that something was pushed, and the projects that follow that repository are fetched.

GitHub reaches this machine by way of a tunnel of the user's, such as ``gh webhook forward``; the signature proves that it is GitHub who
speaks (X-Hub-Signature-256, docs.github.com/webhooks). A push that is told twice is fetched twice, which changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.doors.mcp.place import refusal
from orchestrator.doors.mcp.refusals import Refusals
from orchestrator.engine.engine import Engine

SECRET = "TELEVIBE_WEBHOOK_SECRET"
"""In the environment only: what is in ``.televibe/config.yaml`` is committed."""

BODY_BYTES = 5_000_000


def github_route(engine: Engine, refusals: Refusals) -> Route:
    async def hook(request: Request) -> Response:
        body = await _signed_body(request)
        if isinstance(body, Response):
            await refusals.note("a webhook that is not GitHub's, or that nobody expects")
            return body
        if request.headers.get("x-github-event") != "push":
            return JSONResponse({"fetching": [], "why": "only pushes are of interest"}, 202)
        try:
            repository, branch = _pushed(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return refusal(400, "a push that cannot be read", "send it as application/json")
        projects = await engine.fetching.following(repository, branch)
        for project_id in projects:
            engine.fetching.ask(project_id)
        return JSONResponse({"fetching": projects}, 202)

    return Route("/hooks/github", hook, methods=["POST"])


async def _signed_body(request: Request) -> bytes | Response:
    secret = os.environ.get(SECRET, "")
    if not secret:
        return refusal(403, "webhooks are switched off", f"set {SECRET} for the process that runs the engine")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            return refusal(413, f"a webhook of more than {BODY_BYTES:,} bytes", "send pushes only")
    expected = "sha256=" + hmac.new(secret.encode(), bytes(body), hashlib.sha256).hexdigest()
    given = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return refusal(401, "the signature is not right", f"give the webhook the secret that {SECRET} has")
    return bytes(body)


def _pushed(document: dict[str, Any]) -> tuple[str, str]:
    """(owner/repository, branch) of a push; a tag has no branch."""
    ref = str(document["ref"])
    branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
    return str(document["repository"]["full_name"]), branch
