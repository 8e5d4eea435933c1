"""HTTP around the kernel: an ASGI application, and what a fault does to a connection.

The kernel is called inline: one SQLite connection puts all requests in a row anyway, and a thread would only add a
hop. It speaks plain ASGI: a framework's request and response objects would cost as much as the kernel itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pulumi_dataarts.simulator.documents import written
from pulumi_dataarts.simulator.http import JsonText, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pulumi_dataarts.simulator.http import Answer

    Message: TypeAlias = dict[str, Any]
    Scope: TypeAlias = Mapping[str, Any]
    Receive: TypeAlias = Callable[[], Awaitable[Message]]
    Send: TypeAlias = Callable[[Message], Awaitable[None]]

_SLOW_PARTS: Final = 10
# An answer to these has no body, and says nothing of the length of one.
_BODILESS: Final = frozenset({204, 304})


class App:
    """One endpoint, and what answers its requests."""

    def __init__(self, answer: Callable[[Request], Answer], *, body_bytes_max: int | None = None) -> None:
        """Put HTTP around `answer`. Of a body that is longer than `body_bytes_max`, it is only told that it is."""
        self._answer = answer
        self._body_bytes_max = body_bytes_max
        self._connections: dict[tuple[str, int], asyncio.Transport] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = await _body(receive, self._body_bytes_max)
        if body is None:
            return  # the client has gone
        answer = self._answer(_request(scope, body))
        delivery, (content, media_type) = answer.delivery, _content(answer)
        if delivery.delay_s:
            await asyncio.sleep(delivery.delay_s)
        if delivery.drop:
            self._connections[scope["client"]].abort()
            await receive()  # until the connection is lost: returning earlier would send a 500
            return
        headers = _headers(answer, content, media_type)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if delivery.truncate:
            await send(_part(content[: len(content) // 2], more=True))
            self._connections[scope["client"]].close()
            await receive()
        elif delivery.slow_s and content:
            await _trickle(content, delivery.slow_s, send)
        else:
            await send(_part(content))

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's HTTP protocol, taught to tell this application which connection is whose.

        ASGI has no word for "close without an answer".
        """
        connections = self._connections

        class Protocol(HttpToolsProtocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.peer = transport.get_extra_info("peername")
                connections[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                connections.pop(self.peer, None)

        return Protocol


def _request(scope: Scope, body: bytes) -> Request:
    raw_query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=dict(reversed(parse_qsl(raw_query, keep_blank_values=True))) if raw_query else {},
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
        raw_query=raw_query,
    )


async def _body(receive: Receive, bytes_max: int | None) -> bytes | None:
    """Read to the end, so that the client hears the answer, but keep no more than what proves it too long.

    None when the client goes before it has said all.
    """
    body, is_whole = bytearray(), False
    while not is_whole:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if bytes_max is None or len(body) <= bytes_max:
            body += message["body"]
        is_whole = not message["more_body"]
    return bytes(body)


def _content(answer: Answer) -> tuple[bytes, str]:
    body = answer.body
    if body is None:
        return b"", ""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, JsonText):
        return body.text.encode(), "application/json"
    return written(body).encode(), "application/json"


def _headers(answer: Answer, content: bytes, media_type: str) -> list[tuple[bytes, bytes]]:
    given = {"content-type": media_type} if content else {}
    given |= {name.lower(): value for name, value in answer.headers.items()}
    if answer.status in _BODILESS:
        given.pop("content-length", None)
    else:
        given.setdefault("content-length", str(len(content)))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()]


def _part(content: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _trickle(content: bytes, slow_s: float, send: Send) -> None:
    size = max(1, -(-len(content) // _SLOW_PARTS))
    for start in range(0, len(content), size):
        await asyncio.sleep(slow_s / _SLOW_PARTS)
        await send(_part(content[start : start + size], more=start + size < len(content)))
