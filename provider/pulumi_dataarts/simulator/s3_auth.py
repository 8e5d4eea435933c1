"""Who is calling OBS: the access key of every request, and the signature of those that are signed the V4 way.

Requests signed the V2 way or in OBS's own way, and links signed in advance, are checked for the key alone.

Source: OBS, S3-compatible API, "Authenticating a Request"; obs_faq_0274; the V4 algorithm is Amazon's published one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlsplit
from xml.sax.saxutils import escape

from pulumi_dataarts.simulator.s3 import S3Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_dataarts.simulator.s3 import S3Request
    from pulumi_dataarts.simulator.settings import Settings

_V4: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+),\s*"
    r"SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]+)"
)
_KEY_ONLY: Final = re.compile(r"(?:AWS|OBS) (?P<key>[^:]+):")
_DATE: Final = "%Y%m%dT%H%M%SZ"
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_REFUSALS: Final = {
    "AccessDenied": (403, "Access Denied"),
    "InvalidAccessKeyId": (403, "The access key ID you provided does not exist in our records."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the one you provided."),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the current time is too large."),
    "XAmzContentSHA256Mismatch": (400, "The body is not the one that the request's digest was made of."),
}


def refusal(
    request: S3Request, settings: Settings, now_s: float, temporary: Callable[[str], Mapping[str, Any] | None]
) -> S3Answer | None:
    """Return why the caller may not be served, in S3's shape, or None when it may.

    `temporary` returns the temporary key of a name, while it holds.
    """
    code = _wrong(request, settings, now_s, temporary)
    if not code:
        return None
    status, message = _REFUSALS[code]
    return error(status, code, message, request)


def error(status: int, code: str, message: str, request: S3Request) -> S3Answer:
    """Return an error in S3's shape; an answer to HEAD has no body."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"<Resource>{escape(request.raw_path)}</Resource></Error>"
    )
    body = b"" if request.method == "HEAD" else text.encode()
    return S3Answer(status, {"Content-Type": "application/xml"}, body)


def _wrong(
    request: S3Request, settings: Settings, now_s: float, temporary: Callable[[str], Mapping[str, Any] | None]
) -> str:
    headers = {name.lower(): value for name, value in request.headers.items()}
    authorization = headers.get("authorization", "")
    if signed := _V4.match(authorization):
        if signed["key"] == settings.access_key:
            return _wrong_signature(request, headers, signed, settings.secret_key, settings.skew_s, now_s)
        issued = temporary(signed["key"])
        token = headers.get("x-amz-security-token") or headers.get("x-obs-security-token", "")
        if issued is None or not hmac.compare_digest(token.encode(), issued["securitytoken"].encode()):
            return "InvalidAccessKeyId"
        return _wrong_signature(request, headers, signed, issued["secret"], settings.skew_s, now_s)
    key = _KEY_ONLY.match(authorization)
    given = key["key"] if key else _key_in_query(request)
    if not given:
        return "AccessDenied"
    return "" if given == settings.access_key else "InvalidAccessKeyId"


def _key_in_query(request: S3Request) -> str:
    query = request.query
    credential = query.get("X-Amz-Credential", "").partition("/")[0]
    return credential or query.get("AWSAccessKeyId") or query.get("AccessKeyId", "")


def _wrong_signature(
    request: S3Request, headers: Mapping[str, str], signed: re.Match[str], secret: str, skew_s: float, now_s: float
) -> str:
    signed_at = _signed_at(headers)
    if signed_at is None:
        return "AccessDenied"
    canonical = _canonical_request(request, headers, signed["headers"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", f"{signed_at:{_DATE}}", signed["scope"], _sha256(canonical.encode())])
    key = f"AWS4{secret}".encode()
    for part in [*signed["scope"].split("/"), to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(key.hex(), signed["signature"]):
        return "SignatureDoesNotMatch"
    if abs(now_s - signed_at.timestamp()) > skew_s:
        return "RequestTimeTooSkewed"
    declared = headers.get("x-amz-content-sha256", "")
    is_false = _DIGEST.fullmatch(declared) and declared != _sha256(request.body)
    return "XAmzContentSHA256Mismatch" if is_false else ""


def _signed_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when a request was signed: by `x-amz-date`, or else by the plain `Date`, as OBS's own SDK does."""
    try:
        if "x-amz-date" in headers:
            return datetime.strptime(headers["x-amz-date"], _DATE).replace(tzinfo=UTC)
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def _canonical_request(request: S3Request, headers: Mapping[str, str], signed_headers: str) -> str:
    query = sorted(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    lines = [
        request.method,
        request.raw_path,
        "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in query),
        "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed_headers.split(";")),
        signed_headers,
        headers.get("x-amz-content-sha256") or _sha256(request.body),
    ]
    return "\n".join(lines)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
