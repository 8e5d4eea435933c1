"""The embedded cloud without its sockets: for walks of many thousand steps, in which HTTP itself is not what is tested.

Requests are built, signed, judged and answered as ever; they only do not travel.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from pulumi_dataarts.errors import OutcomeUnknown
from pulumi_dataarts.huawei.transport import Connection, Reply
from pulumi_dataarts.simulator import app
from pulumi_dataarts.simulator.http import Request
from pulumi_dataarts.simulator.obs import HEADERS
from pulumi_dataarts.simulator.testing import RunningCloud


@contextmanager
def without_sockets(cloud: RunningCloud) -> Iterator[None]:
    """Have every client of this process ask the cloud by a call."""

    def exchange(_: Connection, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Reply:
        where = urlsplit(url)
        query = dict(reversed(parse_qsl(where.query, keep_blank_values=True)))
        lowered = {name.lower(): value for name, value in headers.items()}
        answer = cloud._cloud.answer(Request(method, where.path, query, lowered, content, raw_query=where.query))
        if answer.delivery.drop:
            raise OutcomeUnknown(f"{where.netloc} did not answer")
        body, _media_type = app._content(answer)
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)

    def send(_: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return _asked(cloud, request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Connection, "exchange", exchange)
        patched.setattr(URLLib3Session, "send", send)
        yield


class _Raw(io.BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class _Cut:
    """What the server has in place of the socket: it closes it to lose an answer."""

    is_cut = False

    def shutdown(self, _how: int) -> None:
        self.is_cut = True


def _asked(cloud: RunningCloud, request: AWSPreparedRequest) -> AWSResponse:
    where, cut = urlsplit(request.url), _Cut()
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    environ = {
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": f"{where.path}?{where.query}" if where.query else where.path,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        "werkzeug.socket": cut,
        HEADERS: {"Host": where.netloc, **headers},
    }
    told: list[Any] = []
    parts = cloud._cloud.obs(environ, lambda status, answered, *_: told.append((int(status[:3]), dict(answered))))
    if cut.is_cut:
        raise ConnectionClosedError(endpoint_url=request.url)
    status, answered = told[0]
    return AWSResponse(request.url, status, answered, _Raw(b"".join(parts)))
