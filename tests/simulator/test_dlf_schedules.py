"""Jobs on a CRON schedule have instances as the cloud's time passes. The clock is moved by hand, from a midnight on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.embedded import EmbeddedCloud
from pulumi_dataarts.simulator.faults import Fault
from pulumi_dataarts.simulator.http import Request
from pulumi_dataarts.simulator.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S, DAY_S = 3600, 86_400
MIDNIGHT_S = 1_800_000_000 // DAY_S * DAY_S


class _Clock(ManualClock):
    """Stands at a midnight until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self._frozen_at = MIDNIGHT_S


class Factory:
    """A cloud without sockets, asked past its gateway."""

    def __init__(self, data: Path, clock: ManualClock) -> None:
        self.cloud = EmbeddedCloud(data, Settings(boot_s=60, run_s=120), clock)
        self._handlers = {route.operation: route.handler for route in self.cloud.routes if route.service == "dlf"}

    def __call__(self, operation: str, name: str = "orders", body: Any = b"", store: Any = None, **query: str) -> Any:
        content = json.dumps(body).encode() if body else b""
        request = Request("", "", query, params={"job_name": name}, body=content, project_id="p", user="me")
        context = self.cloud.context if store is None else replace(self.cloud.context, store=store)
        with self.cloud.context.store.transaction():
            answer = self._handlers[operation](request, context)
        body = answer.body
        return json.loads(body.text) if hasattr(body, "text") else body

    def create(self, name: str = "orders", policy: str = "FAIL", **cron: Any) -> dict[str, Any]:
        node = {"name": "a", "type": "Dummy", "location": {"x": 1, "y": 2}, "properties": [], "failPolicy": policy}
        cron = {"startTime": at(0), "expression": "0 0 * * * ?", "expressionTimeZone": "GMT+8", **cron}
        body = {"name": name, "processType": "BATCH", "nodes": [node], "schedule": {"type": "CRON", "cron": cron}}
        self("create_job", body=body)
        return body

    def runs(self, name: str = "orders") -> list[float]:
        """Return when the job's instances were planned, in hours after the midnight, oldest first."""
        listed = self("list_job_instances", jobName=name, preciseQuery="true", limit="1000")["instances"]
        return [(entry["planTime"] / 1000 - MIDNIGHT_S) / HOUR_S for entry in reversed(listed)]

    def advance(self, hours: float) -> None:
        clock = self.cloud.clock
        assert isinstance(clock, ManualClock)
        clock.advance(hours * HOUR_S)

    def status(self, name: str = "orders") -> str:
        (entry,) = self("list_jobs", jobName=name)["jobs"]
        return str(entry["status"])


def at(hours: float) -> str:
    """Return a time of so many hours after the midnight, as a cron has it."""
    return datetime.fromtimestamp(MIDNIGHT_S + hours * HOUR_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def factory(tmp_path: Path) -> Any:
    factory = Factory(tmp_path, _Clock())
    yield factory
    factory.cloud.close()


def test_a_started_job_runs_whenever_it_is_due(factory: Factory) -> None:
    factory.create()
    factory.advance(2.5)
    assert factory.runs() == []
    factory("start_job")
    factory.advance(0.4)
    assert factory.runs() == []
    factory.advance(0.1)
    assert factory.runs() == [3]
    factory.advance(2)
    assert (factory.runs(), factory.runs()) == ([3, 4, 5], [3, 4, 5])


def test_an_instance_goes_through_the_states_of_any_run_from_the_time_it_was_due(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    factory.advance(1 + 30 / HOUR_S)
    (entry,) = factory("list_job_instances")["instances"]
    assert (entry["status"], entry["instanceType"], entry["planTime"]) == ("waiting", 0, (MIDNIGHT_S + HOUR_S) * 1000)
    factory.advance(60 / HOUR_S)
    assert factory("list_job_instances")["instances"][0]["status"] == "running"
    factory.advance(1)
    late, early = factory("list_job_instances")["instances"]
    assert (early["status"], early["endTime"] - early["planTime"], late["status"]) == ("success", 180_000, "running")
    (listed,) = factory("list_jobs")["jobs"]
    assert (listed["status"], listed["lastInstanceStatus"]) == ("SCHEDULING", "running")


def test_nothing_runs_before_the_start_or_after_the_end_of_the_schedule(factory: Factory) -> None:
    factory.create(startTime=at(3), endTime=at(5))
    factory("start_job")
    factory.advance(2.5)
    assert factory.runs() == []
    factory.advance(20)
    assert factory.runs() == [3, 4, 5]


def test_a_stopped_job_keeps_what_ran_and_runs_no_more_until_it_is_started(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    factory.advance(2.5)
    factory("stop_job")
    factory.advance(3)
    assert factory.runs() == [1, 2]
    factory("start_job")
    factory.advance(1)
    assert factory.runs() == [1, 2, 6]


def test_a_job_without_a_cron_is_on_schedule_and_never_due(factory: Factory) -> None:
    body = {**factory.create(), "schedule": {"type": "CRON"}}
    factory("update_job", body=body)
    factory("start_job")
    factory.advance(30)
    assert (factory.runs(), factory.status()) == ([], "SCHEDULING")


def test_an_edit_holds_from_then_on_under_the_new_name_too(factory: Factory) -> None:
    body = factory.create()
    factory("start_job")
    factory.advance(1.5)
    body["schedule"]["cron"]["expression"] = "0 30 * * * ?"
    factory("update_job", body={**body, "name": "renamed"})
    factory.advance(2)
    assert (factory.runs(), factory.runs("renamed")) == ([1], [2.5, 3.5])


def test_a_deleted_job_runs_no_more_nor_does_a_namesake_that_was_not_started(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    factory.advance(1.5)
    factory("delete_job")
    factory.create()
    factory.advance(5)
    assert factory.runs() == [1]


def test_a_look_makes_the_last_hundred(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    factory.advance(150.5)
    assert factory.runs() == list(range(51, 151))
    factory.advance(1)
    assert len(factory.runs()) == 101


def test_moving_the_clock_by_its_call_is_a_look(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    for _ in range(2):
        body = b'{"advance": %d}' % (90 * HOUR_S)
        moved = factory.cloud.answer(Request("POST", "/_embedded/clock", headers={"host": "localhost:1"}, body=body))
        assert moved.status == 200
    assert factory.runs() == list(range(1, 181))


def test_jobs_take_turns_in_the_order_of_their_times(factory: Factory) -> None:
    for name, minute in (("late", 40), ("early", 20)):
        factory.create(name, expression=f"0 {minute} * * * ?")
        factory("start_job", name)
    factory.advance(2)
    listed = factory("list_job_instances")["instances"]
    assert [entry["jobName"] for entry in reversed(listed)] == ["early", "late", "early", "late"]


def test_a_failure_under_the_policy_suspend_ends_the_schedule_when_it_came(factory: Factory) -> None:
    factory.create(policy="SUSPEND")
    factory.cloud.faults.add(Fault("task-fails", task="orders", skip=1, times=1))
    factory("start_job")
    factory.advance(5)
    assert (factory.runs(), factory.status()) == ([1, 2], "PAUSED")
    factory("start_job")
    factory.advance(1)
    assert (factory.runs(), factory.status()) == ([1, 2, 6], "SCHEDULING")


def test_it_goes_on_after_a_restart_and_makes_up_for_the_time_between(factory: Factory, tmp_path: Path) -> None:
    factory.create()
    factory("start_job")
    factory.advance(1.5)
    assert factory.runs() == [1]
    factory.cloud.close()
    again = Factory(tmp_path, factory.cloud.clock)  # type: ignore[arg-type]
    again.advance(2)
    assert again.runs() == [1, 2, 3]
    again.cloud.close()


def test_a_look_into_the_past_makes_nothing(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    past = factory.cloud.context.store.view()
    factory.advance(1.5)
    assert factory("list_job_instances", store=past)["instances"] == []
    past.close()
    assert factory.runs() == [1]


def test_the_console_shows_what_came_due(factory: Factory) -> None:
    factory.create()
    factory("start_job")
    factory.advance(1.5)
    assert factory.cloud.answer(Request("GET", "/", headers={"host": "127.0.0.1"})).status == 200
    assert factory.cloud.context.store.count("dlf.instance", "p/default") == 1
