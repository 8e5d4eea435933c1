"""A clock whose sleep ends early: when somebody stops the run, or when the time that an operation was given is up.

Only waiting ends. A call under way is answered, and what has to be put right afterwards can still be sent: a sleep of
a quarter of a second or less is never cut short.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.errors import Cancelled, WaitTimeout

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.clock import Clock

SLICE_S: Final = 0.25


@contextmanager
def told_while(doing: Callable[[], str], hint: str) -> Iterator[None]:
    """Say what is broken off, where a stop or the end of an operation's time ends it; `doing` completes "while …"."""
    try:
        yield
    except (Cancelled, WaitTimeout) as error:
        raise type(error)(f"{error.message}, while {doing()}", hint=error.hint or hint) from None


class Pauses:
    """A `Clock` for all waiting of one session. Thread-safe; an operation has a thread of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stopped = threading.Event()
        self._operation = threading.local()

    def now_s(self) -> float:
        """Return the time of the clock beneath."""
        return self._clock.now_s()

    def wall_ms(self) -> int:
        """Return the wall time of the clock beneath."""
        return self._clock.wall_ms()

    def stop(self) -> None:
        """End every wait of the session, now and from now on."""
        self._stopped.set()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Give this thread's waits so much time, all together; 0 is no limit."""
        self._operation.limit_s = seconds
        self._operation.until_s = self.now_s() + seconds if seconds else None
        try:
            yield
        finally:
            self._operation.until_s = None

    def sleep(self, seconds: float) -> None:
        """Sleep.

        Raises:
            Cancelled: somebody stopped the run.
            WaitTimeout: this thread's time is up.
        """
        left_s = seconds
        while left_s > SLICE_S:
            self.require_time()
            self._clock.sleep(SLICE_S)
            left_s -= SLICE_S
        self._clock.sleep(left_s)

    def require_time(self) -> None:
        """Raise what a sleep would: Cancelled, or WaitTimeout."""
        if self._stopped.is_set():
            raise Cancelled("stopped")
        until_s = getattr(self._operation, "until_s", None)
        if until_s is not None and self.now_s() >= until_s:
            raise WaitTimeout(
                f"the {self._operation.limit_s:g} s that `custom_timeouts` give this operation are over",
                hint="Allow more, or look at what it waits for.",
            )
