"""How fast one service may be called: a token bucket that all threads of a session share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.huawei.clock import Clock

TELL_FROM_S: Final = 2.0
TELL_EVERY_S: Final = 30.0
_ROUNDING_S: Final = 0.001


class Throttle:
    """Lets `rate_per_s` calls a second through, `burst` of them at once after a quiet time. Thread-safe.

    A caller is given its turn when it asks and then waits for it, so nobody overtakes.
    A wait for a turn is told, the first and then one every half minute.
    """

    def __init__(
        self, rate_per_s: float, burst: int, clock: Clock, tell: Callable[[float], None] = lambda wait_s: None
    ) -> None:
        """Begin with a full burst. `tell` is given the wait of the moment, in seconds."""
        self._interval_s = 1 / rate_per_s
        self._burst_s = (burst - 1) * self._interval_s
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._next_s = clock.now_s() - self._burst_s
        self._held_until_s = clock.now_s()
        self._tell_from_s = clock.now_s()

    def take(self) -> None:
        """Wait for a turn."""
        with self._lock:
            now_s = self._clock.now_s()
            turn_s = max(self._next_s, now_s - self._burst_s)
            self._next_s = turn_s + self._interval_s
            wait_s = max(turn_s, self._held_until_s) - now_s
            is_told = turn_s - now_s >= TELL_FROM_S and now_s >= self._tell_from_s
            if is_told:
                self._tell_from_s = now_s + TELL_EVERY_S
        if is_told:
            self._tell(turn_s - now_s)
        self._clock.sleep(wait_s)

    def hold(self, seconds: float) -> bool:
        """Give nobody a turn for so long: the service has asked one caller to wait, and means all.

        Returns:
            Whether this begins a wait; False within one that another caller has begun.
        """
        with self._lock:
            now_s = self._clock.now_s()
            begins = self._held_until_s - now_s < _ROUNDING_S
            self._held_until_s = max(self._held_until_s, now_s + seconds)
            return begins
