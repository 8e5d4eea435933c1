"""The boto3 client for OBS, which speaks S3 with a few differences.

What OBS has and S3 does not (default storage classes of buckets) is told to botocore in `models/`, in botocore's own
form for additions to its service models.

Source: OBS, S3-compatible API (addressing, payload signing, checksums, storage classes); the
S3-compatible API's pages PUT Bucket storage class and HEAD Bucket.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pulumi_dataarts.errors import AuthError, ProvisionError

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.settings import Settings
    from pulumi_dataarts.huawei.temporary import Keys

NO_KEY_HINT: Final = "Set HW_ACCESS_KEY and HW_SECRET_KEY as well, or say where temporary keys come from."
_WITH_MD5: Final = (
    "PutBucketLifecycleConfiguration",
    "PutBucketTagging",
    "PutObjectTagging",
    "PutBucketCors",
    "DeleteObjects",
)  # OBS answers 400 to these without Content-MD5, and botocore has stopped sending it


def open_storage(settings: Settings, keys: Keys | None) -> Any:
    """Return a boto3 S3 client for OBS. Raises AuthError without an access key: OBS takes no tokens."""
    if keys is None:
        raise AuthError(
            "OBS needs an access key; there is only a token or a password.",
            hint=NO_KEY_HINT,
        )
    import boto3
    from botocore.config import Config
    from botocore.session import Session

    session = Session()
    session.set_config_variable("data_path", str(Path(__file__).with_name("models")))
    session.register_component("credential_provider", _Provider(keys))
    client = boto3.session.Session(botocore_session=session).client(
        "s3",
        endpoint_url=settings.endpoints.obs,
        region_name=settings.region,
        config=Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "virtual", "payload_signing_enabled": False},
            retries={"mode": "standard", "total_max_attempts": 4},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=64,
            proxies={} if _is_loopback(settings.endpoints.obs) else None,
        ),
    )
    for operation in _WITH_MD5:
        client.meta.events.register(f"before-sign.s3.{operation}", _add_md5)
    client.meta.events.register_first("needs-retry.s3", _give_up)
    return client


class _Provider:
    """Gives botocore the key of the moment, each time it signs."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def load_credentials(self) -> Any:
        """Return credentials in botocore's form."""
        from botocore.credentials import Credentials, ReadOnlyCredentials

        keys = self._keys

        class Momentary(Credentials):  # type: ignore[misc]  # botocore has no types
            def get_frozen_credentials(self) -> Any:
                key = keys.current()
                return ReadOnlyCredentials(key.access, key.secret, key.token or None)

        return Momentary("-", "-")


def _is_loopback(url: str) -> bool:
    """Say whether the address is of this machine, which a proxy cannot reach."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost")


def _give_up(caught_exception: Any = None, **_: Any) -> None:
    """Let an upload that was stopped end, which botocore takes for a lost connection and would send again."""
    cause = getattr(caught_exception, "kwargs", {}).get("error")
    if isinstance(cause, ProvisionError):
        raise cause


def _add_md5(request: Any, **_: Any) -> None:
    """Replace botocore's newer checksum headers by the Content-MD5 that OBS asks for."""
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    for name in list(request.headers):
        if name.lower().startswith(("x-amz-checksum", "x-amz-sdk-checksum-algorithm")):
            del request.headers[name]
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = base64.b64encode(digest).decode()
