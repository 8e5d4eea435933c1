"""The embedded OBS as the services beside it see it: bundles are read from it, exports are written to it."""

from __future__ import annotations

from typing import Protocol


class ObjectError(Exception):
    """OBS refuses; most often there is no such bucket, or no such object in it.

    Attributes:
        code: OBS's own, such as `NoSuchBucket`, `NoSuchKey` or `KeyTooLongError`.
    """

    def __init__(self, code: str, bucket: str, key: str = "") -> None:
        super().__init__(f"{code}: {bucket}/{key}")
        self.code = code


class Objects(Protocol):
    """Buckets and objects by name, without a socket between. Writes last like any client's write.

    A write is checked at once, and is done when the request that it belongs to is committed: a handler that refuses
    afterwards has written nothing.
    """

    def has_bucket(self, bucket: str) -> bool:
        """Say whether the bucket exists."""
        ...

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes.

        Raises:
            ObjectError: no such bucket, or no such object.
        """
        ...

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Create or overwrite an object.

        Raises:
            ObjectError: no such bucket, or a key that is too long.
        """
        ...

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Return all keys that begin with `prefix`, in order.

        Raises:
            ObjectError: no such bucket.
        """
        ...
