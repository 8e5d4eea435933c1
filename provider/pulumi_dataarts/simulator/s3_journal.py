"""What makes the buckets outlive the process: every request that changed something, to be repeated at the start.

A record that a later request made pointless is dropped: an object costs one record however often it is written; in a
bucket that keeps versions, one for each version that is still there. Where the past matters nothing is dropped: for an
object that was copied, since the copy is repeated from it, and for what a bucket wrote while its versions were
suspended.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from pulumi_dataarts.simulator.s3 import S3Request

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.moto_s3 import Moto
    from pulumi_dataarts.simulator.s3 import S3Answer
    from pulumi_dataarts.simulator.store import Document, Store

_KIND, _COPIED, _SCOPE = "obs.request", "obs.copied", ""
_CHANGES: Final = frozenset({"PUT", "POST", "DELETE"})
# Who asked does not matter when it is repeated, and has no place on the disk.
_NOT_KEPT: Final = frozenset({"authorization", "x-amz-security-token", "user-agent", "host"})
_UPLOAD_ID: Final = re.compile(rb"<UploadId>([^<]+)</UploadId>")


class JournaledS3:
    """moto's S3 with a memory. Safe to call from many threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._moto: Moto | None = None

    @property
    def moto(self) -> Moto:
        """The buckets; what they were when the last process ended is made when somebody first asks."""
        moto = self._moto
        if moto is None:
            with self._store.transaction():
                self._moto = moto = self._moto or self._replayed()
        return moto

    def forget(self) -> None:
        """Empty the buckets in memory; what was recorded is not touched."""
        if self._moto is not None:
            self._moto.reset()

    def call(self, request: S3Request) -> S3Answer:
        """Answer a request; when it returns, what it changed is durable."""
        if request.method not in _CHANGES:
            return self.moto.call(request, moment_s=self._clock.now(), seed=secrets.randbits(64))
        with self._store.transaction():
            seed, moment_s = self._store.next_id(_KIND), self._clock.now()
            answer = self.moto.call(request, moment_s=moment_s, seed=seed)
            if answer.status < 300:
                upload = request.query.get("uploadId") or _new_upload(request, answer)
                record = {"seed": seed, "moment": moment_s, "upload": upload, "version": self._version(request)}
                self._record(request, record)
        return answer

    def _replayed(self) -> Moto:
        from pulumi_dataarts.simulator.moto_s3 import Moto

        moto = Moto()
        for name, record in self._store.list(_KIND, _SCOPE):
            request = _request(record, self._store.content(_content(name)))
            answer = moto.call(request, moment_s=record["moment"], seed=record["seed"])
            if upload := _new_upload(request, answer):
                moto.rename_upload(request.bucket, upload, record["upload"])
        return moto

    def _record(self, request: S3Request, record: Document) -> None:
        if source := _copy_source(request):
            self._store.put(_COPIED, _SCOPE, source, {})
        if _removes_versions(request):
            self._drop(self._of_lost_versions(request))
            if not self._past_of_a_version_matters(request):
                return
        elif not self._past_matters(request):
            self._drop(self._pointless(request, record["upload"]))
            if request.method == "DELETE" or _deletes_objects(request):
                return
        name = str(record["seed"])
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _NOT_KEPT}
        as_sent = {"method": request.method, "target": request.target, "headers": headers}
        self._store.put(_KIND, _SCOPE, name, record | as_sent, label=_label(request))
        if request.body:
            self._store.put_content(_content(name), request.body)

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._store.delete(_KIND, _SCOPE, name)
            self._store.delete_content(_content(name))

    def _version(self, request: S3Request) -> str:
        """Return the version that a request on an object was about, or made; empty where there are none."""
        if not request.key or not self.moto.was_versioned(request.bucket):
            return ""
        there = self.moto.versions(request.bucket, request.key)
        return request.query.get("versionId") or (there[-1] if there else "")

    def _of_lost_versions(self, request: S3Request) -> list[str]:
        """Return the names of the records of versions of this object that are there no longer."""
        if self._was_copied(request):
            return []
        there = {*self.moto.versions(request.bucket, request.key), "", "null"}
        records = self._store.list(_KIND, _SCOPE, label=_label(request))
        lost = [(name, record) for name, record in records if record["version"] not in there]
        uploads = {record["upload"] for _, record in lost} - {""}
        parts = [name for name, record in records if record["upload"] in uploads]
        return sorted({*parts, *(name for name, _ in lost)})

    def _past_of_a_version_matters(self, request: S3Request) -> bool:
        return request.query["versionId"] == "null" or self._was_copied(request)

    def _was_copied(self, request: S3Request) -> bool:
        return self._store.get(_COPIED, _SCOPE, _label(request)) is not None

    def _past_matters(self, request: S3Request) -> bool:
        if _is_property(request):
            return False
        if self.moto.was_versioned(request.bucket):
            return True
        if request.key:
            return self._was_copied(request)
        return self._store.count(_COPIED, _SCOPE, contains=request.bucket + "/") > 0

    def _pointless(self, request: S3Request, upload: str) -> list[str]:
        """Return the names of the records whose effect this request has undone or replaced."""
        bucket = request.bucket
        if _deletes_bucket(request):
            return [name for name, earlier in self._all() if earlier.bucket == bucket]
        if _deletes_objects(request):
            return [
                name
                for name, earlier in self._all()
                if earlier.bucket == bucket and earlier.key and not self.moto.has_object(bucket, earlier.key)
            ]
        records = self._store.list(_KIND, _SCOPE, label=_label(request))
        if not request.key:
            return [name for name, _ in records] if request.query and request.method != "POST" else []
        if request.method == "DELETE" and upload:
            return [name for name, record in records if record["upload"] == upload]
        if _is_whole_object(request):
            kept = {*self.moto.open_uploads(bucket), upload} - {""}
            return [name for name, record in records if record["upload"] not in kept]
        return []

    def _all(self) -> list[tuple[str, S3Request]]:
        return [(name, _request(record)) for name, record in self._store.list(_KIND, _SCOPE)]


def _request(record: Document, body: bytes = b"") -> S3Request:
    return S3Request(record["method"], record["target"], record["headers"], body)


def _label(request: S3Request) -> str:
    """Return what a record is about: an object, or one property of a bucket."""
    if request.key:
        return f"{request.bucket}/{request.key}"
    return f"{request.bucket}?{'&'.join(sorted(request.query))}"


def _content(name: str) -> str:
    return f"obs/{name}"


def _deletes_bucket(request: S3Request) -> bool:
    return request.method == "DELETE" and not request.key and not request.query


def _deletes_objects(request: S3Request) -> bool:
    return request.method == "POST" and not request.key and "delete" in request.query


def _removes_versions(request: S3Request) -> bool:
    """Say whether the request removes one version of an object for good."""
    return request.method == "DELETE" and bool(request.key) and request.query.keys() == {"versionId"}


def _is_property(request: S3Request) -> bool:
    """Say whether the request sets a property of a bucket that changes no object; versioning does."""
    return not request.key and request.method != "POST" and bool(request.query) and "versioning" not in request.query


def _is_whole_object(request: S3Request) -> bool:
    """Say whether the request writes or deletes an object as a whole, not a part or a property of it."""
    query = request.query.keys()
    return query <= {"uploadId"} if request.method == "POST" else query <= {"x-id", "versionId"}


def _copy_source(request: S3Request) -> str:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return unquote(headers.get("x-amz-copy-source", "").partition("?")[0]).lstrip("/")


def _new_upload(request: S3Request, answer: S3Answer) -> str:
    if request.method != "POST" or "uploads" not in request.query:
        return ""
    found = _UPLOAD_ID.search(answer.body)
    return found[1].decode() if found else ""
