"""Flink jobs of DLI, by the official SDK: create, update, list, read, delete."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dli

PREFIX = "/v1.0/embedded/streaming"
# Examples of the pages "creating a SQL job", "updating a SQL job", "creating a Flink jar job".
SQL_EXAMPLE = {
    "name": "myjob",
    "desc": "This is a job used for counting characters.",
    "template_id": 100000,
    "queue_name": "testQueue",
    "sql_body": "select * from source_table",
    "run_mode": "exclusive_cluster",
    "cu_number": 2,
    "parallel_number": 1,
    "checkpoint_enabled": False,
    "checkpoint_mode": "exactly_once",
    "checkpoint_interval": 0,
    "obs_bucket": "my_obs_bucket",
    "log_enabled": False,
    "restart_when_exception": False,
    "idle_state_retention": 3600,
    "job_type": "flink_sql_job",
    "dirty_data_strategy": "0",
    "execution_agency_urn": "myAgencyName",
    "udf_jar_url": "group/test.jar",
}
SQL_UPDATE = {
    "name": "myjob",
    "desc": "My first job",
    "queue_name": "testQueue",
    "sql_body": "select * from source_table",
    "run_mode": "shared_cluster",
    "cu_number": 4,
    "parallel_number": 4,
    "checkpoint_enabled": False,
    "checkpoint_mode": "exactly_once",
    "checkpoint_interval": 10,
    "obs_bucket": "",
    "log_enabled": False,
    "smn_topic": "",
    "restart_when_exception": False,
    "idle_state_retention": 3600,
    "edge_group_ids": ["62de1e1c-066e-48a8-a79d-f461a31b2ee1", "2eb00f85-99f2-4144-bcb7-d39ff47f9002"],
    "dirty_data_strategy": "0",
    "execution_agency_urn": "myAgencyName",
    "udf_jar_url": "group/test.jar",
}
JAR_EXAMPLE = {
    "name": "test",
    "desc": "job for test",
    "queue_name": "testQueue",
    "manager_cu_number": 1,
    "cu_number": 2,
    "parallel_number": 1,
    "tm_cus": 1,
    "tm_slot_num": 1,
    "log_enabled": True,
    "obs_bucket": "bucketName",
    "smn_topic": "topic",
    "main_class": "org.apache.flink.examples.streaming.JavaQueueStream",
    "restart_when_exception": False,
    "entrypoint": "javaQueueStream.jar",
    "entrypoint_args": "-windowSize 2000 -rate 3",
    "dependency_jars": ["myGroup/test.jar", "myGroup/test1.jar"],
    "execution_agency_urn": "myAgencyName",
    "dependency_files": ["myGroup/test.csv", "myGroup/test1.csv"],
}


@pytest.fixture
def flink(cloud: Any) -> Any:
    return sdk.flink(cloud)


def create(flink: Any, name: str = "orders", **more: Any) -> int:
    body = dli.CreateFlinkSqlJobRequestBody(name=name, **more)
    answer = flink.create_flink_sql_job(dli.CreateFlinkSqlJobRequest(body=body))
    assert (answer.is_success, answer.job.status_name) == ("true", "job_init")
    return int(answer.job.job_id)


def show(flink: Any, job_id: int) -> Any:
    return flink.show_flink_job(dli.ShowFlinkJobRequest(job_id=job_id)).job_detail


def detail(cloud: Any, job_id: int) -> dict[str, Any]:
    content: dict[str, Any] = sdk.call(cloud, "GET", f"{PREFIX}/jobs/{job_id}").json()["job_detail"]
    return content


def update(flink: Any, job_id: int, **change: Any) -> Any:
    body = dli.UpdateFlinkSqlJobRequestBody(**change)
    return dli.UpdateFlinkSqlJobRequest(job_id=job_id, body=body)


def listed(flink: Any, **query: Any) -> Any:
    return flink.list_flink_jobs(dli.ListFlinkJobsRequest(**query)).job_list


def names(flink: Any, **query: Any) -> list[str]:
    return [job.name for job in listed(flink, **query).jobs]


def test_a_created_sql_job_is_a_draft_with_defaults_filled_in(flink: Any) -> None:
    job_id = create(flink, sql_body="select 1", queue_name="default")
    read = show(flink, job_id)
    assert (read.name, read.status, read.project_id) == ("orders", "job_init", "embedded")
    assert (read.sql_body, read.queue_name) == ("select 1", "default")
    assert (read.job_type, read.run_mode) == ("flink_opensource_sql_job", "exclusive_cluster")
    config = read.job_config
    assert (config.checkpoint_mode, config.checkpoint_interval) == ("exactly_once", 10)
    assert (config.cu_number, config.manager_cu_number, config.parallel_number) == (2, 1, 1)
    assert (config.idle_state_retention, config.root_id, config.resume_max_num) == (3600, -1, -1)


def test_what_was_not_told_is_null_in_the_detail(cloud: Any, flink: Any) -> None:
    read = detail(cloud, create(flink))
    assert read["job_config"]["obs_bucket"] is None
    assert read["main_class"] is None
    assert read["start_time"] is None
    assert "tags" not in read["job_config"]


def test_settings_are_nested_in_the_detail_and_modes_are_words(flink: Any) -> None:
    more = {"checkpoint_enabled": True, "checkpoint_mode": 2, "smn_topic": "alerts"}
    config = show(flink, create(flink, **more)).job_config
    assert (config.checkpoint_enabled, config.checkpoint_mode) == (True, "at_least_once")
    assert config.smn_topic == "alerts"


def test_success_is_the_string_true(cloud: Any) -> None:
    answer = sdk.call(cloud, "POST", f"{PREFIX}/sql-jobs", SQL_EXAMPLE)
    assert (answer.status_code, answer.json()["is_success"]) == (200, "true")


def test_the_pages_sql_examples_are_accepted(cloud: Any) -> None:
    created = sdk.call(cloud, "POST", f"{PREFIX}/sql-jobs", SQL_EXAMPLE).json()
    job_id = created["job"]["job_id"]
    assert created == {
        "is_success": "true",
        "message": "A DLI job is created successfully.",
        "job": {"job_id": job_id, "status_name": "job_init", "status_desc": ""},
    }
    assert detail(cloud, job_id)["job_config"]["checkpoint_interval"] == 0
    updated = sdk.call(cloud, "PUT", f"{PREFIX}/sql-jobs/{job_id}", SQL_UPDATE)
    assert (updated.status_code, list(updated.json()["job"])) == (200, ["update_time"])
    read = detail(cloud, job_id)
    assert (read["desc"], read["run_mode"]) == ("My first job", "shared_cluster")
    assert read["job_config"]["edge_group_ids"] == SQL_UPDATE["edge_group_ids"]


def test_the_pages_jar_example_is_accepted_and_updated(cloud: Any, flink: Any) -> None:
    job_id = sdk.call(cloud, "POST", f"{PREFIX}/flink-jobs", JAR_EXAMPLE).json()["job"]["job_id"]
    read = show(flink, job_id)
    assert (read.job_type, read.main_class) == ("flink_jar_job", JAR_EXAMPLE["main_class"])
    assert read.entrypoint_args == JAR_EXAMPLE["entrypoint_args"]
    assert read.job_config.dependency_jars == JAR_EXAMPLE["dependency_jars"]
    body = dli.UpdateFlinkJarJobRequestBody(name="test1", job_type="flink_jar_job", entrypoint="other.jar")
    flink.update_flink_jar_job(dli.UpdateFlinkJarJobRequest(job_id=job_id, body=body))
    read = show(flink, job_id)
    assert (read.name, read.job_config.entrypoint) == ("test1", "other.jar")
    assert read.main_class == JAR_EXAMPLE["main_class"]


def test_a_jar_job_is_created_by_the_sdk(flink: Any) -> None:
    body = dli.CreateFlinkJarJobRequestBody(name="jar", entrypoint="a.jar", feature="basic")
    answer = flink.create_flink_jar_job(dli.CreateFlinkJarJobRequest(body=body))
    assert show(flink, answer.job.job_id).job_config.entrypoint == "a.jar"


def test_an_sql_job_is_not_updated_as_a_jar_job(flink: Any) -> None:
    body = dli.UpdateFlinkJarJobRequestBody(name="x")
    request = dli.UpdateFlinkJarJobRequest(job_id=create(flink), body=body)
    assert sdk.refusal(flink.update_flink_jar_job, request) == (400, "DLI.0001")


def test_an_update_changes_what_it_tells_and_nothing_else(flink: Any) -> None:
    job_id = create(flink, sql_body="select 1", desc="one")
    flink.update_flink_sql_job(update(flink, job_id, sql_body="select 2"))
    assert (show(flink, job_id).sql_body, show(flink, job_id).desc) == ("select 2", "one")


def test_a_job_can_be_renamed_to_a_free_name_only(flink: Any) -> None:
    job_id = create(flink)
    create(flink, "taken")
    request = update(flink, job_id, name="taken")
    assert sdk.refusal(flink.update_flink_sql_job, request) == (400, "DLI.0006")
    flink.update_flink_sql_job(update(flink, job_id, name="free"))
    assert show(flink, job_id).name == "free"
    create(flink)


def test_a_name_is_taken_once(flink: Any) -> None:
    create(flink)
    body = dli.CreateFlinkJarJobRequestBody(name="orders")
    assert sdk.refusal(flink.create_flink_jar_job, dli.CreateFlinkJarJobRequest(body=body)) == (400, "DLI.0006")


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"name": ""},
        {"name": "n" * 58},
        {"desc": "d" * 513},
        {"queue_name": "q" * 129},
        {"sql_body": "s" * (1024 * 1024 + 1)},
        {"sql_body": "é" * (512 * 1024 + 1)},
        {"cu_number": 401},
        {"cu_number": 1},
        {"cu_number": 2, "manager_cu_number": 2},
        {"parallel_number": 2001},
        {"checkpoint_mode": 3},
        {"checkpoint_mode": "sometimes"},
        {"checkpoint_enabled": "yes"},
        {"run_mode": "cloud"},
        {"job_type": "spark_job"},
        {"run_mode": "shared_cluster", "job_type": "flink_opensource_sql_job"},
        {"dirty_data_strategy": "2"},
        {"resume_max_num": -2},
        {"tags": [{"value": "v"}]},
        {"resource_config": "big"},
    ],
    ids=str,
)
def test_a_faulty_job_is_refused(cloud: Any, change: dict[str, Any]) -> None:
    answer = sdk.call(cloud, "POST", f"{PREFIX}/sql-jobs", {"name": "orders", **change})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "DLI.0001")


def test_a_name_of_57_characters_is_accepted(flink: Any) -> None:
    create(flink, "n" * 57)
    assert names(flink) == ["n" * 57]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"name": "\\ud800"}', b'{"name": "a", "cu_number": NaN}'])
def test_a_body_that_is_no_proper_object_is_refused(cloud: Any, body: bytes) -> None:
    answer = sdk.call(cloud, "POST", f"{PREFIX}/sql-jobs", body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "DLI.0001")


def test_a_list_begins_with_the_latest_and_is_paged_by_row(flink: Any) -> None:
    for number in range(12):
        create(flink, f"job_{number:02}")
    assert listed(flink).total_count == 12
    assert names(flink) == [f"job_{number:02}" for number in range(11, 1, -1)]
    assert names(flink, offset=10) == ["job_01", "job_00"]
    assert names(flink, order="asc", limit=2, offset=1) == ["job_01", "job_02"]
    assert names(flink, limit=0) == []


def test_a_list_is_filtered(flink: Any) -> None:
    create(flink, "orders", queue_name="default")
    create(flink, "orders_shared", job_type="flink_sql_job")
    create(flink, "returns")
    assert set(names(flink, name="orders")) == {"orders", "orders_shared"}
    assert names(flink, job_type="flink_sql_job") == ["orders_shared"]
    assert names(flink, queue_name="default") == ["orders"]
    assert names(flink, status="job_running") == []
    assert len(names(flink, user_name="embedded")) == 3


def test_only_a_detailed_list_has_settings(flink: Any) -> None:
    create(flink, sql_body="select 1")
    (plain,) = listed(flink).jobs
    (detailed,) = listed(flink, show_detail=True).jobs
    assert (plain.status, plain.job_config, plain.sql_body) == ("job_init", None, None)
    assert (detailed.job_config.cu_number, detailed.sql_body) == (2, "select 1")


@pytest.mark.parametrize("query", [{"limit": 101}, {"limit": -1}, {"offset": -1}, {"order": "up"}], ids=str)
def test_a_list_outside_its_limits_is_refused(flink: Any, query: dict[str, Any]) -> None:
    assert sdk.refusal(flink.list_flink_jobs, dli.ListFlinkJobsRequest(**query)) == (400, "DLI.0001")


def test_a_deleted_job_is_gone_and_its_name_is_free(flink: Any) -> None:
    job_id = create(flink)
    assert flink.delete_flink_job(dli.DeleteFlinkJobRequest(job_id=job_id)).is_success == "true"
    assert sdk.refusal(flink.delete_flink_job, dli.DeleteFlinkJobRequest(job_id=job_id)) == (400, "DLI.16001")
    assert create(flink) != job_id


def test_several_jobs_are_deleted_and_a_missing_one_is_told_apart(flink: Any) -> None:
    first, second = create(flink, "a"), create(flink, "b")
    body = dli.BatchDeleteFlinkJobsRequestBody(job_ids=[first, 999, second])
    answer = flink.batch_delete_flink_jobs(dli.BatchDeleteFlinkJobsRequest(body=body)).body
    assert [entry.is_success for entry in answer] == ["true", "false", "true"]
    assert names(flink) == []


@pytest.mark.parametrize("ids", [None, [], ["x"], [True], [-1]], ids=str)
def test_a_faulty_list_of_ids_is_refused(cloud: Any, ids: Any) -> None:
    for call in ("run", "stop", "delete"):
        answer = sdk.call(cloud, "POST", f"{PREFIX}/jobs/{call}", {"job_ids": ids})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "DLI.0001")


def test_a_missing_job_is_a_400(flink: Any) -> None:
    assert sdk.refusal(flink.show_flink_job, dli.ShowFlinkJobRequest(job_id=7)) == (400, "DLI.16001")
    assert sdk.refusal(flink.update_flink_sql_job, update(flink, 7, name="x")) == (400, "DLI.16001")
