"""Whose headers travel: a caller who signs in OBS's own way says and hears `x-obs-…`, any other `x-amz-…`.

Source: OBS API and its S3-compatible API, common response headers: `x-amz-request-id` and `x-amz-id-2` for S3-signed
calls, `x-obs-…` for OBS-signed ones; an error names its request too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.s3 import S3Answer, S3Request

_AMZ, _OBS = "x-amz-", "x-obs-"
_HOST_ID: Final = "embedded"
_OF_A_REQUEST: Final = re.compile(rb"<(RequestId|RequestID|HostId)>[^<]*</\1>")


def as_s3(request: S3Request) -> S3Request:
    """Return a request with S3's names of headers, whoever signed it."""
    if not _is_obs(request):
        return request
    return replace(request, headers={_renamed(name, _OBS, _AMZ): value for name, value in request.headers.items()})


def told(answer: S3Answer, request: S3Request, request_id: str) -> S3Answer:
    """Return an answer as its caller is told it, with the request's id in its headers and in an error."""
    headers = {**answer.headers, f"{_AMZ}request-id": request_id, f"{_AMZ}id-2": _HOST_ID}
    if _is_obs(request):
        headers = {_renamed(name, _AMZ, _OBS): value for name, value in headers.items()}
    body = answer.body
    if body.rstrip().endswith(b"</Error>"):
        ids = f"<RequestId>{request_id}</RequestId><HostId>{_HOST_ID}</HostId></Error>"
        body = _OF_A_REQUEST.sub(b"", body).rstrip().removesuffix(b"</Error>") + ids.encode()
    return replace(answer, headers=headers, body=body)


def _is_obs(request: S3Request) -> bool:
    authorization = next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")
    return authorization.startswith("OBS ") or "AccessKeyId" in request.query


def _renamed(name: str, old: str, new: str) -> str:
    return new + name[len(old) :] if name.lower().startswith(old) else name
