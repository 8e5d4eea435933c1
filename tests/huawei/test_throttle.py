"""The token bucket that all threads share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.huawei.throttle import Throttle
from tests.huawei.times import Ticking


def test_a_burst_goes_through_at_once_and_the_rest_at_the_rate() -> None:
    clock = Ticking()
    throttle = Throttle(rate_per_s=10, burst=5, clock=clock)
    for _ in range(5):
        throttle.take()
    assert clock.slept == []
    for _ in range(5):
        throttle.take()
    assert abs(clock.now_s() - 0.5) < 1e-9


def test_a_quiet_time_is_saved_up_to_one_burst_only() -> None:
    clock = Ticking()
    throttle = Throttle(rate_per_s=10, burst=2, clock=clock)
    clock.pass_by(3600)
    for _ in range(3):
        throttle.take()
    assert abs(sum(clock.slept) - 0.1) < 1e-9


def test_nobody_gets_a_turn_while_the_service_asks_to_wait() -> None:
    clock = Ticking()
    throttle = Throttle(rate_per_s=100, burst=100, clock=clock)
    throttle.hold(30)
    throttle.take()
    assert clock.now_s() >= 30


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.integers(1, 20), st.integers(1, 8))
def test_no_stretch_of_time_sees_more_calls_than_rate_and_burst_allow(
    pauses: list[float], rate: int, burst: int
) -> None:
    clock = Ticking()
    throttle = Throttle(rate, burst, clock)
    turns = []
    for pause in pauses:
        clock.pass_by(pause)
        throttle.take()
        turns.append(clock.now_s())
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            assert last - first + 1 <= burst + rate * (turns[last] - turns[first]) + 1e-6
