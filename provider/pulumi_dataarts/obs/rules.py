"""What OBS accepts as names and tags, as mistakes that `check` finds before anything is sent.

Source: OBS, S3-compatible API (names, tagging, storage classes).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

StorageClass = Literal["STANDARD", "WARM", "COLD"]
"""OBS's own words; on the S3 wire they are STANDARD, STANDARD_IA and GLACIER."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_METADATA_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_METADATA_MAX_BYTES: Final = 2048
_KEY_MAX_BYTES: Final = 1024
_FORBIDDEN_IN_TAGS: Final = frozenset(",/|<>=*\\")
OWN_METADATA: Final = "dataarts-sha256"


def _bucket_name(name: str) -> str:
    if not _BUCKET.fullmatch(name) or any(pair in name for pair in ("..", ".-", "-.")) or _ADDRESS.fullmatch(name):
        raise ValueError(
            "must be 3 to 63 lower-case letters, digits, `-` and `.`, begin and end with a letter or digit, "
            "have no `..`, `.-` or `-.`, and not look like an IP address"
        )
    return name


def _object_key(key: str) -> str:
    if not 0 < len(key.encode()) <= _KEY_MAX_BYTES:
        raise ValueError(f"must be 1 to {_KEY_MAX_BYTES} bytes of UTF-8")
    if any(ord(sign) < ord(" ") for sign in key) or any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError("must have no control characters, and no empty, `.` or `..` part between slashes")
    return key


def _tags(tags: dict[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        if not 0 < len(key) <= 36 or key != key.strip() or _FORBIDDEN_IN_TAGS & set(key):
            raise ValueError(f"key {key!r} must be 1 to 36 characters, without {' '.join(sorted(_FORBIDDEN_IN_TAGS))}")
        if len(value) > 43 or _FORBIDDEN_IN_TAGS & set(value):
            raise ValueError(f"the value of {key!r} must be at most 43 characters, without the signs keys may not have")
    return tags


def _metadata(metadata: dict[str, str]) -> dict[str, str]:
    for key, value in metadata.items():
        if not _METADATA_KEY.fullmatch(key) or key == OWN_METADATA:
            raise ValueError(f"key {key!r} must be lower-case letters, digits, `-` and `_`, and not {OWN_METADATA}")
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise ValueError(f"the value of {key!r} must be printable ASCII, without blanks around it")
    if sum(len(key) + len(value) for key, value in metadata.items()) > _METADATA_MAX_BYTES:
        raise ValueError(f"must be at most {_METADATA_MAX_BYTES} bytes in all")
    return metadata


BucketName = Annotated[str, AfterValidator(_bucket_name)]
ObjectKey = Annotated[str, AfterValidator(_object_key)]
Tags = Annotated[dict[str, str], AfterValidator(_tags)]
Metadata = Annotated[dict[str, str], AfterValidator(_metadata)]
