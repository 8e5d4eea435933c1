"""OBS's calls on buckets and objects, one function each, through the boto3 client of `huawei.storage`.

An aspect of a bucket that was never set answers 404 with a code of its own; here it is simply empty.

Source: OBS, S3-compatible API.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from pulumi_dataarts.errors import CloudError, NotFound
from pulumi_dataarts.huawei.objects import translated
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.obs import wire
from pulumi_dataarts.obs.rules import StorageClass

_BATCH_MAX: Final = 1000
_CHUNK_BYTES: Final = 1024 * 1024
_ARCHIVED: Final = "InvalidObjectState"
_UNSET: Final = frozenset({"NoSuchTagSet", "NoSuchLifecycleConfiguration", "NoSuchBucketPolicy"})


@dataclass(frozen=True)
class BucketHead:
    """What HEAD tells of a bucket; empty where an S3 service that is not OBS leaves it out."""

    region: str
    storage_class: str


@dataclass(frozen=True)
class ObjectHead:
    """What HEAD tells of an object. The ETag is the MD5 of the content only for simple, unencrypted puts."""

    etag: str
    size_bytes: int
    content_type: str
    storage_class: str
    metadata: Mapping[str, str]


def head_bucket(session: Session, bucket: str) -> BucketHead | None:
    """Return a bucket's region and default storage class; None if there is no such bucket. Source: HEAD Bucket."""
    try:
        with translated("head bucket", f"bucket {bucket}", safe=True):
            told = session.obs().head_bucket(Bucket=bucket)
    except NotFound:
        return None
    return BucketHead(told.get("BucketRegion", ""), wire.declared_class(told.get("DefaultStorageClass", "")))


def create_bucket(session: Session, bucket: str, *, region: str, storage_class: StorageClass | None) -> None:
    """Create a bucket. For a bucket of one's own in the same region OBS says 200 again, and changes nothing.

    Source: PUT Bucket.
    """
    options = {"DefaultStorageClass": wire.wire_class(storage_class)} if storage_class else {}
    with translated("create bucket", f"bucket {bucket}"):
        session.obs().create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}, **options)


def delete_bucket(session: Session, bucket: str) -> None:
    """Delete an empty bucket; already gone is done. Raises Conflict if it is not empty. Source: DELETE Bucket."""
    try:
        with translated("delete bucket", f"bucket {bucket}"):
            session.obs().delete_bucket(Bucket=bucket)
    except NotFound:
        return


def put_storage_class(session: Session, bucket: str, storage_class: StorageClass | None) -> None:
    """Set the default storage class; None is OBS's own default. Source: PUT Bucket storage class."""
    policy = {"DefaultStorageClass": wire.wire_class(storage_class or "STANDARD")}
    with translated("put bucket storage class", f"bucket {bucket}"):
        session.obs().put_bucket_storage_policy(Bucket=bucket, StoragePolicy=policy)


def get_versioning(session: Session, bucket: str) -> bool:
    """Say whether a bucket keeps old versions. Source: GET Bucket versioning."""
    with translated("get bucket versioning", f"bucket {bucket}", safe=True):
        return bool(session.obs().get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")


def put_versioning(session: Session, bucket: str, is_enabled: bool) -> None:
    """Enable or suspend versioning. Source: PUT Bucket versioning."""
    status = "Enabled" if is_enabled else "Suspended"
    with translated("put bucket versioning", f"bucket {bucket}"):
        session.obs().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def get_lifecycle(session: Session, bucket: str) -> list[dict[str, Any]]:
    """Return the lifecycle rules as they would be declared. Source: GET Bucket lifecycle."""
    told = _aspect(session, bucket, "lifecycle", "get_bucket_lifecycle_configuration")
    return [wire.declared_rule(rule) for rule in told.get("Rules", [])]


def put_lifecycle(session: Session, bucket: str, rules: Sequence[wire.LifecycleRule] | None) -> None:
    """Replace all lifecycle rules; without any, delete them. Source: PUT and DELETE Bucket lifecycle."""
    with translated("put bucket lifecycle", f"bucket {bucket}"):
        if not rules:
            session.obs().delete_bucket_lifecycle(Bucket=bucket)
            return
        configuration = {"Rules": [rule.to_wire() for rule in rules]}
        session.obs().put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=configuration)


def get_tags(session: Session, bucket: str) -> dict[str, str]:
    """Return a bucket's tags. Source: GET Bucket tagging."""
    return wire.declared_tags(_aspect(session, bucket, "tagging", "get_bucket_tagging").get("TagSet", []))


def put_tags(session: Session, bucket: str, tags: Mapping[str, str] | None) -> None:
    """Replace all tags; without any, delete them. Source: PUT and DELETE Bucket tagging."""
    with translated("put bucket tagging", f"bucket {bucket}"):
        if tags:
            session.obs().put_bucket_tagging(Bucket=bucket, Tagging=wire.wire_tags(tags))
        else:
            session.obs().delete_bucket_tagging(Bucket=bucket)


def get_policy(session: Session, bucket: str) -> str:
    """Return the bucket policy as canonical JSON; empty if there is none. Source: GET Bucket policy."""
    policy = _aspect(session, bucket, "policy", "get_bucket_policy").get("Policy", "")
    return json.dumps(json.loads(policy), sort_keys=True) if policy else ""


def put_policy(session: Session, bucket: str, policy: str | None) -> None:
    """Replace the bucket policy; without one, delete it. Source: PUT and DELETE Bucket policy."""
    with translated("put bucket policy", f"bucket {bucket}"):
        if policy:
            session.obs().put_bucket_policy(Bucket=bucket, Policy=policy)
        else:
            session.obs().delete_bucket_policy(Bucket=bucket)


def versions(session: Session, bucket: str) -> Iterator[dict[str, str]]:
    """Yield key and version of every version and every delete marker. Source: GET Bucket Object versions."""
    with translated("list object versions", f"bucket {bucket}", safe=True):
        for page in session.obs().get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
                yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}


def delete_versions(session: Session, bucket: str, found: Sequence[Mapping[str, str]]) -> None:
    """Delete these versions, 1000 a call. Source: DELETE Multiple Objects."""
    for start in range(0, len(found), _BATCH_MAX):
        batch = {"Objects": list(found[start : start + _BATCH_MAX]), "Quiet": True}
        with translated("delete objects", f"bucket {bucket}"):
            refused = session.obs().delete_objects(Bucket=bucket, Delete=batch).get("Errors", [])
        if refused:
            first = refused[0]
            raise CloudError(
                f"bucket {bucket}: {len(refused)} objects were not deleted, {first.get('Key')}: {first.get('Message')}",
                service="obs",
                operation="delete objects",
                code=str(first.get("Code", "")),
            )


def abort_uploads(session: Session, bucket: str) -> None:
    """Abort every multipart upload under way: they too keep a bucket from being deleted.

    Source: List Multipart uploads, Abort Multipart Upload.
    """
    with translated("abort multipart uploads", f"bucket {bucket}"):
        for page in session.obs().get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            for entry in page.get("Uploads", []):
                session.obs().abort_multipart_upload(Bucket=bucket, Key=entry["Key"], UploadId=entry["UploadId"])


def head_object(session: Session, bucket: str, key: str) -> ObjectHead | None:
    """Return what HEAD tells of an object; None if it, or its bucket, does not exist. Source: HEAD Object."""
    try:
        with translated("head object", f"{bucket}/{key}", safe=True):
            told = session.obs().head_object(Bucket=bucket, Key=key)
    except NotFound:
        return None
    return ObjectHead(
        etag=told["ETag"].strip('"'),
        size_bytes=told["ContentLength"],
        content_type=told.get("ContentType", ""),
        storage_class=wire.declared_class(told.get("StorageClass", "STANDARD")),
        metadata=told.get("Metadata", {}),
    )


def put_object(session: Session, bucket: str, key: str, body: BinaryIO, **headers: Any) -> str:
    """Write an object and return its ETag. `headers` are boto3's arguments. Source: PUT Object."""
    sent = session.uploaded(body, f"{bucket}/{key}")
    with translated("put object", f"{bucket}/{key}"):
        etag: str = session.obs().put_object(Bucket=bucket, Key=key, Body=sent, **headers)["ETag"]
    return etag.strip('"')


def replace_headers(session: Session, bucket: str, key: str, **headers: Any) -> str:
    """Copy an object onto itself with other headers and metadata, and return its ETag. Source: PUT Object - Copy."""
    with translated("put object - copy", f"{bucket}/{key}"):
        told = session.obs().copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": key},
            MetadataDirective="REPLACE",
            **headers,
        )
    etag: str = told["CopyObjectResult"]["ETag"]
    return etag.strip('"')


def digest_of(session: Session, bucket: str, key: str) -> str:
    """Read an object through and return the sha256 (hex) of its content. Source: GET Object."""
    digest = hashlib.sha256()
    with (
        translated("get object", f"{bucket}/{key}", safe=True),
        closing(session.obs().get_object(Bucket=bucket, Key=key)["Body"]) as body,
    ):
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def get_object_tags(session: Session, bucket: str, key: str) -> dict[str, str] | None:
    """Return an object's tags; None where they are not told, as of an object in the cold class.

    Tags of objects are described for OBS's own API; whether its S3-compatible one takes them is not documented.

    Source: obtaining object tags (obs_04_0164).
    """
    try:
        with translated("get object tagging", f"{bucket}/{key}", safe=True):
            return wire.declared_tags(session.obs().get_object_tagging(Bucket=bucket, Key=key)["TagSet"])
    except NotFound as error:
        if error.code in _UNSET:
            return {}
        raise
    except CloudError as error:
        if error.code == _ARCHIVED:
            return None
        raise


def put_object_tags(session: Session, bucket: str, key: str, tags: Mapping[str, str] | None) -> None:
    """Replace all tags of an object; without any, delete them. Source: adding object tags (obs_04_0172)."""
    with translated("put object tagging", f"{bucket}/{key}"):
        if tags:
            session.obs().put_object_tagging(Bucket=bucket, Key=key, Tagging=wire.wire_tags(tags))
        else:
            session.obs().delete_object_tagging(Bucket=bucket, Key=key)


def _aspect(session: Session, bucket: str, name: str, method: str) -> Mapping[str, Any]:
    try:
        with translated(f"get bucket {name}", f"bucket {bucket}", safe=True):
            told: Mapping[str, Any] = getattr(session.obs(), method)(Bucket=bucket)
            return told
    except NotFound as error:
        if error.code in _UNSET:
            return {}
        raise
