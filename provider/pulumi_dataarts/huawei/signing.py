"""SDK-HMAC-SHA256, the signature of Huawei Cloud's API gateway. A pure function.

Source: support.huaweicloud.com/devg-apisign (api-sign-provide01 and huaweicloudsdkcore 3.1.219, which is the oracle in
the tests).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALGORITHM = "SDK-HMAC-SHA256"


def authorization(
    access_key: str,
    secret_key: str,
    *,
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> str:
    """Return the value of the `Authorization` header.

    Args:
        access_key: goes into the header as it is.
        secret_key: signs, and goes nowhere.
        method: HTTP method.
        path: as it travels, percent-encoded.
        query: decoded names and values, in any order.
        headers: those to sign: all of them. `X-Sdk-Date` (`YYYYMMDDTHHMMSSZ`) and `Host` must be among them.
        body: as it travels.
    """
    signed = {name.lower(): value.strip() for name, value in headers.items()}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            method.upper(),
            canonical_path(path),
            canonical_query(query),
            "".join(f"{name}:{signed[name]}\n" for name in sorted(signed)),
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{signed['x-sdk-date']}\n{digest}"
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"


def canonical_path(path: str) -> str:
    """Decode the path, encode each part anew (so `%2F` becomes a slash), and end it with a slash."""
    encoded = "/".join(_encoded(part) for part in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def canonical_query(query: Iterable[tuple[str, str]]) -> str:
    """Return the query sorted and encoded, as it is signed and as it may travel."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(query))


def _encoded(text: str) -> str:
    return quote(text, safe="~")
