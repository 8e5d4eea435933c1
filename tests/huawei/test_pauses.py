"""Waiting ends early when the run is stopped, or when the time of an operation is up; and only waiting."""

from __future__ import annotations

import threading

import pytest

from pulumi_dataarts.errors import Cancelled, WaitTimeout
from pulumi_dataarts.huawei.clock import SystemClock
from pulumi_dataarts.huawei.pauses import SLICE_S, Pauses, told_while
from pulumi_dataarts.huawei.waiting import wait_until
from tests.huawei.times import Ticking


def test_nothing_is_cut_short_by_itself() -> None:
    clock = Ticking()
    Pauses(clock).sleep(7.1)
    assert clock.now_s() == pytest.approx(7.1)


def test_a_stop_ends_a_sleep_at_once_and_every_later_one() -> None:
    pauses, ended = Pauses(SystemClock()), threading.Event()

    def sleeper() -> None:
        with pytest.raises(Cancelled):
            pauses.sleep(60)
        ended.set()

    thread = threading.Thread(target=sleeper)
    thread.start()
    pauses.stop()
    assert ended.wait(5)
    thread.join()
    with pytest.raises(Cancelled):
        pauses.sleep(60)


def test_what_has_to_be_put_right_can_still_be_sent() -> None:
    pauses = Pauses(Ticking())
    pauses.stop()
    pauses.sleep(SLICE_S)
    assert pauses.now_s() == SLICE_S
    with pytest.raises(Cancelled):
        pauses.sleep(SLICE_S * 1.01)


def test_the_time_of_an_operation_is_for_all_its_waits_together() -> None:
    pauses = Pauses(Ticking())
    with pauses.limited(10), pytest.raises(WaitTimeout, match="the 10 s that `custom_timeouts` give"):
        for _ in range(5):
            pauses.sleep(3)
    assert pauses.now_s() == pytest.approx(10, abs=SLICE_S)
    pauses.sleep(100)


def test_the_time_is_that_of_its_thread_alone_and_none_is_no_limit() -> None:
    pauses = Pauses(Ticking())
    other = threading.Thread(target=pauses.sleep, args=(50,))
    with pauses.limited(10):
        other.start()
        other.join()
    assert pauses.now_s() == pytest.approx(50)
    with pauses.limited(0):
        pauses.sleep(1000)


def test_the_message_says_what_was_waited_for_and_how_far_it_was() -> None:
    pauses = Pauses(Ticking())
    with pauses.limited(10), pytest.raises(WaitTimeout) as ended:
        wait_until(
            lambda: None, what="the end of run 7", deadline_s=60, every_s=2, clock=pauses, tell=lambda _: None,
            describe=lambda: "RUNNING",
        )  # fmt: skip
    assert "custom_timeouts" in ended.value.message
    assert ended.value.message.endswith("while waiting for the end of run 7 (RUNNING)")


def test_a_call_that_waits_for_its_turn_says_so_when_it_is_stopped() -> None:
    pauses = Pauses(Ticking())
    pauses.stop()
    with (
        pytest.raises(Cancelled, match="stopped, while create job waited") as ended,
        told_while(lambda: "create job waited", "The next `up` sends it."),
    ):
        pauses.sleep(60)
    assert ended.value.hint == "The next `up` sends it."
