"""What OBS knows and S3 does not: writes that never overwrite, objects that grow by appending, classes of buckets.

`x-obs-forbid-overwrite: true` creates an object only where there is none, and an append is accepted only at the
object's end: either is enough for a lock or a journal between processes.

Source: page obs_04_0088 (appending: position rule, 409 PositionNotEqualToLength, at most 10,000 appends).
`x-obs-forbid-overwrite` (409 ObjectAlreadyExists) is in public clients, not in the official pages. Not documented: the
code beyond 10,000 appends, and what an append to an object that was put is told (409 ObjectNotAppendable for both).
A bucket's default storage class: the S3-compatible API's pages PUT Bucket, HEAD Bucket, PUT Bucket storage class.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator import obs_rules, s3_auth
from pulumi_dataarts.simulator.s3 import S3Answer

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.moto_s3 import Moto
    from pulumi_dataarts.simulator.s3 import S3Request
    from pulumi_dataarts.simulator.s3_journal import JournaledS3
    from pulumi_dataarts.simulator.store import Store

APPENDS_MAX: Final = 10_000
_APPENDED, _SCOPE = "obs.appended", ""
_NEXT: Final = "x-obs-next-append-position"
_CLASSES, _CLASS = "obs.classes", "x-default-storage-class"
# What OBS has and S3 has not, which S3 would take for a request without it; and what S3 has and OBS has not.
_ABSENT: Final = frozenset({
    "backtosource", "bucketstatus", "customdomain", "deletebucket", "directcoldaccess", "dispolicy", "fileinterface",
    "length", "metadata", "mirrorbacktosource", "modify", "name", "obscompresspolicy", "quota", "rename",
    "requestpayment", "storageclass", "storageinfo", "torrent", "truncate",
})  # fmt: skip
_DEFAULT_CLASS: Final = re.compile(rb"<DefaultStorageClass>(STANDARD|STANDARD_IA|GLACIER)</DefaultStorageClass>")


class ObsDialect:
    """The buckets as OBS's clients see them. Safe to call from many threads."""

    def __init__(self, s3: JournaledS3, store: Store) -> None:
        self._s3 = s3
        self._store = store

    @property
    def moto(self) -> Moto:
        """The buckets themselves."""
        return self._s3.moto

    def call(self, request: S3Request) -> S3Answer:
        """Answer a request; when it returns, what it changed is durable."""
        if any(name.lower() in _ABSENT for name in request.query):
            target = request.target
            return s3_auth.error(501, "NotImplemented", f"The embedded OBS does not simulate {target}.", request)
        if request.key:
            return self._object(request)
        return obs_rules.refusal(request, self.moto.count()) or self._bucket(request)

    def _object(self, request: S3Request) -> S3Answer:
        if request.method == "GET":
            return self._s3.call(request)
        if request.method == "HEAD":
            return self._with_position(request)
        with self._store.transaction():
            if request.method == "POST" and "append" in request.query:
                return self._append(request)
            if _forbids(request) and self._length(request) is not None:
                return s3_auth.error(409, "ObjectAlreadyExists", "The object already exists.", request)
            answer = self._s3.call(request)
            if answer.status < 300 and request.query.keys() <= {"uploadId", "x-id", "versionId"}:
                self._store.delete(_APPENDED, _SCOPE, _name(request))
            return answer

    def _bucket(self, request: S3Request) -> S3Answer:
        if request.method == "PUT":
            with self._store.transaction():
                return self._classify(request) if "storagePolicy" in request.query else self._put_bucket(request)
        if request.method == "GET" and "storagePolicy" in request.query and self.moto.has_bucket(request.bucket):
            return self._class_of(request)
        answer = self._s3.call(request)
        if request.method != "HEAD" or answer.status >= 300:
            return answer
        return replace(answer, headers={**answer.headers, _CLASS: self._kept_class(request)})

    def _put_bucket(self, request: S3Request) -> S3Answer:
        is_new = request.creates_bucket and not self.moto.has_bucket(request.bucket)
        answer = self._s3.call(request)
        if is_new and answer.status < 300:
            self._store.put(_CLASSES, _SCOPE, request.bucket, {"class": _header(request, _CLASS) or "STANDARD"})
        # OBS says 204 where S3 says 200.
        return replace(answer, status=204, body=b"") if answer.status == 200 and "policy" in request.query else answer

    def _kept_class(self, request: S3Request) -> str:
        with self._store.transaction():
            kept = self._store.get(_CLASSES, _SCOPE, request.bucket) or {"class": "STANDARD"}
        return str(kept["class"])

    def _class_of(self, request: S3Request) -> S3Answer:
        told = f"<DefaultStorageClass>{self._kept_class(request)}</DefaultStorageClass>"
        return S3Answer(200, {"Content-Type": "application/xml"}, f"<StoragePolicy>{told}</StoragePolicy>".encode())

    def _classify(self, request: S3Request) -> S3Answer:
        found = _DEFAULT_CLASS.search(request.body)
        if not self.moto.has_bucket(request.bucket):
            return s3_auth.error(404, "NoSuchBucket", "The specified bucket does not exist.", request)
        if found is None:
            return s3_auth.error(400, "MalformedXML", "There is no DefaultStorageClass.", request)
        self._store.put(_CLASSES, _SCOPE, request.bucket, {"class": found[1].decode()})
        return S3Answer(200)

    def _append(self, request: S3Request) -> S3Answer:
        position, length = request.query.get("position", ""), self._length(request)
        if not position.isdecimal():
            return s3_auth.error(400, "InvalidArgument", "position must be a whole number.", request)
        if not self.moto.has_bucket(request.bucket):
            return s3_auth.error(404, "NoSuchBucket", "The specified bucket does not exist.", request)
        if int(position) != (length or 0):
            refusal = s3_auth.error(409, "PositionNotEqualToLength", "Position is not equal to object length.", request)
            return replace(refusal, headers={**refusal.headers, _NEXT: str(length or 0)})
        appended = self._store.get(_APPENDED, _SCOPE, _name(request))
        if (length is not None and appended is None) or (appended and appended["times"] >= APPENDS_MAX):
            return s3_auth.error(409, "ObjectNotAppendable", "The object is not appendable.", request)
        return self._grow(request, appended["times"] if appended else 0)

    def _grow(self, request: S3Request, times: int) -> S3Answer:
        target = request.raw_path
        old = self._s3.call(replace(request, method="GET", target=target, headers={}, body=b"")).body if times else b""
        content = old + request.body
        kept = {key: value for key, value in request.headers.items() if key.lower() not in _OF_THE_PART}
        headers = {**kept, "Content-Length": str(len(content))}
        answer = self._s3.call(replace(request, method="PUT", target=target, headers=headers, body=content))
        if answer.status >= 300:
            return answer
        self._store.put(_APPENDED, _SCOPE, _name(request), {"times": times + 1})
        return replace(answer, headers={**answer.headers, _NEXT: str(len(content))})

    def _with_position(self, request: S3Request) -> S3Answer:
        answer = self._s3.call(request)
        with self._store.transaction():
            is_appended = self._store.get(_APPENDED, _SCOPE, _name(request)) is not None
        if answer.status >= 300 or not is_appended:
            return answer
        more = {"x-obs-object-type": "Appendable", _NEXT: str(self._length(request) or 0)}
        return replace(answer, headers={**answer.headers, **more})

    def _length(self, request: S3Request) -> int | None:
        return self.moto.length_bytes(request.bucket, request.key)


_OF_THE_PART: Final = frozenset({"content-length", "content-md5", "x-amz-content-sha256", "transfer-encoding"})


def _forbids(request: S3Request) -> bool:
    return any(_header(request, f"x-{who}-forbid-overwrite").lower() == "true" for who in ("obs", "amz"))


def _header(request: S3Request, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


def _name(request: S3Request) -> str:
    return f"{request.bucket}/{request.key}"
