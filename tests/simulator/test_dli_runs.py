"""The states of a Flink job: run, stop, savepoints. The clock is stopped and moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator import sdk
from tests.simulator.sdk import dli

if TYPE_CHECKING:
    from pathlib import Path

BOOT_S, RUN_S = 0.1, 0.3


@pytest.fixture(autouse=True)
def stopped_clock(cloud: Any) -> None:
    cloud.freeze()


@pytest.fixture
def flink(cloud: Any) -> Any:
    return sdk.flink(cloud)


def create(flink: Any, name: str = "orders", **more: Any) -> int:
    body = dli.CreateFlinkSqlJobRequestBody(**{"name": name, "queue_name": "default", **more})
    return int(flink.create_flink_sql_job(dli.CreateFlinkSqlJobRequest(body=body)).job.job_id)


def show(flink: Any, job_id: int) -> Any:
    return flink.show_flink_job(dli.ShowFlinkJobRequest(job_id=job_id)).job_detail


def status(flink: Any, job_id: int) -> str:
    return str(show(flink, job_id).status)


def run_request(*job_ids: int, resume: bool = False) -> Any:
    body = dli.BatchRunFlinkJobsRequestBody(job_ids=list(job_ids), resume_savepoint=resume)
    return dli.BatchRunFlinkJobsRequest(body=body)


def stop_request(*job_ids: int, savepoint: bool = False) -> Any:
    body = dli.StopFlinkJobsRequestBody(job_ids=list(job_ids), trigger_savepoint=savepoint)
    return dli.BatchStopFlinkJobsRequest(body=body)


def running(cloud: Any, flink: Any, name: str = "orders") -> int:
    job_id = create(flink, name)
    flink.batch_run_flink_jobs(run_request(job_id))
    cloud.advance(BOOT_S)
    return job_id


def test_a_job_is_submitted_and_then_runs(cloud: Any, flink: Any) -> None:
    job_id = create(flink)
    (answer,) = flink.batch_run_flink_jobs(run_request(job_id)).body
    assert (answer.is_success, status(flink, job_id)) == ("true", "job_submitting")
    cloud.advance(BOOT_S)
    assert (status(flink, job_id), show(flink, job_id).start_time is None) == ("job_running", False)
    cloud.advance(3600)
    assert status(flink, job_id) == "job_running"


def test_a_running_job_tells_how_long(cloud: Any, flink: Any) -> None:
    running(cloud, flink)
    cloud.advance(5)
    (entry,) = flink.list_flink_jobs(dli.ListFlinkJobsRequest(status="job_running")).job_list.jobs
    assert entry.duration == (5 + BOOT_S) * 1000


def test_a_stopped_job_is_canceled_after_a_while_and_can_be_run_again(cloud: Any, flink: Any) -> None:
    job_id = running(cloud, flink)
    (answer,) = flink.batch_stop_flink_jobs(stop_request(job_id)).body
    assert (answer.is_success, status(flink, job_id)) == ("true", "job_canceling")
    cloud.advance(BOOT_S)
    assert (status(flink, job_id), show(flink, job_id).has_savepoint) == ("job_cancel_success", False)
    flink.batch_run_flink_jobs(run_request(job_id))
    cloud.advance(BOOT_S)
    assert status(flink, job_id) == "job_running"


def test_a_job_that_is_being_submitted_can_be_stopped(cloud: Any, flink: Any) -> None:
    job_id = create(flink)
    flink.batch_run_flink_jobs(run_request(job_id))
    flink.batch_stop_flink_jobs(stop_request(job_id))
    cloud.advance(BOOT_S)
    assert status(flink, job_id) == "job_cancel_success"


def test_a_stop_with_a_savepoint_takes_it_first(cloud: Any, flink: Any) -> None:
    job_id = running(cloud, flink)
    flink.batch_stop_flink_jobs(stop_request(job_id, savepoint=True))
    seen = [status(flink, job_id)]
    assert not show(flink, job_id).has_savepoint
    for _ in range(2):
        cloud.advance(BOOT_S)
        seen.append(status(flink, job_id))
    assert seen == ["job_savepointing", "job_canceling", "job_cancel_success"]
    assert show(flink, job_id).has_savepoint
    flink.batch_run_flink_jobs(run_request(job_id, resume=True))
    assert status(flink, job_id) == "job_submitting"


@pytest.mark.parametrize("savepoint", [False, True])
def test_a_stop_that_is_to_fail_says_why_and_can_be_repeated(cloud: Any, flink: Any, savepoint: bool) -> None:
    cloud.fault("task-fails", moment="stop", message="The task manager does not answer.")
    job_id = running(cloud, flink)
    flink.batch_stop_flink_jobs(stop_request(job_id, savepoint=savepoint))
    cloud.advance(2 * BOOT_S)
    failed = show(flink, job_id)
    assert (failed.status, failed.status_desc) == ("job_cancel_fail", "The task manager does not answer.")
    flink.batch_run_flink_jobs(run_request(job_id))
    cloud.advance(BOOT_S)
    flink.batch_stop_flink_jobs(stop_request(job_id))
    cloud.advance(BOOT_S)
    assert status(flink, job_id) == "job_cancel_success"


def test_a_savepoint_of_a_running_job_leaves_it_running(cloud: Any, flink: Any) -> None:
    job_id = running(cloud, flink)
    body = dli.ExecuteFlinkJobSavepointRequestBody(action="TRIGGER", savepoint_path="bucket/savepoints")
    answer = flink.execute_flink_job_savepoint(dli.ExecuteFlinkJobSavepointRequest(job_id=job_id, body=body))
    assert (answer.is_success, status(flink, job_id)) == ("true", "job_savepointing")
    cloud.advance(BOOT_S)
    read = show(flink, job_id)
    assert (read.status, read.has_savepoint, read.savepoint_path) == ("job_running", True, "bucket/savepoints")


def test_a_savepoint_of_a_draft_is_refused(flink: Any) -> None:
    body = dli.ExecuteFlinkJobSavepointRequestBody(action="TRIGGER")
    request = dli.ExecuteFlinkJobSavepointRequest(job_id=create(flink), body=body)
    assert sdk.refusal(flink.execute_flink_job_savepoint, request) == (400, "DLI.0007")


def test_an_imported_savepoint_is_the_jobs(flink: Any) -> None:
    job_id = create(flink)
    body = dli.ImportFlinkJobSavepointRequestBody(savepoint_path="bucket/elsewhere")
    request = dli.ImportFlinkJobSavepointRequest(job_id=job_id, body=body)
    assert flink.import_flink_job_savepoint(request).is_success == "true"
    assert (show(flink, job_id).has_savepoint, show(flink, job_id).savepoint_path) == (True, "bucket/elsewhere")


@pytest.mark.parametrize(
    ("settings", "is_run"),
    [
        ({"queue_name": None}, False),
        ({"queue_name": "nowhere"}, False),
        ({"queue_name": "default"}, True),
        ({"queue_name": None, "job_type": "flink_sql_job"}, True),
        ({"queue_name": "nowhere", "job_type": "flink_sql_job"}, False),
    ],
    ids=["none", "unknown", "default", "shared", "shared and unknown"],
)
def test_a_job_needs_a_queue_that_exists(flink: Any, settings: dict[str, Any], is_run: bool) -> None:
    job_id = create(flink, **settings)
    if is_run:
        flink.batch_run_flink_jobs(run_request(job_id))
        assert status(flink, job_id) == "job_submitting"
    else:
        assert sdk.refusal(flink.batch_run_flink_jobs, run_request(job_id)) == (400, "DLI.13024")
        assert status(flink, job_id) == "job_init"


def test_in_a_batch_each_job_has_its_own_answer(cloud: Any, flink: Any) -> None:
    first, second = running(cloud, flink, "a"), create(flink, "b")
    answer = flink.batch_run_flink_jobs(run_request(first, second, 999)).body
    assert [entry.is_success for entry in answer] == ["false", "true", "false"]
    assert status(flink, second) == "job_submitting"


def test_a_running_job_is_not_run_and_a_draft_is_not_stopped(cloud: Any, flink: Any) -> None:
    job_id = running(cloud, flink)
    assert sdk.refusal(flink.batch_run_flink_jobs, run_request(job_id)) == (400, "DLI.0007")
    assert sdk.refusal(flink.batch_stop_flink_jobs, stop_request(create(flink, "b"))) == (400, "DLI.0007")
    assert sdk.refusal(flink.batch_stop_flink_jobs, stop_request(999)) == (400, "DLI.16001")


def test_a_run_that_is_to_fail_says_why_and_can_be_repeated(cloud: Any, flink: Any) -> None:
    job_id = create(flink)
    cloud.fault("task-fails", task="orders", moment="before", message="no CUs left")
    flink.batch_run_flink_jobs(run_request(job_id))
    assert show(flink, job_id).status_desc == ""
    cloud.advance(BOOT_S)
    assert (status(flink, job_id), show(flink, job_id).status_desc) == ("job_submit_fail", "no CUs left")
    flink.batch_run_flink_jobs(run_request(job_id))
    cloud.advance(BOOT_S)
    assert (status(flink, job_id), show(flink, job_id).status_desc) == ("job_running", "")


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, "job_running_exception"),
        ({"restart_when_exception": True}, "job_running"),
        ({"restart_when_exception": True, "resume_max_num": 0}, "job_running_exception"),
    ],
)
def test_a_run_that_breaks_off_is_restarted_where_the_job_says_so(
    cloud: Any, flink: Any, more: dict[str, Any], end: str
) -> None:
    job_id = create(flink, **more)
    cloud.fault("task-fails", task="orders", message="a checkpoint timed out")
    flink.batch_run_flink_jobs(run_request(job_id))
    cloud.advance(BOOT_S)
    assert status(flink, job_id) == "job_running"
    cloud.advance(RUN_S)
    broken = show(flink, job_id)
    assert (broken.status, broken.status_desc) == ("job_running_exception", "a checkpoint timed out")
    cloud.advance(BOOT_S)
    if end == "job_running":
        assert status(flink, job_id) == "job_submitting"
    cloud.advance(BOOT_S)
    assert status(flink, job_id) == end


def test_a_job_that_is_bounded_finishes_and_can_be_run_again(tmp_path: Path) -> None:
    with running_cloud(tmp_path, flink_s=60) as cloud:
        cloud.freeze()
        flink = sdk.flink(cloud)
        job_id = running(cloud, flink)
        cloud.advance(60)
        graph = flink.show_flink_job_execution_graph(dli.ShowFlinkJobExecutionGraphRequest(job_id=job_id))
        assert (status(flink, job_id), graph.execute_graph.state) == ("job_finish", "FINISHED")
        flink.batch_run_flink_jobs(run_request(job_id))
        assert status(flink, job_id) == "job_submitting"


def test_a_running_job_takes_only_some_changes(cloud: Any, flink: Any) -> None:
    job_id = running(cloud, flink)
    allowed = dli.UpdateFlinkSqlJobRequestBody(smn_topic="alerts", resume_max_num=3, queue_name="default")
    flink.update_flink_sql_job(dli.UpdateFlinkSqlJobRequest(job_id=job_id, body=allowed))
    assert (show(flink, job_id).job_config.smn_topic, status(flink, job_id)) == ("alerts", "job_running")
    refused = dli.UpdateFlinkSqlJobRequestBody(smn_topic="other", sql_body="select 2")
    request = dli.UpdateFlinkSqlJobRequest(job_id=job_id, body=refused)
    assert sdk.refusal(flink.update_flink_sql_job, request) == (400, "DLI.0007")
    assert show(flink, job_id).job_config.smn_topic == "alerts"


def test_a_running_job_can_be_deleted(cloud: Any, flink: Any) -> None:
    job_id = running(cloud, flink)
    assert flink.delete_flink_job(dli.DeleteFlinkJobRequest(job_id=job_id)).is_success == "true"


def test_the_execution_plan_follows_the_state(cloud: Any, flink: Any) -> None:
    job_id = create(flink)
    request = dli.ShowFlinkJobExecutionGraphRequest(job_id=job_id)
    assert sdk.refusal(flink.show_flink_job_execution_graph, request) == (400, "DLI.0007")
    flink.batch_run_flink_jobs(run_request(job_id))
    cloud.advance(BOOT_S)
    graph = flink.show_flink_job_execution_graph(request).execute_graph
    assert (graph.state, graph.name, graph.end_time, graph.duration) == ("RUNNING", "orders", -1, BOOT_S * 1000)
