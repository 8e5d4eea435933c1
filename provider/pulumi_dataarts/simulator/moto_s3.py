"""moto's S3, called as a function: one request in, one answer out, no sockets and no account of anybody's.

Importing moto takes longer than all the rest of the cloud, so this module is imported when OBS is first used.

moto keeps one world of buckets a process, with dice and a clock of its own. Here each `Moto` brings its own world,
and each call says what time it is and how the dice fall, so that the same calls in the same order make the same
buckets, version ids and dates: `s3_journal` relies on that.
"""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from xml.parsers.expat import ExpatError

import moto.s3.models as moto_models
from moto.core.request import Request as MotoRequest
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response
from moto.s3.utils import metadata_from_headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from pulumi_dataarts.simulator import s3_reads
from pulumi_dataarts.simulator.s3 import S3Answer, S3Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PARTITION: Final = "aws"
# moto takes the region from here; with its default region, any location of a bucket is accepted.
_CREDENTIAL: Final = "AWS4-HMAC-SHA256 Credential=embedded/20200101/us-east-1/s3/aws4_request, Signature=0"
_REPLACED: Final = frozenset({"authorization", "host", "x-moto-account-id"})
# moto takes requests apart without checking them: what is not as it expects ends in one of these.
_UNREADABLE: Final = (ExpatError, LookupError, TypeError, ValueError, AttributeError)
_accounts = itertools.count(100_000_000_000)
_one_at_a_time = threading.Lock()


class Moto:
    """One world of buckets, in memory."""

    def __init__(self) -> None:
        self._account = str(next(_accounts))
        self._owners: dict[str, tuple[str, str]] = {}

    def call(self, request: S3Request, *, moment_s: float, seed: int) -> S3Answer:
        """Answer a request as if at `moment_s`, with the dice loaded by `seed`."""
        with _one_at_a_time:
            plain = s3_reads.answer(request, self._backend)
        if plain is not None:
            return plain
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _REPLACED}
        headers |= {"Authorization": _CREDENTIAL, "x-moto-account-id": self._account}
        moto_request = MotoRequest.from_primitives(
            request.method, "http://localhost" + request.target, headers, request.body
        )
        moment = datetime.fromtimestamp(moment_s, UTC)
        with _one_at_a_time, _world(self._owners, moment.replace(tzinfo=None), seed):
            answer = _answer(moto_request, request)
            if request.creates_bucket and answer.status < 300:
                self._finish_bucket(request.bucket, moment)
            return answer

    def take_up_bucket(self, name: str, region: str, moment_s: float) -> None:
        """Hold what a plain creation of a bucket left as `call` would."""
        moment = datetime.fromtimestamp(moment_s, UTC)
        with _one_at_a_time, _world(self._owners, moment.replace(tzinfo=None), seed=0):
            self._backend.create_bucket(name, region)
            self._finish_bucket(name, moment)

    def _finish_bucket(self, name: str, moment: datetime) -> None:
        """Undo what moto does otherwise for buckets: a clock of its own, other ARNs where a region begins with `cn`."""
        bucket = self._buckets[name]
        bucket.creation_date, bucket.partition = moment, _PARTITION

    def take_up(self, request: S3Request, moment_s: float, etag: str, length: int, read: Callable[[], bytes]) -> bool:
        """Hold what a plain write left as `call` would, but leave its bytes where they are.

        Args:
            request: the write, without its bytes.
            moment_s: when it was.
            etag: that the object was given.
            length: of the object, in bytes.
            read: returns the bytes.

        Returns:
            False where the bucket makes more of a write than that, so that `call` must repeat it.
        """
        bucket = self._buckets[request.bucket]
        headers = {name.lower(): value for name, value in request.headers.items()}
        algorithm = headers.get("x-amz-sdk-checksum-algorithm")
        checksum = headers.get(f"x-amz-checksum-{algorithm}".lower())
        if bucket.versioning_status or bucket.encryption or bucket.object_lock_enabled or (algorithm and not checksum):
            return False
        stored = _StoredKey(
            read,
            length,
            name=request.key,
            bucket_name=request.bucket,
            account_id=self._account,
            region_name=bucket.region_name,
            storage=headers.get("x-amz-storage-class", "STANDARD"),
            etag=etag.strip('"'),
            version_id="null",
            checksum_value=checksum,
        )
        stored.checksum_algorithm = algorithm
        stored.last_modified = datetime.fromtimestamp(moment_s, UTC).replace(tzinfo=None)
        stored.set_metadata(metadata_from_headers(dict(request.headers)))
        stored.set_acl(bucket.acl)
        bucket.keys.setlist(request.key, [stored])
        self._backend.tagger.delete_all_tags_for_resource(stored.arn)
        return True

    def has_bucket(self, name: str) -> bool:
        """Say whether the bucket exists."""
        return name in self._buckets

    def count(self) -> int:
        """Return how many buckets there are."""
        return len(self._buckets)

    def has_object(self, bucket: str, key: str) -> bool:
        """Say whether the object, or a version of it, exists."""
        return self.has_bucket(bucket) and key in self._buckets[bucket].keys

    def length_bytes(self, bucket: str, key: str) -> int | None:
        """Return the length of the object that a reader sees, or None where there is none."""
        latest = self._buckets[bucket].keys.get(key) if self.has_bucket(bucket) else None
        return int(latest.size) if isinstance(latest, FakeKey) else None

    def versions(self, bucket: str, key: str) -> list[str]:
        """Return the ids of an object's versions and delete markers, the latest last."""
        stored = self._buckets[bucket].keys.getlist(key, []) if self.has_bucket(bucket) else []
        return [str(version.version_id) for version in stored]

    def was_versioned(self, bucket: str) -> bool:
        """Say whether the bucket keeps versions, or once did."""
        return self.has_bucket(bucket) and self._buckets[bucket].versioning_status is not None

    def open_uploads(self, bucket: str) -> list[str]:
        """Return the ids of the bucket's multipart uploads that are neither completed nor aborted."""
        return list(self._buckets[bucket].multiparts)

    def rename_upload(self, bucket: str, upload: str, name: str) -> None:
        """Give a multipart upload another id: moto's own is the one thing that cannot be repeated."""
        uploads = self._buckets[bucket].multiparts
        uploads[name] = uploads.pop(upload)
        uploads[name].id = name

    def reset(self) -> None:
        """Forget all buckets."""
        self._backend.reset()
        self._owners.clear()

    @property
    def _backend(self) -> S3Backend:
        return s3_backends[self._account][_PARTITION]

    @property
    def _buckets(self) -> dict[str, Any]:
        return self._backend.buckets


@contextmanager
def _world(owners: dict[str, tuple[str, str]], moment: datetime, seed: int) -> Iterator[None]:
    """Give moto these buckets, this time and these dice, and then back its own: others may use moto in this process."""
    before = s3_backends.bucket_accounts, moto_models.utcnow, mock_random.getstate()  # type: ignore[attr-defined]
    s3_backends.bucket_accounts, moto_models.utcnow = owners, lambda: moment  # type: ignore[attr-defined]
    mock_random.seed(seed)
    try:
        yield
    finally:
        s3_backends.bucket_accounts, moto_models.utcnow = before[:2]  # type: ignore[attr-defined]
        mock_random.setstate(before[2])


class _StoredKey(FakeKey):
    """An object whose bytes stay where they are, to be read each time that somebody asks for them."""

    def __init__(self, read: Callable[[], bytes], length: int, **settings: Any) -> None:
        super().__init__(value=b"", **settings)
        self._read = read
        self.contentsize = length

    @property
    def value(self) -> bytes:
        return self._read()

    @value.setter
    def value(self, _: bytes) -> None:
        """Nothing is kept: moto sets it when it makes or copies the object."""

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.__dict__.items() if name not in ("_value_buffer", "lock")}
        return {**kept, "value": b""}


def _answer(moto_request: MotoRequest, request: S3Request) -> S3Answer:
    dispatch = S3Response.key_dispatch if request.key else S3Response.bucket_dispatch
    try:
        status, headers, body = dispatch(moto_request, moto_request.raw_url, dict(moto_request.headers))
    except HTTPException as refusal:
        response = Response.from_app(refusal, moto_request.environ)
        status, headers, body = response.status_code, dict(response.headers), response.get_data()
    except NotImplementedError:
        return _refusal(501, "NotImplemented", "The embedded OBS does not simulate this.")
    except _UNREADABLE:
        return _refusal(400, "MalformedXML", "The request is not well-formed.")
    content = body.encode() if isinstance(body, str) else bytes(body)
    if status >= HTTPStatus.BAD_REQUEST and not content and request.method != "HEAD":
        phrase = HTTPStatus(status).phrase
        return _refusal(status, phrase.replace(" ", ""), phrase)
    return S3Answer(status, {name: str(value) for name, value in headers.items()}, content)


def _refusal(status: int, code: str, message: str) -> S3Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return S3Answer(status, {"Content-Type": "application/xml"}, text.encode())
