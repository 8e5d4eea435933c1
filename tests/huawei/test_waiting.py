"""Waiting for what a service does in its own time."""

from __future__ import annotations

import pytest

from pulumi_dataarts.errors import WaitTimeout
from pulumi_dataarts.huawei.waiting import wait_until
from tests.huawei.times import Ticking


def test_what_is_there_is_returned_without_waiting() -> None:
    clock = Ticking()
    seen = wait_until(lambda: 0, what="it", deadline_s=1, every_s=2, clock=clock, tell=print)
    assert (seen, clock.slept) == (0, [])


def test_looks_come_slower_and_slower_up_to_the_longest_pause() -> None:
    clock = Ticking()
    looks = iter([None] * 12 + ["done"])
    wait_until(lambda: next(looks), what="it", deadline_s=100, every_s=2, clock=clock, tell=lambda _: None)
    assert clock.slept == sorted(clock.slept)
    assert (clock.slept[0], clock.slept[-1]) == (0.25, 2)


def test_a_long_wait_is_told_about_in_the_services_own_words() -> None:
    clock, told = Ticking(), list[str]()
    wait_until(
        lambda: True if clock.now_s() > 25 else None,
        what="run 7",
        deadline_s=60,
        every_s=2,
        clock=clock,
        tell=told.append,
        describe=lambda: "RUNNING",
    )
    assert len(told) == 2
    assert told[0].startswith("waiting for run 7: 1")
    assert told[0].endswith("s (RUNNING)")


def test_the_deadline_is_kept_to_the_second_and_says_how_far_it_got() -> None:
    clock = Ticking()
    with pytest.raises(WaitTimeout, match=r"run 7 did not come about within 33 s \(BOOTING\)"):
        wait_until(
            lambda: None,
            what="run 7",
            deadline_s=33,
            every_s=10,
            clock=clock,
            tell=lambda _: None,
            describe=lambda: "BOOTING",
        )
    assert clock.now_s() == pytest.approx(33)
