"""OBS: the S3 endpoint as a WSGI application, and the same buckets as `objects.Objects` for the services beside it.

Bucket names are taken from the path, or from the host in front of `.localhost`.

Source: OBS, S3-compatible API.
"""

from __future__ import annotations

import socket
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from werkzeug.wrappers import Request as WsgiRequest

from pulumi_dataarts.simulator import obs_headers, s3_auth
from pulumi_dataarts.simulator.auth import TEMPORARY_KIND
from pulumi_dataarts.simulator.cloud import end_process
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.request_log import Served
from pulumi_dataarts.simulator.s3 import S3Answer, S3Request
from pulumi_dataarts.simulator.status import ALIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.faults import Fault
    from pulumi_dataarts.simulator.http import Context
    from pulumi_dataarts.simulator.obs_dialect import ObsDialect
    from pulumi_dataarts.simulator.request_log import RequestLog
    from pulumi_dataarts.simulator.store import Document, Store

# Where the server leaves the headers in the WSGI environment, as they came.
HEADERS: Final = "embedded.headers"
PAGE_SIZE = 1000
KEY_BYTES_MAX: Final = 1024
# Set by the server itself, for the answer that really travels.
_OWN_HEADERS: Final = frozenset({"date", "server", "content-length"})


class ObsEndpoint:
    """The S3 endpoint of one cloud, a WSGI application."""

    def __init__(self, s3: ObsDialect, context: Context, wall: Clock, log: RequestLog) -> None:
        self._s3 = s3
        self._settings = context.settings
        self._clock = context.clock
        self._store = context.store
        self._faults = context.faults
        self._wall = wall
        self._log = log

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        request = _read(environ)
        if request.target == ALIVE:
            start_response("204 NO CONTENT", [])
            return []
        fault = self._faults.strike(request.method, request.raw_path, service="obs")
        answer = self._serve(request) if fault is None else self._struck(request, fault)
        kind, request_id = "" if fault is None else fault.kind, uuid.uuid4().hex
        now, path, agent = self._clock.now(), request.raw_path, request.headers.get("User-Agent", "")
        self._log.add(Served(now, "obs", request.method, path, answer.status, kind, request_id, agent=agent))
        if kind.startswith("drop"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        answer = obs_headers.told(answer, request, request_id)
        start_response(_status_line(answer), _headers(request, answer))
        return [] if request.method == "HEAD" else [answer.body]

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
        if fault.kind == "latency":
            time.sleep(fault.seconds)
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


def _read(environ: dict[str, Any]) -> S3Request:
    body = WsgiRequest(environ).get_data(cache=False)
    target = environ["REQUEST_URI"]
    return S3Request(environ["REQUEST_METHOD"], target, environ[HEADERS], body)


def _status_line(answer: S3Answer) -> str:
    return f"{answer.status} {HTTPStatus(answer.status).phrase}"


def _headers(request: S3Request, answer: S3Answer) -> list[tuple[str, str]]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    of_head = headers.get("content-length", "0") if request.method == "HEAD" else ""
    kept = [(name, value) for name, value in headers.items() if name not in _OWN_HEADERS]
    if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return kept
    return [*kept, ("content-length", of_head or str(len(answer.body)))]
