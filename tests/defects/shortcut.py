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


def _asked(cloud: RunningCloud, request: AWSPreparedRequest) -> AWSResponse:
    where = urlsplit(request.url)
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    lowered = {name.lower(): value for name, value in {"Host": where.netloc, **headers}.items()}
    answer = cloud._cloud.obs.answer(Request(request.method, where.path, {}, lowered, content, raw_query=where.query))
    if answer.delivery.drop:
        raise ConnectionClosedError(endpoint_url=request.url)
    told, _media_type = app._content(answer)
    return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(told))
