"""Who is calling OBS: the key and the signature of every request, and the digests of its body.

Source: OBS, S3-compatible API, "Authenticating a Request" and its calls' pages; obs_faq_0274. Not documented: the codes
for a link that has ended (AccessDenied, as with S3), for a missing `Content-MD5`, and for a token that is not the key's
(InvalidAccessKeyId).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from pulumi_dataarts.simulator import s3_signatures
from pulumi_dataarts.simulator.s3 import S3Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_dataarts.simulator.s3 import S3Request
    from pulumi_dataarts.simulator.s3_signatures import Claim
    from pulumi_dataarts.simulator.settings import Settings

_DIGEST: Final = re.compile("[0-9a-f]{64}")
# Calls that OBS takes with a digest of their body only: method and subresource.
_NEEDS_MD5: Final = frozenset({("PUT", "lifecycle"), ("PUT", "tagging"), ("POST", "delete")})
_REFUSALS: Final = {
    "AccessDenied": (403, "Access Denied"),
    "InvalidAccessKeyId": (403, "The access key ID you provided does not exist in our records."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the one you provided."),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the current time is too large."),
    "XAmzContentSHA256Mismatch": (400, "The body is not the one that the request's digest was made of."),
    "BadDigest": (400, "The Content-MD5 you specified did not match what we received."),
    "InvalidDigest": (400, "The Content-MD5 you specified is not valid."),
    "MissingRequiredHeader": (400, "This request needs the header Content-MD5."),
}


def refusal(
    request: S3Request, settings: Settings, now_s: float, temporary: Callable[[str], Mapping[str, Any] | None]
) -> S3Answer | None:
    """Return why the request may not be served, in S3's shape, or None when it may.

    `temporary` returns the temporary key of a name, while it holds.
    """
    code = _wrong_caller(request, settings, now_s, temporary) or _wrong_body(request)
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


def _wrong_caller(
    request: S3Request, settings: Settings, now_s: float, temporary: Callable[[str], Mapping[str, Any] | None]
) -> str:
    claim = s3_signatures.read(request)
    if claim is None or claim.signed_s is claim.until_s is None:
        return "AccessDenied"
    secret = settings.secret_key if claim.access_key == settings.access_key else _issued(claim, temporary)
    if secret is None:
        return "InvalidAccessKeyId"
    if not claim.fits(secret):
        return "SignatureDoesNotMatch"
    return _wrong_time(claim, settings.skew_s, now_s)


def _issued(claim: Claim, temporary: Callable[[str], Mapping[str, Any] | None]) -> str | None:
    """Return the secret of a temporary key, if the claim has its token."""
    issued = temporary(claim.access_key)
    if issued is None or not hmac.compare_digest(claim.token.encode(), issued["securitytoken"].encode()):
        return None
    return str(issued["secret"])


def _wrong_time(claim: Claim, skew_s: float, now_s: float) -> str:
    if claim.until_s is not None and now_s > claim.until_s:
        return "AccessDenied"
    early_s = 0.0 if claim.signed_s is None else claim.signed_s - now_s
    late_s = -early_s if claim.until_s is None else 0.0
    return "RequestTimeTooSkewed" if max(early_s, late_s) > skew_s else ""


def _wrong_body(request: S3Request) -> str:
    headers = {name.lower(): value for name, value in request.headers.items()}
    declared, md5 = headers.get("x-amz-content-sha256", ""), headers.get("content-md5", "")
    if _DIGEST.fullmatch(declared) and declared != s3_signatures.sha256(request.body):
        return "XAmzContentSHA256Mismatch"
    if not md5:
        is_needed = not request.in_path_style.key and any(
            (request.method, name) in _NEEDS_MD5 for name in request.query
        )
        return "MissingRequiredHeader" if is_needed else ""
    try:
        is_same = base64.b64decode(md5, validate=True) == hashlib.md5(request.body, usedforsecurity=False).digest()
    except binascii.Error:
        return "InvalidDigest"
    return "" if is_same or declared.startswith("STREAMING-") else "BadDigest"
