"""The six ways in which a request to OBS is signed, each read into what must be true of it. No clock, no accounts.

In a header: version 4, version 2 (`AWS`), OBS's own (`OBS`); and each in the query, for links signed in advance.

Source: OBS API "Authentication of Signature in a Header" for OBS's own; its S3-compatible API, "Authenticating a
Request"; versions 2 and 4 are Amazon's published ones.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.s3 import S3Request

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_V4: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+),\s*"
    r"SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]+)"
)
_V2: Final = re.compile(r"(?P<scheme>AWS|OBS) (?P<key>[^:]+):(?P<signature>\S+)")
_DATE: Final = "%Y%m%dT%H%M%SZ"
_VENDORS: Final = {"AWS": "x-amz-", "OBS": "x-obs-"}
_KEY_NAMES: Final = {"AWS": "AWSAccessKeyId", "OBS": "AccessKeyId"}
# What of a query is part of the resource, in the older schemes.
_SUBRESOURCES: Final = re.compile(
    "acl|append|backtosource|cors|customdomain|delete|deletebucket|directcoldaccess|dispolicy|encryption|inventory|length"
    "|lifecycle|location|logging|metadata|modify|name|notification|object-lock|partnumber|policy|policystatus|position"
    "|publicaccessblock|quota|rename|replication|requestpayment|response-(cache-control|content-.*|expires)|restore"
    "|retention|storageclass|storageinfo|storagepolicy|tagging|torrent|truncate|uploadid|uploads|versionid|versioning"
    "|versions|website|x-(amz|obs)-.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """What a request says of who signed it.

    Attributes:
        token: of a temporary key; empty for a lasting one.
        fits: whether the signature is the one that this secret key makes.
        signed_s: when it was signed; None where it does not say, or only says until when it holds.
        until_s: when a link that was signed in advance ends.
    """

    access_key: str
    token: str
    fits: Callable[[str], bool]
    signed_s: float | None = None
    until_s: float | None = None


def read(request: S3Request) -> Claim | None:
    """Return a request's claim; None where it has none, or none that can be read."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    authorization, query = headers.get("authorization", ""), request.query
    if signed := _V4.match(authorization):
        return _in_header_v4(request, headers, signed)
    if signed := _V2.match(authorization):
        return _in_header_v2(request, headers, signed)
    if "X-Amz-Signature" in query:
        return _in_query_v4(request, headers, query)
    scheme = next((scheme for scheme, name in _KEY_NAMES.items() if name in query), "")
    return _in_query_v2(request, headers, query, scheme) if scheme else None


def sha256(content: bytes) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _in_header_v4(request: S3Request, headers: Mapping[str, str], signed: re.Match[str]) -> Claim:
    at, payload = _signed_at(headers), headers.get("x-amz-content-sha256") or sha256(request.body)
    date = "" if at is None else f"{at:{_DATE}}"

    def fits(secret: str) -> bool:
        canonical = _canonical_v4(request, headers, signed["headers"], _pairs(request), payload)
        return _same(_v4(secret, date, signed["scope"], canonical), signed["signature"])

    return Claim(signed["key"], _token(headers), fits, None if at is None else at.timestamp())


def _in_query_v4(request: S3Request, headers: Mapping[str, str], query: Mapping[str, str]) -> Claim | None:
    key, _, scope = query.get("X-Amz-Credential", "").partition("/")
    date, lives = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
    at = _parsed(date)
    if at is None or not lives.isdecimal():
        return None
    pairs = [(name, value) for name, value in _pairs(request) if name != "X-Amz-Signature"]

    def fits(secret: str) -> bool:
        canonical = _canonical_v4(request, headers, query.get("X-Amz-SignedHeaders", ""), pairs, UNSIGNED)
        return _same(_v4(secret, date, scope, canonical), query["X-Amz-Signature"])

    until_s = at.timestamp() + int(lives)
    return Claim(key, query.get("X-Amz-Security-Token", ""), fits, at.timestamp(), until_s)


def _in_header_v2(request: S3Request, headers: Mapping[str, str], signed: re.Match[str]) -> Claim:
    vendor, at = _VENDORS[signed["scheme"]], _signed_at(headers)
    date = "" if f"{vendor}date" in headers else headers.get("date", "")
    fits = _fits_v2(request, headers, vendor, date, signed["signature"])
    return Claim(signed["key"], _token(headers), fits, None if at is None else at.timestamp())


def _in_query_v2(request: S3Request, headers: Mapping[str, str], query: Mapping[str, str], scheme: str) -> Claim | None:
    until, vendor = query.get("Expires", ""), _VENDORS[scheme]
    if not until.isdecimal() or "Signature" not in query:
        return None
    fits = _fits_v2(request, headers, vendor, until, query["Signature"])
    return Claim(query[_KEY_NAMES[scheme]], query.get(f"{vendor}security-token", ""), fits, until_s=float(until))


def _v4(secret: str, date: str, scope: str, canonical: str) -> str:
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, sha256(canonical.encode())])
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def _fits_v2(
    request: S3Request, headers: Mapping[str, str], vendor: str, date: str, signature: str
) -> Callable[[str], bool]:
    resource, query = request.in_path_style.raw_path, _subresources(request)
    # botocore writes a bucket with a slash after it where there is none in the path; the official SDK does not.
    written = {resource, resource if request.in_path_style.key else resource.rstrip("/") + "/"}
    head = _head_v2(request, headers, vendor, date)
    return lambda secret: any(_same(_v2(secret, f"{head}\n{path}{query}"), signature) for path in written)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _v2(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _canonical_v4(
    request: S3Request, headers: Mapping[str, str], signed_headers: str, query: list[tuple[str, str]], payload: str
) -> str:
    lines = [
        request.method,
        request.raw_path,
        "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(query)),
        "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed_headers.split(";")),
        signed_headers,
        payload,
    ]
    return "\n".join(lines)


def _head_v2(request: S3Request, headers: Mapping[str, str], vendor: str, date: str) -> str:
    told = sorted((name, value) for name, value in headers.items() if name.startswith(vendor))
    lines = [
        request.method,
        headers.get("content-md5", ""),
        headers.get("content-type", ""),
        date,
        *(f"{name}:{value.strip()}" for name, value in told),
    ]
    return "\n".join(lines)


def _subresources(request: S3Request) -> str:
    """Return what of a request's query belongs to its resource, as the older schemes write it."""
    parts = [part.partition("=") for part in urlsplit(request.target).query.split("&") if part]
    named = [(unquote(name), mark, unquote(value)) for name, mark, value in parts]
    chosen = sorted(part for part in named if _SUBRESOURCES.fullmatch(part[0]))
    more = "&".join("".join(part) for part in chosen)
    return f"?{more}" if more else ""


def _pairs(request: S3Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.target).query, keep_blank_values=True)


def _token(headers: Mapping[str, str]) -> str:
    return headers.get("x-amz-security-token") or headers.get("x-obs-security-token", "")


def _signed_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when a request was signed: by `x-amz-date` or `x-obs-date`, or else by the plain `Date`."""
    told = headers.get("x-amz-date") or headers.get("x-obs-date") or headers.get("date", "")
    return _parsed(told)


def _parsed(date: str) -> datetime | None:
    """Return a moment written in either of the two ways; None for any other."""
    try:
        if date.endswith("Z"):
            return datetime.strptime(date, _DATE).replace(tzinfo=UTC)
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
