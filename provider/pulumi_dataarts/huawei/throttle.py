"""How fast one service may be called: a token bucket that all threads of a session share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.clock import Clock


class Throttle:
    """Lets `rate_per_s` calls a second through, `burst` of them at once after a quiet time. Thread-safe.

    A caller is given its turn when it asks and then waits for it, so nobody overtakes.
    """

    def __init__(self, rate_per_s: float, burst: int, clock: Clock) -> None:
        self._interval_s = 1 / rate_per_s
        self._burst_s = (burst - 1) * self._interval_s
        self._clock = clock
        self._lock = threading.Lock()
        self._next_s = clock.now_s() - self._burst_s
        self._held_until_s = clock.now_s()

    def take(self) -> None:
        """Wait for a turn."""
        with self._lock:
            now_s = self._clock.now_s()
            turn_s = max(self._next_s, now_s - self._burst_s)
            self._next_s = turn_s + self._interval_s
            wait_s = max(turn_s, self._held_until_s) - now_s
        self._clock.sleep(wait_s)

    def hold(self, seconds: float) -> None:
        """Give nobody a turn for so long: the service has asked one caller to wait, and means all."""
        with self._lock:
            self._held_until_s = max(self._held_until_s, self._clock.now_s() + seconds)
