"""Buckets on a real socket, of the kinds there are: what each honours is told by its name.

`plain-…` buckets ignore every condition; `append-…` ones do too, but know OBS's append; `create-…` ones honour
`If-None-Match` alone; all others honour `If-Match` as well. One request is handled at a time, as a bucket does it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_MISMATCH = b"<Error><Code>PositionNotEqualToLength</Code><Message>not at the end</Message></Error>"
_KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


@dataclass
class Buckets:
    """A server of buckets. With `lost`, that share of answers never arrives, though the call took effect."""

    endpoint: str = ""
    lost: float = 0.0
    environment: dict[str, str] = field(default_factory=lambda: dict(_KEYS))
    _random: random.Random = field(default_factory=lambda: random.Random(1))
    _one: threading.Lock = field(default_factory=threading.Lock)

    def url(self, bucket: str) -> str:
        """Make a bucket and return the backend URL of a prefix in it."""
        import boto3

        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = boto3.client("s3", endpoint_url=f"http://{self.endpoint}", region_name="us-east-1", **keys)
        client.create_bucket(Bucket=bucket)
        return f"s3://{bucket}/team/a?region=us-east-1&endpoint={self.endpoint}&disableSSL=true&s3ForcePathStyle=true"

    def wrapped(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """Return a server of objects as buckets of these kinds."""

        def handle(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            with self._one:
                kind = environ["PATH_INFO"].lstrip("/").partition("-")[0]
                if kind in ("plain", "append"):
                    environ.pop("HTTP_IF_NONE_MATCH", None)
                if kind in ("plain", "append", "create"):
                    environ.pop("HTTP_IF_MATCH", None)
                if environ["REQUEST_METHOD"] == "POST" and environ["QUERY_STRING"].startswith("append"):
                    answer = self._append(app, kind, environ, start_response)
                else:
                    answer = list(app(environ, start_response))
                if environ["REQUEST_METHOD"] == "PUT" and self._random.random() < self.lost:
                    start_response("503 Service Unavailable", [("Content-Length", "0")])
                    return [b""]
                return answer

        return handle

    @staticmethod
    def _append(
        app: Callable[..., Iterable[bytes]], kind: str, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if kind != "append":
            start_response("501 Not Implemented", [("Content-Type", "application/xml")])
            return [b"<Error><Code>NotImplemented</Code><Message/></Error>"]
        assert environ["QUERY_STRING"] == "append&position=0"
        statuses: list[str] = []
        head = {**environ, "REQUEST_METHOD": "HEAD", "QUERY_STRING": "", "CONTENT_LENGTH": "0"}
        list(app(head, lambda status, *_: statuses.append(status)))
        if not statuses[0].startswith("404"):
            start_response("409 Conflict", [("Content-Type", "application/xml")])
            return [_MISMATCH]
        return list(app({**environ, "REQUEST_METHOD": "PUT", "QUERY_STRING": ""}, start_response))


@contextmanager
def running_buckets() -> Iterator[Buckets]:
    """Serve buckets while this lasts."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:
            pass

    buckets = Buckets()
    app = buckets.wrapped(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    buckets.endpoint = f"127.0.0.1:{server.server_port}"
    try:
        yield buckets
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
