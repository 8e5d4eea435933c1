"""What OBS refuses and moto would take: names and bodies that its S3-compatible API does not know, too many buckets.

Source: OBS, S3-compatible API: PUT Bucket (names, 100 buckets an account), PUT Bucket lifecycle, PUT Bucket tagging,
PUT Bucket encryption, the compatibility table. Not documented: the codes of a faulty rule (MalformedXML here), of a
faulty tag (InvalidTag), of an algorithm (InvalidEncryptionAlgorithmError) and of a granted right (NotImplemented).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from pulumi_dataarts.simulator import s3_auth

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.simulator.s3 import S3Answer, S3Request

_BUCKETS_MAX: Final = 100
_LIFECYCLE_BYTES_MAX: Final = 20 * 1024
_TAGS_MAX: Final = 20
_BUCKET: Final = re.compile(r"(?!.*(\.\.|\.-|-\.))(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{2,62}")
_TAG_KEY, _TAG_VALUE = (re.compile(rf"[^,/|<>=*\\]{{{least},{most}}}") for least, most in ((1, 36), (0, 43)))


def refusal(request: S3Request, buckets: int) -> S3Answer | None:
    """Return why a call on a bucket is refused, or None. `buckets` is how many there are."""
    code, message = _fault(request, buckets)
    status = 501 if code == "NotImplemented" else 400
    return s3_auth.error(status, code, message, request) if code else None


def _fault(request: S3Request, buckets: int) -> tuple[str, str]:
    if request.creates_bucket and not _BUCKET.fullmatch(request.bucket):
        return "InvalidBucketName", "The bucket's name is not valid."
    if request.creates_bucket and buckets >= _BUCKETS_MAX:
        return "TooManyBuckets", f"There are {_BUCKETS_MAX} buckets already."
    if any(name.lower().startswith(("x-amz-grant-", "x-obs-grant-")) for name in request.headers):
        return "NotImplemented", "Rights are not granted by headers."
    checks = [check for name, check in _CHECKS.items() if request.method == "PUT" and name in request.query]
    return next((found for check in checks if (found := check(request.body))[0]), ("", ""))


def _lifecycle(body: bytes) -> tuple[str, str]:
    rules = _elements(body, "Rule")
    if len(body) > _LIFECYCLE_BYTES_MAX:
        return "MalformedXML", "The rules are longer than 20 KB."
    if any(rule.find("{*}Prefix") is None for rule in rules):
        return "MalformedXML", "Each Rule needs a Prefix of its own; a Filter is not known."
    return "", ""


def _tagging(body: bytes) -> tuple[str, str]:
    tags = [(tag.findtext("{*}Key") or "", tag.findtext("{*}Value") or "") for tag in _elements(body, "Tag")]
    if len(tags) > _TAGS_MAX:
        return "InvalidTag", f"A bucket has at most {_TAGS_MAX} tags."
    if not all(_TAG_KEY.fullmatch(key) and _TAG_VALUE.fullmatch(value) for key, value in tags):
        return "InvalidTag", "A key has 1 to 36 characters, a value 0 to 43, and none of , / | < > = * \\."
    return "", ""


def _encryption(body: bytes) -> tuple[str, str]:
    if any(found.text != "aws:kms" for found in _elements(body, "SSEAlgorithm")):
        return "InvalidEncryptionAlgorithmError", "The only algorithm of this API is aws:kms."
    return "", ""


def _elements(body: bytes, name: str) -> list[ET.Element]:
    """Return all elements of a name, whatever their namespace; none of what is no XML, which moto refuses."""
    try:
        return list(ET.fromstring(body).iterfind(f".//{{*}}{name}"))  # noqa: S314  expat limits what entities may become
    except ET.ParseError:
        return []


_CHECKS: Final[dict[str, Callable[[bytes], tuple[str, str]]]] = {
    "lifecycle": _lifecycle,
    "tagging": _tagging,
    "encryption": _encryption,
}
