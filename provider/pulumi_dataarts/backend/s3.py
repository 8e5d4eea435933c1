"""State in a bucket that speaks S3, such as OBS: the same keys below a prefix, one object per file.

An object is replaced whole, so a write is atomic. A log is a folder of numbered objects, one per frame.

Source: pulumi-state.md section 2.1; huawei-obs-iam.md section 6.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from pulumi_dataarts.backend.blobs import Listed, Log
from pulumi_dataarts.errors import ConfigError, Corrupt, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.client import BaseClient

_PARAMETERS: Final = frozenset(
    {
        "awssdk",
        "disableSSL",
        "disable_https",
        "endpoint",
        "profile",
        "region",
        "request_checksum_calculation",
        "response_checksum_validation",
        "s3ForcePathStyle",
        "use_path_style",
    }
)
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Blobs:
    """A bucket, or what is below a prefix of one."""

    def __init__(self, client: BaseClient, bucket: str, prefix: str, url: str) -> None:
        self.url = url
        self._client: Any = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def folder(self) -> Path | None:
        """None: a bucket has no folder here."""
        return None

    def read(self, key: str) -> bytes | None:
        """Return the content, None where there is none."""
        answer = self._call(self._client.get_object, key)
        return answer["Body"].read() if answer else None

    def write(self, key: str, data: bytes) -> None:
        """Replace the content."""
        self._call(self._client.put_object, key, Body=data)

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens where there is none."""
        self._call(self._client.delete_object, key)

    def find(self, prefix: str) -> list[Listed]:
        """Return the keys that start with the prefix, at any depth, sorted."""
        found: list[Listed] = []
        more: dict[str, str] = {}
        while True:
            page = self._checked(self._client.list_objects_v2, prefix, Prefix=self._prefix + prefix, **more)
            for item in page.get("Contents", ()):
                key = item["Key"].removeprefix(self._prefix)
                found.append(Listed(key, item["LastModified"].timestamp()))
            if not page.get("IsTruncated"):
                return sorted(found)
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def open_log(self, key: str) -> Log:
        """Start an empty log; what was there goes once its first frame stands."""
        return _S3Log(self, key, self._frame_keys(key), is_new=True)

    def continue_log(self, key: str, whole: bytes) -> Log:
        """Go on with a log. Objects are whole or not there, so nothing is cut off here."""
        return _S3Log(self, key, self._frame_keys(key), is_new=False)

    def read_log(self, key: str) -> bytes:
        """Return all frames of a log, joined.

        Raises:
            Corrupt: a frame in the midst is missing.
        """
        keys = self._frame_keys(key)
        numbers = [_number(frame_key) for frame_key in keys]
        if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise Corrupt(f"{key} in {self.url} lacks frames between {numbers[0]} and {numbers[-1]}")
        return b"".join(self.read(frame_key) or b"" for frame_key in keys)

    def delete_log(self, key: str) -> None:
        """Remove a log, its first frames first, so that what is left of it never looks like a younger one."""
        for frame_key in self._frame_keys(key):
            self.delete(frame_key)

    def _frame_keys(self, key: str) -> list[str]:
        return [item.key for item in self.find(f"{key}/")]

    def _call(self, operation: Callable[..., Any], key: str, **more: Any) -> Any:
        """Call the bucket about one key; None where there is none."""
        return self._checked(operation, key, Key=self._prefix + key, **more)

    def _checked(self, operation: Callable[..., Any], key: str, **more: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return operation(Bucket=self._bucket, **more)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _MISSING:
                return None
            request = error.response.get("ResponseMetadata", {}).get("RequestId", "")
            raise StateError(
                f"{key} in {self.url}: the bucket refused with {code} (request {request})",
                hint="Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and endpoint and region in the backend's URL.",
            ) from error
        except BotoCoreError as error:
            raise StateError(f"{key} in {self.url}: {error}") from error


class _S3Log:
    def __init__(self, blobs: S3Blobs, key: str, present: list[str], *, is_new: bool) -> None:
        self._blobs = blobs
        self._key = key
        self._number = _number(present[-1]) if present else 0
        self._replaced = present if is_new else []

    def append(self, frame: bytes) -> None:
        self._number += 1
        self._blobs.write(f"{self._key}/{self._number:08d}.json", frame)
        for key in self._replaced:
            self._blobs.delete(key)
        self._replaced = []

    def close(self) -> None:
        """Nothing is held open."""


def open_s3(url: str) -> S3Blobs:
    """Open `s3://bucket/prefix?region=…&endpoint=…`, with the parameters the official CLI knows.

    Credentials are boto3's: `AWS_ACCESS_KEY_ID` and so on, or a profile.

    Raises:
        ConfigError: a parameter is unknown, or the bucket is missing.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    unknown = sorted(set(options) - _PARAMETERS)
    if unknown or not parts.netloc:
        raise ConfigError(
            f"backend {url}: " + (f"unknown parameter {', '.join(unknown)}" if unknown else "the bucket is missing"),
            hint=f"The form is s3://<bucket>/<prefix>?endpoint=<host>&…, with {', '.join(sorted(_PARAMETERS))}.",
        )
    return S3Blobs(_client(options), parts.netloc, parts.path.strip("/"), url)


def _client(options: Mapping[str, str]) -> BaseClient:
    import boto3
    from botocore.config import Config

    is_path_style = _is_on(options, "s3ForcePathStyle") or _is_on(options, "use_path_style")
    addressing = "path" if is_path_style else "virtual" if "endpoint" in options else "auto"
    config = Config(
        signature_version="s3v4",
        region_name=options.get("region"),
        retries={"mode": "standard", "max_attempts": 10},
        # OBS stores the framing of the newer default checksums as if it were content.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": addressing, "payload_signing_enabled": False},
    )
    session = boto3.Session(profile_name=options.get("profile"))
    return session.client("s3", endpoint_url=_endpoint(options), config=config)


def _endpoint(options: Mapping[str, str]) -> str | None:
    endpoint = options.get("endpoint")
    if not endpoint or "://" in endpoint:
        return endpoint
    is_plain = _is_on(options, "disableSSL") or _is_on(options, "disable_https")
    return f"{'http' if is_plain else 'https'}://{endpoint}"


def _is_on(options: Mapping[str, str], name: str) -> bool:
    return options.get(name, "").lower() in ("1", "t", "true")


def _number(key: str) -> int:
    return int(key.rpartition("/")[2].removesuffix(".json"))
