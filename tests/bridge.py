"""Lets respx answer a client built on httpx2, which respx does not see: every request is passed on to an httpx client."""

from __future__ import annotations

import httpx
import httpx2


class Bridge(httpx2.AsyncBaseTransport):
    """An httpx2 transport over httpx; failures come back as the httpx2 exceptions of the same name."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = [(k, v) for k, v in request.headers.multi_items() if k.lower() != "content-length"]
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.request(request.method, str(request.url), headers=headers, content=await request.aread())
        except httpx.TransportError as error:
            raise getattr(httpx2, type(error).__name__)(str(error), request=request) from error
        return httpx2.Response(answer.status_code, headers=answer.headers.multi_items(), content=answer.content)


def bridged() -> httpx2.AsyncClient:
    """An httpx2 client whose requests respx sees."""
    return httpx2.AsyncClient(transport=Bridge())
