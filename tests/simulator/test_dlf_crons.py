"""When a cron is due: pure functions, no cloud."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.dlf.crons import due_times, first_due

DAY_MS = 86_400_000


def cron(expression: str, zone: str = "GMT+0", **more: str) -> dict[str, Any]:
    return {"expression": expression, "expressionTimeZone": zone, "startTime": "2026-01-01T00:00:00Z", **more}


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def due(read: dict[str, Any], since: str, until: str, most: int = 100) -> list[str]:
    times = due_times(read, ms(since), ms(until), most)
    return [datetime.fromtimestamp(at / 1000, UTC).isoformat()[:16] for at in times]


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("0 30 2 * * ?", "GMT+0", ["2026-01-05T02:30", "2026-01-06T02:30"]),
        ("0 30 2 * * ?", "GMT+8", ["2026-01-05T18:30", "2026-01-06T18:30"]),
        ("0 30 2 * * ?", "UTC-05:30", ["2026-01-05T08:00", "2026-01-06T08:00"]),
        ("0 30 2 * * ?", "Asia/Shanghai", ["2026-01-05T18:30", "2026-01-06T18:30"]),
        ("0 30 2 * * ?", "../Nowhere", ["2026-01-05T02:30", "2026-01-06T02:30"]),
        ("0 0/20 3 ? * 2", "GMT+0", ["2026-01-05T03:00", "2026-01-05T03:20", "2026-01-05T03:40"]),
        ("0 0 4 ? * TUE", "GMT+0", ["2026-01-06T04:00"]),
        ("0 0 4 ? * 2-3", "GMT+0", ["2026-01-05T04:00", "2026-01-06T04:00"]),
        ("0 0 4 ? * 3#1", "GMT+0", ["2026-01-06T04:00"]),
        ("0 0 4 ? * 3L", "GMT+0", []),
        ("0 0 4 6 * ?", "GMT+0", ["2026-01-06T04:00"]),
        ("0 99 4 * * ?", "GMT+0", []),
        ("0 0 4 * * ?", "GMT+99", []),
    ],
)
def test_an_expression_is_read_as_quartz_reads_it(expression: str, zone: str, expected: list[str]) -> None:
    # 5 January 2026 is a Monday.
    assert due(cron(expression, zone), "2026-01-05T00:00:00Z", "2026-01-06T23:59:59Z") == expected


def test_the_last_tuesday_of_a_month() -> None:
    assert due(cron("0 0 4 ? * 3L"), "2026-01-01T00:00:00Z", "2026-02-28T00:00:00Z") == [
        "2026-01-27T04:00",
        "2026-02-24T04:00",
    ]


def test_it_holds_from_its_start_to_its_end_both_included() -> None:
    read = cron("0 0 * * * ?", startTime="2026-01-01T05:00:00+00", endTime="2026-01-01T07:00:00Z")
    assert due(read, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z") == [f"2026-01-01T0{hour}:00" for hour in (5, 6, 7)]
    assert first_due(read, ms("2026-01-01T00:00:00Z")) == ms("2026-01-01T05:00:00Z")
    assert first_due(read, ms("2026-01-01T07:00:00Z")) is None


def test_of_many_the_last_are_kept() -> None:
    assert due(cron("0 0 * * * ?"), "2026-01-01T00:00:00Z", "2026-06-01T00:30:00Z", most=2) == [
        "2026-05-31T23:00",
        "2026-06-01T00:00",
    ]


@pytest.mark.parametrize("start", ["2026-13-01T00:00:00Z", "2026-01-01T00:00:00+99"])
def test_a_date_that_does_not_exist_is_never_due(start: str) -> None:
    read = cron("0 0 * * * ?", startTime=start)
    assert (due_times(read, 0, 10**13, 5), first_due(read, 0)) == ([], None)


@given(
    st.sampled_from(["0 0/7 * * * ?", "0 15 1-5 * * ?", "0 0 3 ? * MON-FRI", "0 0 0 L * ?"]),
    st.integers(0, 60 * DAY_MS),
    st.integers(0, 2 * DAY_MS),
)
def test_what_is_due_first_is_the_first_of_what_is_due(expression: str, after: int, span: int) -> None:
    read, after_ms = cron(expression, "Asia/Shanghai"), ms("2025-12-20T00:00:00Z") + after
    times, first = due_times(read, after_ms + 1, after_ms + span, 10_000), first_due(read, after_ms)
    assert times[:1] == ([first] if first is not None and first <= after_ms + span else [])
    assert times == sorted(set(times))
