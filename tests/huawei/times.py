"""A clock that passes only when somebody waits."""

from __future__ import annotations

import threading


class Ticking:
    """Starts at 2024-01-02T03:04:05Z. `slept` holds every wait, in seconds."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._passed_s = 0.0
        self._lock = threading.Lock()

    def now_s(self) -> float:
        with self._lock:
            return self._passed_s

    def wall_ms(self) -> int:
        return 1_704_164_645_000 + int(self.now_s() * 1000)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            with self._lock:
                self.slept.append(seconds)
                self._passed_s += seconds

    def pass_by(self, seconds: float) -> None:
        with self._lock:
            self._passed_s += seconds
