"""Objects in OBS as the rooms exchange them with the services, and OBS's errors as ours.

`translated` is for every call of the boto3 client (storage.py), here and in `obs.api`.

Source: OBS, "Error Codes".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.errors import (
    AlreadyExists,
    AuthError,
    BadResponse,
    CloudError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProvisionError,
    QuotaExceeded,
    ServiceFault,
    Throttled,
    Unreachable,
)

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session

SIZE_MAX_BYTES: Final = 64 * 1024 * 1024

_AUTH_CODES: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "ExpiredToken", "InvalidToken"}
)
ERRORS: Final[Mapping[str, type[CloudError]]] = {
    "BucketAlreadyExists": AlreadyExists,
    "BucketAlreadyOwnedByYou": AlreadyExists,
    "TooManyBuckets": QuotaExceeded,
    "SlowDown": Throttled,
    "TooManyRequests": Throttled,
}
_STATUSES: Final[Mapping[int, type[CloudError]]] = {404: NotFound, 409: Conflict, 412: Conflict, 429: Throttled}
_NOT_ALLOWED: Final = "The user lacks a permission for this, or the bucket is somebody else's"
HINTS: Final[Mapping[str, str]] = {
    "403": f"{_NOT_ALLOWED}; or the access key is wrong or expired, which OBS does not tell apart here.",
    "AccessDenied": f"{_NOT_ALLOWED}.",
    "NoSuchBucket": "Declare the bucket (`obs.Bucket`) and pass its `bucket` output, so that it is made first.",
    "NoSuchKey": "Nothing lies there: check the path, or declare the object (`obs.Object`), so that it is made first.",
    "VirtualHostDomainRequired": "Give the endpoint as a host name (`https://obs.<region>.…`), not as an address.",
}
_SERVER: Final = 500


def put(session: Session, bucket: str, key: str, content: bytes, *, metadata: Mapping[str, str] | None = None) -> None:
    """Write an object, over what was there. Done twice it does no harm."""
    with translated("put object", f"{bucket}/{key}"):
        body = session.uploaded(content, f"{bucket}/{key}")
        session.obs().put_object(Bucket=bucket, Key=key, Body=body, Metadata=dict(metadata or {}))


def metadata_of(session: Session, bucket: str, key: str) -> dict[str, str]:
    """Return what was written beside an object, keys in lower case. Raises NotFound."""
    with translated("head object", f"{bucket}/{key}", safe=True):
        found: dict[str, str] = session.obs().head_object(Bucket=bucket, Key=key).get("Metadata", {})
    return found


def get(session: Session, bucket: str, key: str, *, size_max_bytes: int = SIZE_MAX_BYTES) -> bytes:
    """Return an object's content. Raises NotFound, for the bucket too, and BadResponse above `size_max_bytes`."""
    with (
        translated("get object", f"{bucket}/{key}", safe=True),
        closing(session.obs().get_object(Bucket=bucket, Key=key)["Body"]) as body,
    ):
        content: bytes = body.read(size_max_bytes + 1)
    if len(content) > size_max_bytes:
        raise BadResponse(f"{bucket}/{key}: larger than {size_max_bytes} bytes", service="obs", operation="get object")
    return content


def delete(session: Session, bucket: str, key: str) -> None:
    """Delete an object; already gone is done, be it with its bucket."""
    try:
        with translated("delete object", f"{bucket}/{key}"):
            session.obs().delete_object(Bucket=bucket, Key=key)
    except NotFound:
        return


def keys(session: Session, bucket: str, prefix: str = "") -> list[str]:
    """Return the keys that begin with `prefix`, in order. Raises NotFound for the bucket."""
    with translated("list objects", f"{bucket}/{prefix}", safe=True):
        pages = session.obs().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


@contextmanager
def translated(operation: str, resource: str, *, safe: bool = False) -> Iterator[None]:
    """Raise what boto3 raises inside as an error of ours.

    Args:
        operation: the page's name, for messages: `put object`.
        resource: what it is about, for messages: `bucket/key`.
        safe: it only reads, so an unanswered call had no effect.
    """
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as error:
        raise _answered(error.response, operation, resource, safe=safe) from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise AuthError(f"OBS {operation}: {resource}: {error}") from error
    except (
        exceptions.EndpointConnectionError,
        exceptions.ConnectTimeoutError,
        exceptions.ProxyConnectionError,
    ) as error:
        raise Unreachable(
            f"{resource}: {error}",
            service="obs",
            operation=operation,
            hint="Check the region, `dataarts:endpoints` for obs, and this machine's network and proxy settings.",
        ) from error
    except exceptions.HTTPClientError as error:
        kind: type[CloudError] = ServiceFault if safe else OutcomeUnknown
        raise kind(f"{resource}: no answer: {error}", service="obs", operation=operation) from error
    except exceptions.BotoCoreError as error:
        raise BadResponse(f"{resource}: {error}", service="obs", operation=operation) from error


def _answered(response: Mapping[str, Any], operation: str, resource: str, *, safe: bool) -> ProvisionError:
    """Return the error that an answer stands for. Answers to HEAD have no body: their code is the status."""
    said, facts = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(said.get("Code", "")), int(facts.get("HTTPStatusCode", 0))
    headers = facts.get("HTTPHeaders", {})
    request_id = facts.get("RequestId") or headers.get("x-amz-request-id") or headers.get("x-obs-request-id", "")
    message = f"{resource}: {said.get('Message') or 'no reason given'}"
    if code in _AUTH_CODES:
        return AuthError(
            f"OBS {operation}: {message} (HTTP {status}, {code}, request {request_id})",
            hint="Check the access key, its secret, and this machine's clock (15 minutes is too much).",
        )
    kind = ERRORS.get(code) or _STATUSES.get(status, CloudError)
    if kind is CloudError and status >= _SERVER:
        kind = ServiceFault if safe else OutcomeUnknown
    return kind(
        message,
        service="obs",
        operation=operation,
        status=status,
        code="" if code.isdigit() else code,
        request_id=request_id,
        hint=HINTS.get(code, ""),
    )
