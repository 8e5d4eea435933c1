"""HTTP around the kernel: an ASGI application, and what a fault does to a connection.

The kernel is called inline: one SQLite connection puts all requests in a row anyway, and a thread would only add a
hop.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from pulumi_dataarts.simulator.gateway import BODY_LIMIT_BYTES
from pulumi_dataarts.simulator.http import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import Receive, Scope, Send

    from pulumi_dataarts.simulator.http import Answer

_SLOW_PARTS: Final = 10


class App:
    """The API endpoint. `answer` is the kernel, or the kernel with the admin calls before it."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self._answer = answer
        self._connections: dict[tuple[str, int], asyncio.Transport] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        http = HttpRequest(scope, receive)
        answer = self._answer(await _read(http))
        await asyncio.sleep(answer.delivery.delay_s)
        if answer.delivery.drop:
            self._connections[scope["client"]].abort()
            await receive()  # until the connection is lost: returning earlier would send a 500
        elif answer.delivery.truncate:
            await self._truncated(answer, scope, receive, send)
        else:
            await _response(answer)(scope, receive, send)

    async def _truncated(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        response = _response(answer)
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        self._connections[scope["client"]].close()
        await receive()

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's HTTP protocol, taught to tell this application which connection is whose.

        ASGI has no word for "close without an answer".
        """
        connections = self._connections

        class Protocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.peer = transport.get_extra_info("peername")
                connections[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                connections.pop(self.peer, None)

        return Protocol


async def _read(http: HttpRequest) -> Request:
    raw_query = http.scope["query_string"].decode("latin-1")
    return Request(
        method=http.method,
        path=http.scope["raw_path"].decode("latin-1"),
        query=dict(reversed(parse_qsl(raw_query, keep_blank_values=True))),
        headers={name.lower(): value for name, value in http.headers.items()},
        body=await _body(http),
        raw_query=raw_query,
    )


async def _body(http: HttpRequest) -> bytes:
    """Read to the end, so that the client hears the answer, but keep no more than what proves it too long."""
    body = bytearray()
    async for chunk in http.stream():
        if len(body) <= BODY_LIMIT_BYTES:
            body += chunk
    return bytes(body)


def _response(answer: Answer) -> Response:
    content, media_type = _content(answer)
    headers = {"Content-Type": media_type, **answer.headers} if content else dict(answer.headers)
    if answer.delivery.slow_s:
        return StreamingResponse(_trickle(content, answer.delivery.slow_s), answer.status, headers)
    return Response(content, answer.status, headers)


def _content(answer: Answer) -> tuple[bytes, str]:
    if answer.body is None:
        return b"", ""
    if isinstance(answer.body, bytes):
        return answer.body, "application/octet-stream"
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return text.encode(), "application/json"


async def _trickle(content: bytes, slow_s: float) -> AsyncIterator[bytes]:
    size = max(1, -(-len(content) // _SLOW_PARTS))
    for start in range(0, len(content), size):
        await asyncio.sleep(slow_s / _SLOW_PARTS)
        yield content[start : start + size]
