"""Which conditions of writes a bucket honours: tried out once, and kept beside the state.

One writer at a time needs a write that only one of two can do. Amazon S3 and many others have `If-None-Match: *`, OBS
documents appending at position 0; whether a bucket at hand really refuses the second write, only a try can tell. A
bucket that refuses nothing cannot be shared safely, and is refused unless the user takes that upon themselves.

To have a bucket tried anew, as after turning its versioning on, delete `.pulumi/capabilities.json`.

Source: OBS user guide obs_04_0088 (append at a position).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from pulumi_dataarts.backend.properties import dumps
from pulumi_dataarts.errors import StateError

if TYPE_CHECKING:
    from pulumi_dataarts.backend.s3 import S3Blobs

ACCEPT: Final = "DATAARTS_UNGUARDED_STATE"
_KEY: Final = ".pulumi/capabilities.json"
_VERSION: Final = 1
_UNKNOWN_TAG: Final = '"00000000000000000000000000000000"'


@dataclass(frozen=True)
class Conditions:
    """What a bucket honours.

    `creates`: `if-none-match`, `append`, or empty where two may both create an object. `exchanges`: it replaces a
    version only if that is the current one.
    """

    creates: str
    exchanges: bool


def conditions_of(blobs: S3Blobs) -> Conditions:
    """Return what a bucket honours, trying it out where nobody has yet.

    Raises:
        StateError: it does not say who was first, and the user has not accepted that.
    """
    known = _read(blobs.read(_KEY)) or _tried(blobs)
    if not known.creates and os.environ.get(ACCEPT) != "1":
        raise StateError(
            f"{blobs.url}: this bucket honours neither If-None-Match nor append at a position, so nothing in it can "
            "say which of two runs was first",
            hint=f"Keep the state in another bucket, or see to it that runs never overlap and set {ACCEPT}=1.",
        )
    return known


def create(blobs: S3Blobs, conditions: Conditions, key: str, data: bytes) -> bool:
    """Write an object that is not there yet, by what the bucket honours; say whether it was so."""
    if conditions.creates:
        return _WAYS[conditions.creates](blobs)(key, data)
    if blobs.read(key) is not None:
        return False
    blobs.write(key, data)
    return True


def _by_header(blobs: S3Blobs) -> Callable[[str, bytes], bool]:
    return blobs.create


def _by_append(blobs: S3Blobs) -> Callable[[str, bytes], bool]:
    return blobs.create_by_append


_WAYS: Final = {"if-none-match": _by_header, "append": _by_append}


def _tried(blobs: S3Blobs) -> Conditions:
    found = Conditions(next((way for way in _WAYS if _creates_once(blobs, _WAYS[way](blobs))), ""), _exchanges(blobs))
    if found.creates:
        record = {"version": _VERSION, "creates": found.creates, "exchanges": found.exchanges}
        blobs.write(_KEY, dumps(record).encode())
    return found


def _creates_once(blobs: S3Blobs, create: Callable[[str, bytes], bool]) -> bool:
    """Write twice: only the first may succeed."""
    key = _probe_key()
    try:
        return create(key, b"first") and not create(key, b"second") and blobs.read(key) == b"first"
    except StateError:
        return False  # It does not know the call at all.
    finally:
        blobs.delete(key)


def _exchanges(blobs: S3Blobs) -> bool:
    key = _probe_key()
    blobs.write(key, b"first")
    try:
        found = blobs.look(key)
        return found is not None and not blobs.exchange(key, b"second", _UNKNOWN_TAG) and _once(blobs, key, found.tag)
    except StateError:
        return False
    finally:
        blobs.delete(key)


def _once(blobs: S3Blobs, key: str, tag: str) -> bool:
    return blobs.exchange(key, b"second", tag) and not blobs.exchange(key, b"third", tag)


def _probe_key() -> str:
    return f".pulumi/dataarts/probe-{uuid4()}"


def _read(data: bytes | None) -> Conditions | None:
    try:
        document = json.loads(data or b"null")
        if document["version"] == _VERSION and document["creates"] in _WAYS:
            return Conditions(document["creates"], document["exchanges"] is True)
    except (ValueError, KeyError, TypeError):
        pass  # Whatever it says, trying again is always right.
    return None
