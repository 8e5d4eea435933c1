"""The cloud's clock.

Everything that takes time in the embedded cloud (a run, an import task, a token's life) is a function of a
recorded start and of `now`, worked out when it is read. There are no background threads, so it survives a
restart and a test can move time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """Tells the time. All times are seconds since 1970 (UTC), as a float."""

    def now(self) -> float:
        """Return the current time in seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the machine's time in seconds."""
        return time.time()


class ManualClock:
    """A clock that a test can move forward, and stop.

    It runs with the machine's clock until `freeze` is called; `advance` works in both cases.
    """

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """Return the machine's time, or the moment of `freeze`, plus all that was advanced."""
        base = time.time() if self._frozen_at is None else self._frozen_at
        return base + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Move the clock forward; it never goes back."""
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        self._ahead_s += seconds

    def freeze(self) -> None:
        """Stop the clock where it stands."""
        self._frozen_at = self.now() - self._ahead_s

    def restart(self) -> None:
        """Run with the machine's clock again, in step with it."""
        self._ahead_s = 0.0
        self._frozen_at = None


def second_ms(at: datetime) -> int:
    """Return the whole second that a moment lies in, in milliseconds since 1970."""
    return int(at.timestamp()) * 1000


def milliseconds(seconds: float) -> int:
    """Return a time as the services write it: whole milliseconds since 1970."""
    return int(seconds * 1000)
