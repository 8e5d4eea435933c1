"""CDM's own schedules: when one is due, and the runs that come of it by the cloud's clock.

Source: CDM API "Job Parameter Description".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.cdm import schedules
from tests.simulator.cdm_calls import BASE, job, make_links, values

if TYPE_CHECKING:
    import httpx

    from pulumi_dataarts.simulator.cdm.schedules import Schedule
    from pulumi_dataarts.simulator.testing import RunningCloud

HOUR_S = 3600


def schedule(cycle_type: str, **inputs: str) -> Schedule | None:
    settings = {"isSchedulerJob": "true", "cycleType": cycle_type, "startDate": "2026-01-05 01:30:00", **inputs}
    return schedules.read(lambda name: settings.get(name, ""))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def due(read: Schedule | None, since: str, until: str, most: int = 20) -> list[str]:
    assert read is not None
    times = schedules.due_times(read, ms(since), ms(until), most)
    return [datetime.fromtimestamp(at / 1000, UTC).isoformat()[5:16] for at in times]


@pytest.mark.parametrize(
    ("cycle_type", "inputs", "expected"),
    [
        ("minute", {"cycle": "10"}, ["01-06T23:40", "01-06T23:50", "01-07T00:00"]),
        ("hour", {"cycle": "12"}, ["01-05T13:30", "01-06T01:30", "01-06T13:30"]),
        ("hour", {"cycle": "1", "runAt": "57,27"}, ["01-06T22:57", "01-06T23:27", "01-06T23:57"]),
        ("hour", {"cycle": "8", "runAt": "0"}, ["01-06T01:00", "01-06T09:00", "01-06T17:00"]),
        ("day", {"cycle": "1"}, ["01-05T01:30", "01-06T01:30"]),
        ("day", {}, ["01-05T01:30", "01-06T01:30"]),
        ("day", {"cycle": "2"}, ["01-05T01:30"]),
        ("week", {"runAt": "tue, wed"}, ["01-06T01:30"]),
        ("week", {}, ["01-05T01:30"]),
        ("month", {"runAt": "6,7"}, ["01-06T01:30"]),
        ("month", {}, ["01-05T01:30"]),
        ("day", {"stopDate": "2026-01-05 12:00:00"}, ["01-05T01:30"]),
    ],
)
def test_a_schedule_is_due_as_the_page_says(cycle_type: str, inputs: dict[str, str], expected: list[str]) -> None:
    # 5 January 2026 is a Monday.
    assert due(schedule(cycle_type, **inputs), "2026-01-01T00:00:00", "2026-01-07T00:00:00")[-3:] == expected


def test_a_day_that_a_month_has_not_is_left_out() -> None:
    monthly = schedule("month", runAt="31")
    assert due(monthly, "2026-01-01T00:00:00", "2026-06-01T00:00:00") == ["01-31T01:30", "03-31T01:30", "05-31T01:30"]
    february = schedule("month", cycle="12", runAt="30", startDate="2026-02-01 00:00:00")
    assert february is not None
    assert schedules.first_due(february, 0) is None


@pytest.mark.parametrize(
    "inputs",
    [
        {"isSchedulerJob": "false"},
        {"cycleType": "year"},
        {"cycle": "often"},
        {"cycleType": "week", "runAt": "someday"},
        {"cycleType": "hour", "runAt": "60"},
        {"startDate": ""},
        {"startDate": "tomorrow"},
        {"stopDate": "2026-13-01 00:00:00"},
    ],
)
def test_what_cannot_be_read_is_never_due(inputs: dict[str, str]) -> None:
    settings = {"isSchedulerJob": "true", "cycleType": "day", "startDate": "2026-01-05 01:30:00", **inputs}
    assert schedules.read(lambda name: settings.get(name, "")) is None


@given(
    cycle_type=st.sampled_from(["minute", "hour", "day", "week", "month"]),
    cycle=st.integers(1, 40),
    minutes=st.integers(0, 400 * 1440),
)
def test_the_first_and_the_last_due_times_agree(cycle_type: str, cycle: int, minutes: int) -> None:
    read = schedule(cycle_type, cycle=str(cycle))
    assert read is not None
    after = ms("2025-12-01T00:00:00") + minutes * 60_000
    first = schedules.first_due(read, after)
    assert first is not None
    assert first > after
    assert schedules.due_times(read, after + 1, first, 5) == [first]


@given(st.datetimes().map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S")), st.integers(0, 10**12))
def test_no_date_or_cycle_breaks_it(start: str, cycle: int) -> None:
    for cycle_type in ("minute", "hour", "day", "week", "month"):
        read = schedule(cycle_type, cycle=str(cycle), startDate=start)
        if read is not None and (first := schedules.first_due(read, ms("2026-01-01T00:00:00"))) is not None:
            assert schedules.due_times(read, first, first, 5) == [first]


def scheduled(name: str = "orders", **inputs: str) -> dict[str, Any]:
    """Return the body of a job that runs every hour."""
    settings = {
        "isSchedulerJob": "true",
        "cycleType": "hour",
        "cycle": "1",
        "startDate": "2020-01-01 00:00:00",
        **inputs,
    }
    return job(name, **{"driver-config-values": values("schedulerConfig", settings)})


def history(http: httpx.Client, name: str = "orders") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = http.get(f"{BASE}/submissions?jname={name}&page_size=100").json()["submissions"]
    return listed


@pytest.fixture
def cdm(http: httpx.Client, cloud: RunningCloud) -> httpx.Client:
    cloud.freeze()
    make_links(http)
    return http


def test_a_job_runs_by_its_schedule(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled())
    assert history(cdm) == []
    cloud.advance(3 * HOUR_S)
    runs = history(cdm)
    assert [run["status"] for run in runs] == ["SUCCEEDED"] * 3
    assert [run["is-execute-auto"] for run in runs] == [True] * 3
    assert [run["creation-date"] % (HOUR_S * 1000) for run in runs] == [0] * 3
    assert cdm.get(f"{BASE}/job/orders").json()["jobs"][0]["status"] == "SUCCEEDED"


def test_a_run_by_hand_is_no_scheduled_one(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled())
    cdm.put(f"{BASE}/job/orders/start")
    cloud.advance(10)
    assert [run["is-execute-auto"] for run in history(cdm)] == [False]


def test_nothing_is_started_while_a_run_is_under_way(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled(cycleType="minute"))
    cloud.advance(5 * 60)
    count = len(history(cdm))
    assert count == 5
    started = cdm.put(f"{BASE}/job/orders/start").json()["submissions"][0]
    assert started["status"] == "BOOTING"
    cloud.advance(0.05)
    assert len(history(cdm)) == count + 1


def test_an_update_ends_a_schedule_and_so_does_a_delete(cdm: httpx.Client, cloud: RunningCloud) -> None:
    for name in ("orders", "refunds"):
        cdm.post(f"{BASE}/job", json=scheduled(name))
    cdm.put(f"{BASE}/job/orders", json=scheduled(isSchedulerJob="false"))
    cdm.delete(f"{BASE}/job/refunds")
    cdm.post(f"{BASE}/job", json=job("refunds"))
    cloud.advance(2 * HOUR_S)
    assert history(cdm) == history(cdm, "refunds") == []


def test_a_renamed_job_keeps_its_schedule(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled())
    cdm.put(f"{BASE}/job/orders", json=scheduled("orders2"))
    cloud.advance(2 * HOUR_S)
    assert len(history(cdm, "orders2")) == 2


def test_a_disabled_job_is_never_due(cdm: httpx.Client, cloud: RunningCloud) -> None:
    body = scheduled()
    body["jobs"][0]["enabled"] = False
    cdm.post(f"{BASE}/job", json=body)
    cloud.advance(2 * HOUR_S)
    assert history(cdm) == []


def test_a_look_makes_the_last_twenty(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled(cycleType="minute"))
    cloud.advance(3 * HOUR_S)
    assert len(history(cdm)) == 20


def test_a_job_that_is_deleted_after_its_run_runs_once(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled(disposableType="DELETE"))
    cloud.advance(3 * HOUR_S)
    assert cdm.get(f"{BASE}/job/orders").status_code == 400


def test_a_stopped_cluster_starts_nothing(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled())
    cluster = BASE.removesuffix("/cdm")
    cdm.post(f"{cluster}/action", json={"stop": {}})
    cloud.advance(2 * HOUR_S)
    cdm.post(f"{cluster}/action", json={"start": {}})
    cloud.advance(1)
    assert history(cdm) == []
    cloud.advance(HOUR_S)
    assert len(history(cdm)) == 1


def test_the_console_tells_the_next_run_and_which_runs_were_scheduled(cdm: httpx.Client, cloud: RunningCloud) -> None:
    cdm.post(f"{BASE}/job", json=scheduled(startDate="2099-01-01 06:30:00"))
    page = "/console/cdm/job?cluster=embedded&name=orders"
    assert "2099-01-01 06:30:00 UTC" in cdm.get(page).text
    cdm.put(f"{BASE}/job/orders", json=scheduled())
    cloud.advance(HOUR_S)
    cdm.put(f"{BASE}/job/orders/start")
    assert cdm.get(page).text.count("by schedule") == 1


def test_a_job_that_retries_fails_after_four_tries(cdm: httpx.Client, cloud: RunningCloud) -> None:
    retrying = job(**{"driver-config-values": values("retryJobConfig", {"retryJobType": "RETRY_TRIPLE"})})
    cdm.post(f"{BASE}/job", json=retrying)
    outcomes = []
    for times in (3, 4):
        cloud.fault("task-fails", task="orders", times=times)
        cdm.put(f"{BASE}/job/orders/start")
        cloud.advance(10)
        outcomes.append(cdm.get(f"{BASE}/job/orders/status").json()["submissions"][0]["status"])
    assert outcomes == ["SUCCEEDED", "FAILED"]
