"""A large upload: tells how far it is, and ends when the run is stopped, before anything is written.

OBS writes an object whole or not at all, so one that is broken off leaves what was there.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

from pulumi_dataarts.huawei.pauses import told_while
from pulumi_dataarts.huawei.waiting import TELL_EVERY_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.huawei.pauses import Pauses

LARGE_BYTES: Final = 8 * 1024 * 1024
"""What is smaller is sent to its end: it takes no longer than any other call."""
_MIB: Final = 1024 * 1024
_UNWRITTEN: Final = "Nothing of it was written; the next `up` sends it."


class Upload:
    """A body that botocore reads, and rewinds to send it once more."""

    def __init__(self, body: BinaryIO, what: str, *, clock: Pauses, tell: Callable[[str], None]) -> None:
        """Begin at the start of `body`; `what` is where it goes, `tell` takes one line for people."""
        self._body, self._what, self._clock, self._tell = body, what, clock, tell
        self._size_bytes = body.seek(0, io.SEEK_END)
        body.seek(0)
        self._started_s = self._told_s = clock.now_s()

    def read(self, size: int = -1) -> bytes:
        """Return what is to be sent next. Raises Cancelled, and WaitTimeout where the operation's time is up."""
        with told_while(lambda: f"uploading {self._what} ({self._progress()})", _UNWRITTEN):
            self._clock.require_time()
        now_s = self._clock.now_s()
        if now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            self._tell(f"uploading {self._what}: {now_s - self._started_s:.0f} s ({self._progress()})")
        return self._body.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as files do."""
        return self._body.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._body.tell()

    def _progress(self) -> str:
        sent, size = self._body.tell(), self._size_bytes
        return f"{sent / _MIB:.0f} of {size / _MIB:.0f} MiB, {100 * sent // max(size, 1)} %"
