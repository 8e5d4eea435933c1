"""OBS: the S3 endpoint, from a request to its answer, and the same buckets as `objects.Objects` for other services.

Bucket names are taken from the path, or from the host in front of `.localhost`.

Source: OBS, S3-compatible API.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from pulumi_dataarts.simulator import obs_headers, s3_auth
from pulumi_dataarts.simulator.auth import TEMPORARY_KIND
from pulumi_dataarts.simulator.cloud import delivery_of, end_process
from pulumi_dataarts.simulator.http import Answer
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.request_log import Served
from pulumi_dataarts.simulator.s3 import S3Answer, S3Request
from pulumi_dataarts.simulator.status import ALIVE

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.faults import Fault
    from pulumi_dataarts.simulator.http import Context, Request
    from pulumi_dataarts.simulator.obs_dialect import ObsDialect
    from pulumi_dataarts.simulator.request_log import RequestLog
    from pulumi_dataarts.simulator.store import Document, Store

PAGE_SIZE = 1000
KEY_BYTES_MAX: Final = 1024
# Set by the server itself for the answer that really travels, or moto's and not of OBS.
_NOT_TOLD: Final = frozenset({
    "date", "server", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm", "x-amzn-requestid"
})  # fmt: skip


class ObsEndpoint:
    """The S3 endpoint of one cloud, without its socket: `app` puts HTTP around `answer`."""

    def __init__(self, s3: ObsDialect, context: Context, wall: Clock, log: RequestLog) -> None:
        self._s3 = s3
        self._settings = context.settings
        self._clock = context.clock
        self._store = context.store
        self._faults = context.faults
        self._wall = wall
        self._log = log

    def answer(self, request: Request) -> Answer:
        """Answer one request. What a fault does to the connection is in the answer's `delivery`."""
        asked = _read(request)
        if asked.target == ALIVE:
            return Answer(204)
        fault = self._faults.strike(request.method, request.path, service="obs")
        answer = self._serve(asked) if fault is None else self._struck(asked, fault)
        kind, request_id = "" if fault is None else fault.kind, uuid.uuid4().hex
        now, agent = self._clock.now(), request.headers.get("user-agent", "")
        self._log.add(Served(now, "obs", request.method, request.path, answer.status, kind, request_id, agent=agent))
        told = _told(obs_headers.told(answer, asked, request_id), asked)
        return told if fault is None else replace(told, delivery=delivery_of(fault))

    def _serve(self, request: S3Request) -> S3Answer:
        if request.method == "HEAD" and "apiversion" in request.query:
            # Asked without a signature, by the official SDK, to choose between OBS's own signature and the older one.
            return S3Answer(200, {"x-obs-api": "3.0"})
        refusal = s3_auth.refusal(request, self._settings, self._wall.now(), self._temporary)
        if refusal is not None:
            return refusal
        in_path_style = obs_headers.as_s3(request.in_path_style)
        if in_path_style.creates_bucket and self._s3.moto.has_bucket(in_path_style.bucket):
            # Creating one's own bucket again succeeds and changes nothing.
            return S3Answer(200, {"Location": in_path_style.raw_path})
        return self._s3.call(in_path_style)

    def _temporary(self, access_key: str) -> Document | None:
        issued = self._store.get(TEMPORARY_KIND, "", access_key)
        return issued if issued is not None and issued["expires"] > self._clock.now() else None

    def _struck(self, request: S3Request, fault: Fault) -> S3Answer:
        if fault.kind == "kill" and fault.moment == "before":
            end_process()
        if fault.kind == "drop-before":
            return S3Answer(0)
        if fault.kind == "throttle":
            return s3_auth.error(503, "SlowDown", "Please reduce your request rate.", request)
        if fault.kind == "status":
            phrase = HTTPStatus(fault.status).phrase
            return s3_auth.error(fault.status, phrase.replace(" ", ""), phrase, request)
        answer = self._serve(request)
        if fault.kind == "kill":
            end_process()
        return answer


class EmbeddedObjects:
    """The buckets for the services beside OBS, without a socket and without a signature."""

    def __init__(self, s3: ObsDialect, store: Store) -> None:
        self._s3 = s3
        self._store = store

    def has_bucket(self, bucket: str) -> bool:
        """Say whether the bucket exists."""
        return self._s3.moto.has_bucket(bucket)

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        return self._call("GET", bucket, key).body

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Create or overwrite an object."""
        if not self.has_bucket(bucket):
            raise ObjectError("NoSuchBucket", bucket, key)
        if not 1 <= len(key.encode()) <= KEY_BYTES_MAX:
            raise ObjectError("KeyTooLongError", bucket, key)
        self._store.defer(lambda: self._call("PUT", bucket, key, content))

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Return all keys that begin with `prefix`, in order."""
        found: list[str] = []
        more = f"?list-type=2&max-keys={PAGE_SIZE}&prefix={quote(prefix, safe='')}"
        while more:
            page = ET.fromstring(self._call("GET", bucket, "", more=more).body)  # noqa: S314  our own XML
            found += [key.text or "" for key in page.iterfind("{*}Contents/{*}Key")]
            token = page.findtext("{*}NextContinuationToken")
            more = f"{more.partition('&continuation')[0]}&continuation-token={quote(token)}" if token else ""
        return found

    def _call(self, method: str, bucket: str, key: str, content: bytes = b"", *, more: str = "") -> S3Answer:
        path = f"/{quote(bucket, safe='')}/{quote(key)}" if key else f"/{quote(bucket, safe='')}"
        answer = self._s3.call(S3Request(method, path + more, {}, content))
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise ObjectError(answer.code, bucket, key)
        return answer


def _read(request: Request) -> S3Request:
    target = f"{request.path}?{request.raw_query}" if request.raw_query else request.path
    return S3Request(request.method, target, request.headers, request.body)


def _told(answer: S3Answer, request: S3Request) -> Answer:
    """Return an answer to be sent: to HEAD without its body, but with its length."""
    lowered = ((name.lower(), value) for name, value in answer.headers.items())
    headers = {name: value for name, value in lowered if name not in _NOT_TOLD}
    if request.method != "HEAD":
        headers.pop("content-length", None)
        return Answer(answer.status, answer.body, headers)
    return Answer(answer.status, None, headers)
