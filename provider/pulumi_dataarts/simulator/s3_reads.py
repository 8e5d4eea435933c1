"""The plain reads, answered from moto's buckets without moto's HTTP: an object, its head, a bucket's head, a list.

moto's own way takes apart, authorises and writes out each request anew: one to thirty milliseconds. What is more than
plain (a range, a condition, a version, a policy, an access log, …) goes that way, and both give the same answer, header
by header and byte by byte. Only lists of the older kind are not alike: moto counts no folders, and makes up a marker
for the next page that another process does not know, where OBS names the last entry of this one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from moto.s3.models import FakeKey, S3Backend

from pulumi_dataarts.simulator.s3 import S3Answer, S3Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

_XML: Final = "application/xml"
_PAGE_SIZE: Final = 1000
# What a plain read may say besides who asks.
_PLAIN: Final = re.compile(
    r"accept|accept-encoding|amz-sdk-.*|authorization|cache-control|connection|content-(length|md5|type)|date|host|pragma"
    r"|user-agent|x-amz-(checksum-mode|content-sha256|date|id-2|request-id|security-token)"
)
_LISTS: Final = frozenset({
    "continuation-token", "delimiter", "encoding-type", "fetch-owner", "list-type", "max-keys", "prefix", "start-after",
    "x-id",
})  # fmt: skip
_OLDER_LISTS: Final = frozenset({"delimiter", "encoding-type", "marker", "max-keys", "prefix", "x-id"})
_CLASSES: Final = ("STANDARD", "STANDARD_IA")
# Whom moto takes for the owner of every object.
_OWNER: Final = (
    "<Owner><DisplayName>webfile</DisplayName>"
    "<ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>"
)


def answer(request: S3Request, backend: S3Backend) -> S3Answer | None:
    """Return the answer to a plain read that succeeds, or None: moto's own way answers it."""
    bucket = backend.buckets.get(request.bucket)
    if request.method not in ("GET", "HEAD") or not _is_plain(request) or not _is_open(bucket):
        return None
    if request.key:
        return _object(request, bucket) if request.query.keys() <= {"x-id"} else None
    if request.method == "HEAD":
        return None if request.query else S3Answer(200, _head_of(bucket))
    if _is_older_list(request.query):
        return _older_list(request.query, bucket)
    return _list(request.query, bucket, backend) if _is_list(request.query, backend) else None


def _is_plain(request: S3Request) -> bool:
    return all(_PLAIN.fullmatch(name.lower()) for name in request.headers)


def _is_open(bucket: Any) -> bool:
    return bucket is not None and not bucket.logging


def _object(request: S3Request, bucket: Any) -> S3Answer | None:
    key = bucket.keys.get(request.key)
    # Another class may have to be restored first, which takes time; a policy may deny.
    if bucket.policy or not isinstance(key, FakeKey) or key.multipart or key.storage_class not in _CLASSES:
        return None
    asked = {name.lower(): value for name, value in request.headers.items()}
    headers = {**key.metadata, **key.response_dict, "Accept-Ranges": "bytes"}
    if key.checksum_algorithm and asked.get("x-amz-checksum-mode") == "ENABLED":
        if key.checksum_type or not key.checksum_value:
            return None
        headers[f"x-amz-checksum-{key.checksum_algorithm.lower()}"] = key.checksum_value
    if request.method == "GET" and key.version_id != "null":
        headers["x-amz-version-id"] = key.version_id
    told = {name: str(value) for name, value in headers.items()}
    return S3Answer(200, told, key.value if request.method == "GET" else b"")


def _head_of(bucket: Any) -> dict[str, str]:
    return {"x-amz-bucket-region": bucket.region_name, "content-type": _XML}


def _is_list(query: dict[str, str], backend: S3Backend) -> bool:
    return (
        query.get("list-type") == "2"
        and query.keys() <= _LISTS
        and query.get("max-keys", "1").isdecimal()
        and ("continuation-token" not in query or query["continuation-token"] in backend._pagination_tokens)  # noqa: SLF001
    )


def _is_older_list(query: dict[str, str]) -> bool:
    return query.keys() <= _OLDER_LISTS and query.get("max-keys", "1").isdecimal()


def _older_list(query: dict[str, str], bucket: Any) -> S3Answer:
    """Answer a list of the older kind. Source: OBS, S3-compatible API, GET Bucket (List Objects)."""
    encoding, marker = query.get("encoding-type"), query.get("marker", "")
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    size = int(query.get("max-keys", _PAGE_SIZE))
    found = _entries(bucket.keys, prefix, delimiter, marker, size)
    shown, is_truncated = found[:size], len(found) > size > 0
    last = "" if not is_truncated else shown[-1] if isinstance(shown[-1], str) else shown[-1].name
    return _told([
        ("IsTruncated", str(is_truncated).lower()),
        ("Marker", _written_name(marker, encoding)),
        ("NextMarker", _written_name(last, encoding)),
        *(("Contents", _content(key, encoding, with_owner=True)) for key in shown if isinstance(key, FakeKey)),
        ("Name", bucket.name),
        ("Prefix", _written_name(prefix, encoding)),
        ("Delimiter", escape(delimiter)),
        ("MaxKeys", str(size)),
        *_folders(shown, encoding),
        ("EncodingType", escape(encoding or "")),
    ])  # fmt: skip


def _list(query: dict[str, str], bucket: Any, backend: S3Backend) -> S3Answer:
    encoding, token = query.get("encoding-type"), query.get("continuation-token")
    size, after = int(query.get("max-keys", _PAGE_SIZE)), query.get("start-after", "")
    limit = backend._pagination_tokens[token] if token else after  # noqa: SLF001
    found = _entries(bucket.keys, query.get("prefix", ""), query.get("delimiter", ""), limit, size)
    entries, is_truncated, next_token = backend._truncate_result(found, size)  # noqa: SLF001
    return _told([
        ("IsTruncated", str(is_truncated).lower()),
        *(
            ("Contents", _content(key, encoding, with_owner="fetch-owner" in query))
            for key in entries
            if isinstance(key, FakeKey)
        ),
        ("Name", bucket.name),
        ("Prefix", _written_name(query.get("prefix", ""), encoding)),
        ("Delimiter", escape(query.get("delimiter", ""))),
        ("MaxKeys", str(size)),
        *_folders(entries, encoding),
        ("EncodingType", escape(encoding or "")),
        ("KeyCount", str(len(entries))),
        ("NextContinuationToken", next_token or ""),
        ("StartAfter", escape("" if token else after)),
    ])  # fmt: skip


def _told(elements: list[tuple[str, str]]) -> S3Answer:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{''.join(_elements(elements))}</ListBucketResult>"
    )
    return S3Answer(200, {"content-type": _XML}, text.encode())


def _folders(entries: Sequence[FakeKey | str], encoding: str | None) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, str):
            yield "CommonPrefixes", f"<Prefix>{_written_name(entry, encoding)}</Prefix>"


def _written_name(name: str, encoding: str | None) -> str:
    return escape(quote(name) if encoding == "url" else name)


def _entries(keys: Mapping[str, Any], prefix: str, delimiter: str, after: str, size: int) -> list[FakeKey | str]:
    """Return the objects and folders that come after a name, in order: those of a page, and one more if there is."""
    names = sorted(name for name in keys if name.startswith(prefix)) if prefix else sorted(keys)
    found: list[FakeKey | str] = []
    for name in names[bisect_right(names, after) if after else 0 :]:
        part, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        entry = f"{prefix}{part}{mark}" if mark else keys[name]
        if isinstance(entry, FakeKey) or (mark and entry > after and found[-1:] != [entry]):
            found.append(entry)
        if len(found) > size:
            break
    return found


def _elements(told: list[tuple[str, str]]) -> Iterator[str]:
    for name, content in told:
        if content:
            yield f"<{name}>{content}</{name}>"
        elif name == "Prefix":
            yield "<Prefix/>"


def _content(key: FakeKey, encoding: str | None, *, with_owner: bool) -> str:
    facts = key.last_modified, key.etag, key.size, key.storage_class, key.checksum_algorithm
    return _written(key.safe_name(encoding), *facts, with_owner=with_owner)


@lru_cache(maxsize=8192)
def _written(
    name: str, modified: datetime, etag: str, size: int, storage: str, algorithm: str | None, *, with_owner: bool
) -> str:
    checksum = f"<ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm>" if algorithm else ""
    return (
        f"<Key>{escape(name)}</Key><LastModified>{modified:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        f"<ETag>{escape(etag)}</ETag>{checksum}<Size>{size}</Size><StorageClass>{storage}</StorageClass>"
        f"{_OWNER if with_owner else ''}"
    )
