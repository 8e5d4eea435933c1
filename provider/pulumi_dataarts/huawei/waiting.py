"""Waiting for what a service does in its own time: look, ever slower, tell, and give up at a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from pulumi_dataarts.errors import WaitTimeout
from pulumi_dataarts.huawei.pauses import told_while

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.huawei.clock import Clock

T = TypeVar("T")

TELL_EVERY_S: Final = 10.0
_IT_GOES_ON: Final = "What the service is doing goes on; the next `up` looks at what came of it."


def wait_until(
    look: Callable[[], T | None],
    *,
    what: str,
    deadline_s: float,
    every_s: float,
    clock: Clock,
    tell: Callable[[str], None],
    describe: Callable[[], str] | None = None,
) -> T:
    """Look until `look` returns something, and return that.

    The first looks follow each other quickly; the pause grows to `every_s`. Each `TELL_EVERY_S` one line says
    what is being waited for.

    Args:
        look: returns None as long as there is nothing to see. What it raises ends the wait.
        what: completes "waiting for …" and "… within 60 s", for messages.
        deadline_s: seconds from now.
        every_s: the longest pause between two looks.
        clock: passes the time.
        tell: takes one line for people.
        describe: says how far it is, in the service's own words.

    Raises:
        WaitTimeout: the deadline passed, or the time of the whole operation is up.
        Cancelled: the run was stopped.
    """
    started_s = told_s = clock.now_s()
    pause_s = every_s / 8
    while (seen := look()) is None:
        elapsed_s = clock.now_s() - started_s
        if elapsed_s >= deadline_s:
            raise WaitTimeout(
                f"{what} did not come about within {deadline_s:g} s{_progress(describe)}",
                hint="It may still come: look again, or allow more time (`deadline_s`).",
            )
        if clock.now_s() - told_s >= TELL_EVERY_S:
            told_s = clock.now_s()
            tell(f"waiting for {what}: {elapsed_s:.0f} s{_progress(describe)}")
        _pause(min(pause_s, deadline_s - elapsed_s), clock, what, describe)
        pause_s = min(pause_s * 1.5, every_s)
    return seen


def _pause(seconds: float, clock: Clock, what: str, describe: Callable[[], str] | None) -> None:
    with told_while(lambda: f"waiting for {what}{_progress(describe)}", _IT_GOES_ON):
        clock.sleep(seconds)


def _progress(describe: Callable[[], str] | None) -> str:
    said = describe() if describe else ""
    return f" ({said})" if said else ""
