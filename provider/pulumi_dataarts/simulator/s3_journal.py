"""What makes the buckets outlive the process: every request that changed something, to be repeated at the start.

A record that a later request made pointless is dropped: an object costs one record however often it is written; in a
bucket that keeps versions, one for each version that is still there. A copy is repeated from what was copied: its
record names those that it needs, and these stay, spent, until no copy needs them any more. Nothing is dropped of what
a bucket wrote while its versions were suspended.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from pulumi_dataarts.simulator.collecting import uncollected
from pulumi_dataarts.simulator.s3 import S3Request

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.moto_s3 import Moto
    from pulumi_dataarts.simulator.s3 import S3Answer
    from pulumi_dataarts.simulator.store import Document, Store

# A record that is needed is the scope of what needs it.
_KIND, _NEEDED, _SCOPE = "obs.request", "obs.needed", ""
_CHANGES: Final = frozenset({"PUT", "POST", "DELETE"})
# What a plain write of an object may say: such a write is taken up again without being repeated.
_PLAIN: Final = re.compile(
    r"accept|accept-encoding|amz-sdk-.*|cache-control|connection|content-(disposition|encoding|language|length|md5|type)"
    r"|date|expect|expires|x-(amz|obs)-date|x-amz-(meta-.*|content-sha256|storage-class|checksum-.*|sdk-checksum-algorithm)",
    re.IGNORECASE,
)
# Who asked does not matter when it is repeated, and has no place on the disk.
_NOT_KEPT: Final = frozenset({"authorization", "x-amz-security-token", "user-agent", "host"})
_LOCATION: Final = re.compile(
    rb"(<CreateBucketConfiguration[^>]*>\s*<LocationConstraint>(?P<region>[\w-]+)</LocationConstraint>\s*"
    rb"</CreateBucketConfiguration>)?"
)
_DEFAULT_REGION: Final = b"us-east-1"
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
            with self._store.transaction(), uncollected():
                self._moto = moto = self._moto or self._replayed()
        return moto

    def forget(self) -> None:
        """Empty the buckets in memory; what was recorded is not touched."""
        if self._moto is not None:
            self._moto.reset()

    def reread(self) -> None:
        """Make the buckets anew from what is recorded, when somebody next asks."""
        self.forget()
        self._moto = None

    def call(self, request: S3Request) -> S3Answer:
        """Answer a request; when it returns, what it changed is durable."""
        if request.method not in _CHANGES:
            with self._store.transaction():  # the object's bytes may be in the store alone
                return self.moto.call(request, moment_s=self._clock.now(), seed=secrets.randbits(64))
        with self._store.transaction():
            seed, moment_s = self._store.next_id(_KIND), self._clock.now()
            answer = self.moto.call(request, moment_s=moment_s, seed=seed)
            if answer.status < 300:
                upload = request.query.get("uploadId") or _new_upload(request, answer)
                record = {"seed": seed, "moment": moment_s, "upload": upload, "version": self._version(request)}
                plain = {"etag": answer.headers["ETag"], "length": len(request.body)} if _is_plain(request) else {}
                self._record(request, record | plain)
        return answer

    def _replayed(self) -> Moto:
        from pulumi_dataarts.simulator.moto_s3 import Moto

        moto = Moto()
        for name, record in self._store.list(_KIND, _SCOPE):
            if not self._take_up(moto, name, record):
                self._repeat(moto, name, record)
        return moto

    def _take_up(self, moto: Moto, name: str, record: Document) -> bool:
        """Make what a plain write left without moto's HTTP, and say whether it was one."""

        def read() -> bytes:
            return self._store.content(_content(name))

        request = _request(record)
        if "etag" in record:
            return moto.take_up(request, record["moment"], record["etag"], record["length"], read)
        is_new = request.creates_bucket and not moto.has_bucket(request.bucket)
        region = _plain_region(request, read()) if is_new else None
        if region is not None:
            moto.take_up_bucket(request.bucket, region, record["moment"])
        return region is not None

    def _repeat(self, moto: Moto, name: str, record: Document) -> None:
        request = _request(record, self._store.content(_content(name)))
        answer = moto.call(request, moment_s=record["moment"], seed=record["seed"])
        if upload := _new_upload(request, answer):
            moto.rename_upload(request.bucket, upload, record["upload"])

    def _record(self, request: S3Request, record: Document) -> None:
        name = str(record["seed"])
        needs = self._needs(request)
        for need in needs:
            self._store.put(_NEEDED, need, name, {})
        if not self._is_settled(request, record):
            self._keep(name, request, {**record, "needs": needs})

    def _is_settled(self, request: S3Request, record: Document) -> bool:
        """Drop what the request made pointless, and say whether it need not be repeated itself."""
        if _removes_versions(request):
            return self._drop(self._of_lost_versions(request)) and request.query["versionId"] != "null"
        if self._past_matters(request):
            return False
        if _deletes_objects(request):
            return self._forget_objects(request, record)
        return self._drop(self._pointless(request, record["upload"])) and _leaves_nothing(request)

    def _forget_objects(self, request: S3Request, record: Document) -> bool:
        """Drop the records of objects that were deleted at once; those that are needed are deleted one by one."""
        gone = self._pointless(request, "")
        targets = {name: self._request_of(name).raw_path for name in gone}
        for target in sorted({targets[name] for name in gone if not self._drop([name])}):
            seed = self._store.next_id(_KIND)
            self._keep(str(seed), S3Request("DELETE", target), {**record, "seed": seed, "needs": []})
        return True

    def _keep(self, name: str, request: S3Request, record: Document) -> None:
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _NOT_KEPT}
        as_sent = {"method": request.method, "target": request.target, "headers": headers}
        self._store.put(_KIND, _SCOPE, name, record | as_sent, label=_label(request))
        if request.body:
            self._store.put_content(_content(name), request.body)

    def _needs(self, request: S3Request) -> list[str]:
        """Return the names of the records that made what a copy is made from."""
        source = _copy_source(request)
        records = self._store.list(_KIND, _SCOPE, label=source) if source else []
        return [name for name, record in records if not record.get("spent")]

    def _drop(self, names: list[str]) -> bool:
        """Drop records; those that a copy needs are spent instead. Say whether all are gone."""
        needed = [name for name in names if self._store.count(_NEEDED, name)]
        for name in needed:
            record = self._store.get(_KIND, _SCOPE, name)
            if record is not None:
                self._store.put(_KIND, _SCOPE, name, {**record, "spent": True}, label=_label(_request(record)))
        for name in set(names) - set(needed):
            self._remove(name)
        return not needed

    def _remove(self, name: str) -> None:
        """Drop a record, and those that it was the last to need."""
        record = self._store.get(_KIND, _SCOPE, name)
        self._store.delete(_KIND, _SCOPE, name)
        self._store.delete_content(_content(name))
        for need in record["needs"] if record else ():
            self._store.delete(_NEEDED, need, name)
            needed = self._store.get(_KIND, _SCOPE, need)
            if needed is not None and needed.get("spent") and not self._store.count(_NEEDED, need):
                self._remove(need)
                self._drop_mere_deletions(_label(_request(needed)))

    def _drop_mere_deletions(self, label: str) -> None:
        """Drop the records of an object of which nothing is left but that it was deleted."""
        left = self._store.list(_KIND, _SCOPE, label=label)
        if all(record["method"] == "DELETE" for _, record in left):
            for name, _ in left:
                self._remove(name)

    def _request_of(self, name: str) -> S3Request:
        record = self._store.get(_KIND, _SCOPE, name)
        assert record is not None
        return _request(record)

    def _version(self, request: S3Request) -> str:
        """Return the version that a request on an object was about, or made; empty where there are none."""
        if not request.key or not self.moto.was_versioned(request.bucket):
            return ""
        there = self.moto.versions(request.bucket, request.key)
        return request.query.get("versionId") or (there[-1] if there else "")

    def _of_lost_versions(self, request: S3Request) -> list[str]:
        """Return the names of the records of versions of this object that are there no longer."""
        there = {*self.moto.versions(request.bucket, request.key), "", "null"}
        records = self._store.list(_KIND, _SCOPE, label=_label(request))
        lost = [(name, record) for name, record in records if record["version"] not in there]
        uploads = {record["upload"] for _, record in lost} - {""}
        parts = [name for name, record in records if record["upload"] in uploads]
        return sorted({*parts, *(name for name, _ in lost)})

    def _past_matters(self, request: S3Request) -> bool:
        if _is_property(request):
            return False
        if self.moto.was_versioned(request.bucket):
            return True
        # A bucket is deleted again with all that was in it, if a copy elsewhere needs some of that.
        return _deletes_bucket(request) and any(
            self._store.count(_NEEDED, name) for name, earlier in self._all() if earlier.bucket == request.bucket
        )

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


def _leaves_nothing(request: S3Request) -> bool:
    """Say whether a request deletes something as a whole, or a property of a bucket: nothing is to be repeated then."""
    return request.method == "DELETE" and (not request.key or request.query.keys() <= {"x-id", "versionId", "uploadId"})


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


def _is_plain(request: S3Request) -> bool:
    """Say whether the request writes an object with nothing about it but its bytes, their type and its metadata."""
    if request.method != "PUT" or not request.key or not _is_whole_object(request):
        return False
    sent = [(name, value) for name, value in request.headers.items() if name.lower() not in _NOT_KEPT]
    return all(_PLAIN.fullmatch(name) and "STREAMING-" not in value for name, value in sent)


def _plain_region(request: S3Request, body: bytes) -> str | None:
    """Return where a bucket is made with nothing about it but its region and default class, or None: there is more."""
    names = {name.lower() for name in request.headers} - _NOT_KEPT - {"x-default-storage-class"}
    location = _LOCATION.fullmatch(body.strip())
    if location is None or not all(_PLAIN.fullmatch(name) for name in names):
        return None
    return (location["region"] or _DEFAULT_REGION).decode()


def _copy_source(request: S3Request) -> str:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return unquote(headers.get("x-amz-copy-source", "").partition("?")[0]).lstrip("/")


def _new_upload(request: S3Request, answer: S3Answer) -> str:
    if request.method != "POST" or "uploads" not in request.query:
        return ""
    found = _UPLOAD_ID.search(answer.body)
    return found[1].decode() if found else ""
