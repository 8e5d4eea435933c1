"""Time, so that tests control it. All waits and deadlines of the client rooms go through a `Clock`."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What passes for time."""

    def now_s(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970, as services write them."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let the calling thread wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_s(self) -> float:
        """Return the monotonic clock."""
        return time.monotonic()

    def wall_ms(self) -> int:
        """Return the wall clock."""
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        """Sleep; nothing at or below zero."""
        if seconds > 0:
            time.sleep(seconds)
