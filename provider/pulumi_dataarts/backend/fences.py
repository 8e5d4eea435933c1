"""The view of a bucket that the holder of a lease writes through, and that refuses once the lease is held no more.

What decides what happens next, the frames of the journal and the checkpoint, is written only if nobody was faster: a
frame is created where there is none, a checkpoint takes the place of the version that was read. Where a bucket does not
honour the latter, the lease is looked at just before: then a holder that is stopped between that look and its write,
for longer than its lease lasts, can still put its checkpoint over that of its successor.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pulumi_dataarts.backend.blobs import Listed, Log
from pulumi_dataarts.backend.conditions import Conditions, create
from pulumi_dataarts.backend.s3 import S3Blobs, S3Log, places
from pulumi_dataarts.errors import Corrupt, LockHeld, StateError


class Held(Protocol):
    """The lease that a fence asks: `require` by our own clock, `confirm` by looking. Both raise LockHeld."""

    generation: int

    def require(self) -> None:
        """Make sure that nobody can have taken it."""
        ...

    def confirm(self) -> None:
        """Make sure that nobody has taken it."""
        ...


if TYPE_CHECKING:
    from pulumi_dataarts.backend.blobs import Blobs


class FencedBlobs:
    """A bucket under a lease. Every writing method raises LockHeld once the lease is lost."""

    def __init__(self, blobs: S3Blobs, conditions: Conditions, lease: Held) -> None:
        self.url = blobs.url
        self._blobs = blobs
        self._conditions = conditions
        self._lease = lease
        self._tags: dict[str, str] = {}
        # Counted here and never looked up: what else is there at the next place is a seal.
        self._places = places(lease.generation)

    @property
    def folder(self) -> Path | None:
        """None: a bucket has no folder here."""
        return None

    def read(self, key: str) -> bytes | None:
        """Return the content, and remember which version it is."""
        found = self._blobs.look(key)
        if found is None:
            self._tags.pop(key, None)
            return None
        self._tags[key] = found.tag
        return found.data

    def write(self, key: str, data: bytes) -> None:
        """Replace the version that was read last; what was never read here, whatever it is.

        Raises:
            StateError: another version is there by now.
        """
        self._lease.require()
        tag = self._tags.pop(key, "")
        if not tag or not self._conditions.exchanges:
            self._lease.confirm()
            self._blobs.write(key, data)
        elif not self._blobs.exchange(key, data, tag):
            self._lease.confirm()
            raise StateError(
                f"{key} in {self.url} was changed by somebody else while this run was at work",
                hint="Nothing was overwritten. `dataarts state repair` joins the journal of this run with that state.",
            )

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens where there is none."""
        self._lease.require()
        self._blobs.delete(key)

    def find(self, prefix: str) -> list[Listed]:
        """Return the keys that start with the prefix, at any depth, sorted."""
        return self._blobs.find(prefix)

    def open_log(self, key: str) -> Log:
        """Start an empty log; what was there goes once its first frame stands."""
        return S3Log(self._blobs, key, self._places, self._create, is_new=True)

    def continue_log(self, key: str, whole: bytes) -> Log:
        """Go on with a log under this lease."""
        return S3Log(self._blobs, key, self._places, self._create, is_new=False)

    def read_log(self, key: str) -> bytes:
        """Return all frames of a log, joined. What a successor removes meanwhile is no damage: LockHeld then."""
        try:
            return self._blobs.read_log(key)
        except Corrupt:
            self._lease.confirm()
            raise

    def delete_log(self, key: str) -> None:
        """Remove a log."""
        self._lease.require()
        self._blobs.delete_log(key)

    def _create(self, key: str, data: bytes) -> None:
        self._lease.require()
        if not create(self._blobs, self._conditions, key, data):
            raise LockHeld(
                f"this run has lost its stack: somebody else took over and sealed its journal ({key} in {self.url})",
                hint="What it did up to here is kept. See who works on the stack, and run it again.",
            )


if TYPE_CHECKING:
    _is_blobs: type[Blobs] = FencedBlobs
