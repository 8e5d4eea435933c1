"""States that change by themselves, as data: when each one begins.

A job that was started at 1000 and needs 100 ms to come up has the timeline `[(1000, "STARTING"), (1100, "NORMAL")]`
from the start on: nothing has to run for it to come up, and it does so across a restart too. Times are milliseconds
since 1970.
"""

from __future__ import annotations

from typing import TypeAlias

from pulumi_dataarts.simulator.clock import milliseconds

# (when it begins, the state), by time; as JSON the pairs come back as lists.
Timeline: TypeAlias = list[tuple[int, str]]


def begin(now_ms: int, state: str) -> Timeline:
    """Return the timeline of something that is in `state` since now."""
    return [(now_ms, state)]


def state_at(timeline: Timeline, now_ms: int) -> str:
    """Return the state at `now_ms`; before the first entry, the first state."""
    return _current(timeline, now_ms)[1]


def since(timeline: Timeline, now_ms: int) -> int:
    """Return when the state at `now_ms` began."""
    return _current(timeline, now_ms)[0]


def entered(timeline: Timeline, state: str, now_ms: int) -> int | None:
    """Return when `state` was last entered, or None if it was not, up to `now_ms`."""
    return next((at for at, name in reversed(timeline) if name == state and at <= now_ms), None)


def turn(timeline: Timeline, now_ms: int, *phases: tuple[float, str]) -> Timeline:
    """Return the timeline after something happened now: what had not happened yet no longer will.

    Args:
        timeline: until now.
        now_ms: when it happened.
        phases: (seconds since the phase before began, or since now; the state it begins).
    """
    turned = [(at, state) for at, state in timeline if at <= now_ms]
    at_ms = now_ms
    for delay_s, state in phases:
        at_ms += milliseconds(delay_s)
        turned.append((at_ms, state))
    return turned


def _current(timeline: Timeline, now_ms: int) -> tuple[int, str]:
    past = [entry for entry in timeline if entry[0] <= now_ms]
    at_ms, state = past[-1] if past else timeline[0]
    return at_ms, state
