"""A large upload tells how far it is, and ends when the run is stopped."""

from __future__ import annotations

import io

import pytest

from pulumi_dataarts.errors import Cancelled, WaitTimeout
from pulumi_dataarts.huawei.pauses import Pauses
from pulumi_dataarts.huawei.uploads import Upload
from tests.huawei.times import Ticking

MIB = 1024 * 1024


def test_how_far_it_is_is_told_every_ten_seconds() -> None:
    clock, told = Ticking(), list[str]()
    upload = Upload(io.BytesIO(bytes(40 * MIB)), "lake/big", clock=Pauses(clock), tell=told.append)
    while upload.read(MIB):
        clock.pass_by(1)
    assert told == [f"uploading lake/big: {at} s ({at} of 40 MiB, {at * 10 // 4} %)" for at in (10, 20, 30, 40)]


def test_a_stop_ends_it_and_says_how_far_it_was() -> None:
    pauses = Pauses(Ticking())
    upload = Upload(io.BytesIO(bytes(4 * MIB)), "lake/big", clock=pauses, tell=lambda _: None)
    upload.read(MIB)
    pauses.stop()
    with pytest.raises(Cancelled, match=r"stopped, while uploading lake/big \(1 of 4 MiB, 25 %\)") as stopped:
        upload.read(MIB)
    assert "Nothing of it was written" in stopped.value.hint


def test_the_time_of_its_operation_bounds_it() -> None:
    clock = Ticking()
    pauses = Pauses(clock)
    upload = Upload(io.BytesIO(bytes(4 * MIB)), "lake/big", clock=pauses, tell=lambda _: None)
    with pauses.limited(10), pytest.raises(WaitTimeout, match="the 10 s that `custom_timeouts` give"):
        clock.pass_by(11)
        upload.read(MIB)
