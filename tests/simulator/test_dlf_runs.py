"""What takes time in DataArts Factory: scheduling, real-time jobs, instances. The clock is moved by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dgc

BOOT_S, RUN_S = 0.1, 0.3


@pytest.fixture(autouse=True)
def stopped_clock(cloud: Any) -> None:
    cloud.freeze()


@pytest.fixture
def factory(cloud: Any) -> Any:
    return sdk.factory(cloud)


def create(factory: Any, name: str, kind: str = "BATCH", schedule: str = "CRON", **node: Any) -> None:
    only = dgc.Node(name="a", type="Dummy", location=dgc.Location(x=1, y=2), properties=[], **node)
    body = dgc.JobInfo(name=name, process_type=kind, schedule=dgc.Schedule(type=schedule), nodes=[only])
    factory.create_job(dgc.CreateJobRequest(body=body))


def status(factory: Any, name: str, kind: str = "BATCH") -> str:
    (entry,) = factory.list_jobs(dgc.ListJobsRequest(job_name=name, job_type=kind)).jobs
    return str(entry.status)


def instances(factory: Any, **query: Any) -> list[Any]:
    return list(factory.list_job_instances(dgc.ListJobInstancesRequest(**query)).instances)


def run(factory: Any, name: str = "orders") -> int:
    return int(factory.run_once(dgc.RunOnceRequest(job_name=name)).instance_id)


def detail(factory: Any, instance_id: int) -> Any:
    request = dgc.ShowJobInstanceRequest(job_name="orders", instance_id=instance_id)
    return factory.show_job_instance(request)


def test_a_batch_job_is_scheduled_at_once_and_stopped_at_once(factory: Any) -> None:
    create(factory, "orders")
    params = dgc.StartJobReq(job_params=[dgc.JobParam(name="day", value="1")])
    assert factory.start_job(dgc.StartJobRequest(job_name="orders", body=params)).status_code == 204
    assert status(factory, "orders") == "SCHEDULING"
    assert factory.stop_job(dgc.StopJobRequest(job_name="orders")).status_code == 204
    assert status(factory, "orders") == "STOPPED"


def test_a_faulty_start_parameter_is_refused(factory: Any) -> None:
    create(factory, "orders")
    params = dgc.StartJobReq(job_params=[dgc.JobParam(name="a.b", value="1")])
    assert sdk.refusal(factory.start_job, dgc.StartJobRequest(job_name="orders", body=params)) == (400, "DLF.3051")
    assert status(factory, "orders") == "STOPPED"


def test_a_real_time_job_takes_its_time_up_and_down(cloud: Any, factory: Any) -> None:
    create(factory, "stream", "REAL_TIME")
    factory.start_job(dgc.StartJobRequest(job_name="stream"))
    assert status(factory, "stream", "REAL_TIME") == "STARTING"
    cloud.advance(BOOT_S)
    read = factory.show_job_status(dgc.ShowJobStatusRequest(job_name="stream"))
    (only,) = read.nodes
    assert (read.name, read.status, only.status, only.node_type) == ("stream", "NORMAL", "NORMAL", "Dummy")
    assert read.starttime
    factory.stop_job(dgc.StopJobRequest(job_name="stream"))
    assert status(factory, "stream", "REAL_TIME") == "STOPPING"
    cloud.advance(BOOT_S)
    assert status(factory, "stream", "REAL_TIME") == "STOPPED"


def test_a_real_time_job_that_fails_is_an_exception(cloud: Any, factory: Any) -> None:
    create(factory, "stream", "REAL_TIME")
    cloud.fault("task-fails", task="stream")
    factory.start_job(dgc.StartJobRequest(job_name="stream"))
    cloud.advance(BOOT_S)
    assert status(factory, "stream", "REAL_TIME") == "EXCEPTION"


def test_a_started_job_goes_on_where_it_is_when_started_again(cloud: Any, factory: Any) -> None:
    create(factory, "stream", "REAL_TIME")
    factory.start_job(dgc.StartJobRequest(job_name="stream"))
    cloud.advance(BOOT_S)
    factory.start_job(dgc.StartJobRequest(job_name="stream"))
    assert status(factory, "stream", "REAL_TIME") == "NORMAL"


def test_a_batch_job_has_no_running_status(factory: Any) -> None:
    create(factory, "orders")
    assert sdk.refusal(factory.show_job_status, dgc.ShowJobStatusRequest(job_name="orders")) == (400, "DLF.3051")


def test_an_instance_waits_runs_and_succeeds(cloud: Any, factory: Any) -> None:
    create(factory, "orders")
    number = run(factory)
    assert detail(factory, number).status == "waiting"
    cloud.advance(BOOT_S)
    assert (detail(factory, number).status, detail(factory, number).end_time) == ("running", None)
    cloud.advance(RUN_S)
    done = detail(factory, number)
    (only,) = done.nodes
    assert (done.status, done.total, only.node_name, only.status) == ("success", 1, "a", "success")
    assert done.end_time - done.start_time == RUN_S * 1000
    (entry,) = factory.list_jobs(dgc.ListJobsRequest()).jobs
    assert (entry.last_instance_status, entry.last_instance_end_time) == ("success", done.end_time)


def test_each_run_is_an_instance_and_the_latest_comes_first(factory: Any) -> None:
    create(factory, "orders")
    numbers = [run(factory) for _ in range(3)]
    assert [entry.instance_id for entry in instances(factory)] == numbers[::-1]
    assert [entry.instance_id for entry in instances(factory, limit=1, offset=1)] == [numbers[1]]


def test_instances_are_found_by_name_state_type_and_time(cloud: Any, factory: Any) -> None:
    create(factory, "orders")
    create(factory, "orders_daily")
    first = run(factory)
    cloud.advance(BOOT_S + RUN_S)
    second = run(factory, "orders_daily")
    found = {entry.instance_id for entry in instances(factory, job_name="orders")}
    assert found == {first, second}
    assert [entry.instance_id for entry in instances(factory, job_name="orders", precise_query=True)] == [first]
    assert [entry.instance_id for entry in instances(factory, status="success")] == [first]
    assert [entry.instance_id for entry in instances(factory, instance_type=2)] == [second, first]
    assert instances(factory, instance_type=7) == []
    planned = instances(factory, job_name="orders", precise_query=True)[0].plan_time
    assert [entry.instance_id for entry in instances(factory, min_plan_time=planned)] == [second]
    assert [entry.instance_id for entry in instances(factory, max_plan_time=planned + 1)] == [first]


def test_a_stopped_instance_stays_stopped_until_it_is_restarted(cloud: Any, factory: Any) -> None:
    create(factory, "orders")
    number = run(factory)
    cloud.advance(BOOT_S)
    stop = dgc.StopJobInstanceRequest(job_name="orders", instance_id=number)
    assert factory.stop_job_instance(stop).status_code == 204
    cloud.advance(60)
    assert detail(factory, number).status == "manual-stop"
    restart = dgc.RestoreJobInstanceRequest(job_name="orders", instance_id=number)
    assert factory.restore_job_instance(restart).status_code == 204
    assert detail(factory, number).status == "waiting"
    cloud.advance(BOOT_S + RUN_S)
    assert detail(factory, number).status == "success"


def test_a_run_that_is_to_fail_fails_with_its_message(cloud: Any, factory: Any) -> None:
    create(factory, "orders")
    cloud.fault("task-fails", task="orders", message="table missing")
    run(factory)
    cloud.advance(BOOT_S + RUN_S)
    (entry,) = instances(factory)
    assert (entry.status, entry.error_message) == ("fail", "table missing")


def test_a_failure_under_the_policy_suspend_pauses_a_scheduled_job(cloud: Any, factory: Any) -> None:
    create(factory, "orders", fail_policy="SUSPEND")
    factory.start_job(dgc.StartJobRequest(job_name="orders"))
    cloud.fault("task-fails", task="orders")
    run(factory)
    assert status(factory, "orders") == "SCHEDULING"
    cloud.advance(BOOT_S + RUN_S)
    assert (status(factory, "orders"), instances(factory)[0].status) == ("PAUSED", "pause")
    factory.start_job(dgc.StartJobRequest(job_name="orders"))
    assert status(factory, "orders") == "SCHEDULING"


def test_a_job_to_be_run_once_runs_when_it_is_started(factory: Any) -> None:
    create(factory, "orders", schedule="EXECUTE_ONCE")
    factory.start_job(dgc.StartJobRequest(job_name="orders"))
    assert [entry.instance_type for entry in instances(factory)] == [7]


def test_only_batch_jobs_are_run_now(factory: Any) -> None:
    create(factory, "stream", "REAL_TIME")
    assert sdk.refusal(factory.run_once, dgc.RunOnceRequest(job_name="stream")) == (400, "DLF.0136")


def test_an_unknown_instance_is_refused(factory: Any) -> None:
    create(factory, "orders")
    create(factory, "other")
    number = run(factory, "other")
    for unknown in (number, 99):
        request = dgc.ShowJobInstanceRequest(job_name="orders", instance_id=unknown)
        assert sdk.refusal(factory.show_job_instance, request) == (400, "DLF.0137")
