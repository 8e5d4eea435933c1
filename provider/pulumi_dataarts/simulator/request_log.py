"""What was asked of the cloud lately, for tests and for the curious."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

LOG_LENGTH: Final = 10_000


@dataclass(frozen=True)
class Served:
    """One request.

    Attributes:
        time: the cloud's, in seconds.
        fault: the kind of the one that struck, or empty.
        operation: such as `cdm.create_job`; empty for OBS, and for a path that no route serves.
        agent: what the caller calls itself, its `User-Agent`.
    """

    time: float
    service: str
    method: str
    path: str
    status: int
    fault: str
    request_id: str
    operation: str = ""
    agent: str = ""


class RequestLog:
    """The last requests, oldest first, and how many there were since the start or the last reset."""

    def __init__(self) -> None:
        self._served: deque[Served] = deque(maxlen=LOG_LENGTH)
        self._lock = threading.Lock()
        self.total = 0

    def add(self, served: Served) -> None:
        """Note a request that has been answered; both endpoints do, on threads of their own."""
        with self._lock:
            self._served.append(served)
            self.total += 1

    def last(self, count: int) -> list[Served]:
        """Return the last `count` requests."""
        with self._lock:
            return list(self._served)[-count:] if count > 0 else []

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._served.clear()
            self.total = 0
