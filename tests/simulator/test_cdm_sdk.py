"""The official SDK, unmodified, drives every CDM operation there is here, and reads the answers with its own models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.cdm_calls import CLUSTER, FROM_TABLE, MYSQL, OBS, TO_FILES, cdm, client, errors

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture
def sdk(cloud: RunningCloud) -> Any:
    cloud.freeze()
    return client(cloud)


def values(group: str, inputs: dict[str, Any]) -> Any:
    listed = [cdm.Input(name=f"{group}.{name}", value=value) for name, value in inputs.items()]
    return cdm.ConfigValues(configs=[cdm.Configs(name=group, inputs=listed)])


def link_body(name: str, connector: str = "generic-jdbc-connector", **inputs: Any) -> Any:
    settings = values("linkConfig", inputs or MYSQL)
    link = cdm.Links(name=name, connector_name=connector, link_config_values=settings)
    return cdm.CdmCreateAndUpdateLinkReq(links=[link])


def job_body(name: str, **fields: Any) -> Any:
    job = cdm.Job(
        job_type="NORMAL_JOB",
        name=name,
        from_connector_name="generic-jdbc-connector",
        from_link_name="mysql",
        from_config_values=values("fromJobConfig", FROM_TABLE),
        to_connector_name="obs-connector",
        to_link_name="files",
        to_config_values=values("toJobConfig", TO_FILES),
        driver_config_values=values("throttlingConfig", {"numExtractors": "2"}),
    )
    for field, value in fields.items():
        setattr(job, field, value)
    return cdm.CdmCreateJobJsonReq(jobs=[job])


@pytest.fixture
def with_job(sdk: Any) -> Any:
    for body in (link_body("mysql"), link_body("files", "obs-connector", **OBS)):
        sdk.create_link(cdm.CreateLinkRequest(cluster_id=CLUSTER, body=body))
    sdk.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=job_body("orders")))
    return sdk


def status_of(sdk: Any, name: str = "orders") -> Any:
    [run] = sdk.show_job_status(cdm.ShowJobStatusRequest(cluster_id=CLUSTER, job_name=name)).submissions
    return run


def start(sdk: Any, name: str = "orders") -> Any:
    body = cdm.CdmStartJobReq(variables={})
    [run] = sdk.start_job(cdm.StartJobRequest(cluster_id=CLUSTER, job_name=name, body=body)).submissions
    return run


def test_clusters_are_listed_and_described(sdk: Any) -> None:
    [cluster] = sdk.list_clusters(cdm.ListClustersRequest()).clusters
    assert (cluster.id, cluster.name, cluster.status) == (CLUSTER, "cdm-embedded", "200")
    detail = sdk.show_cluster_detail(cdm.ShowClusterDetailRequest(cluster_id=CLUSTER))
    assert (detail.id, detail.name, detail.status_detail) == (CLUSTER, "cdm-embedded", "Normal")
    assert detail.instances[0].type == "cdm"


def test_a_link_is_created_read_renamed_and_deleted(sdk: Any) -> None:
    created = sdk.create_link(cdm.CreateLinkRequest(cluster_id=CLUSTER, body=link_body("mysql")))
    assert created.name == "mysql"
    [link] = sdk.show_link(cdm.ShowLinkRequest(cluster_id=CLUSTER, link_name="mysql")).links
    assert (link.name, link.connector_name, link.creation_user) == ("mysql", "generic-jdbc-connector", "embedded")
    read = {item.name: item.value for item in link.link_config_values.configs[0].inputs}
    assert read["linkConfig.port"] == 3306
    assert read["linkConfig.password"] == "Add password here"

    sdk.update_link(cdm.UpdateLinkRequest(cluster_id=CLUSTER, link_name="mysql", body=link_body("shop")))
    sdk.delete_link(cdm.DeleteLinkRequest(cluster_id=CLUSTER, link_name="shop"))
    with pytest.raises(errors.ClientRequestException) as gone:
        sdk.show_link(cdm.ShowLinkRequest(cluster_id=CLUSTER, link_name="shop"))
    assert gone.value.status_code == 400
    assert "Cdm.0101" in gone.value.error_msg


def test_a_link_that_is_only_validated_does_not_exist(sdk: Any) -> None:
    request = cdm.CreateLinkRequest(cluster_id=CLUSTER, validate="true", body=link_body("mysql"))
    assert sdk.create_link(request).name == "mysql"
    with pytest.raises(errors.ClientRequestException, match=r"Cdm\.0101"):
        sdk.show_link(cdm.ShowLinkRequest(cluster_id=CLUSTER, link_name="mysql"))


def test_a_link_in_use_is_not_deleted(with_job: Any) -> None:
    with pytest.raises(errors.ServerResponseException) as refused:
        with_job.delete_link(cdm.DeleteLinkRequest(cluster_id=CLUSTER, link_name="mysql"))
    assert refused.value.status_code == 500
    assert "Cdm.0321" in refused.value.error_msg
    with_job.delete_job(cdm.DeleteJobRequest(cluster_id=CLUSTER, job_name="orders"))
    with_job.delete_link(cdm.DeleteLinkRequest(cluster_id=CLUSTER, link_name="mysql"))


def test_a_job_is_read_back_in_the_sdk_s_models(with_job: Any) -> None:
    answer = with_job.show_jobs(cdm.ShowJobsRequest(cluster_id=CLUSTER, job_name="orders"))
    [job] = answer.jobs
    assert (job.name, job.job_type, job.status, job.group_name) == ("orders", "NORMAL_JOB", "NEW", "DEFAULT")
    assert (job.from_link_name, job.to_link_name, job.enabled) == ("mysql", "files", True)
    assert answer.total == 0
    read = {item.name: item.value for item in job.to_config_values.configs[0].inputs}
    assert read["toJobConfig.outputDirectory"] == "%2Forders%2F"


def test_a_second_job_of_the_same_name_is_refused(with_job: Any) -> None:
    with pytest.raises(errors.ClientRequestException) as refused:
        with_job.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=job_body("orders")))
    assert (refused.value.status_code, refused.value.error_code) == (400, "Cdm.0104")
    assert refused.value.request_id


def test_jobs_are_listed_by_type_filter_and_page(with_job: Any) -> None:
    for number in range(11):
        body = job_body(f"orders-{number:02}")
        with_job.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=body))
    batch = job_body("whole-database", job_type="BATCH_JOB")
    with_job.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=batch))

    def names(**query: Any) -> tuple[int, list[str]]:
        listed = with_job.show_jobs(cdm.ShowJobsRequest(cluster_id=CLUSTER, job_name="all", **query))
        return listed.total, [job.name for job in listed.jobs]

    assert names(page_size=10, page_no=2) == (12, ["orders-09", "orders-10"])
    assert names(filter="-0", page_size=100)[0] == 10
    assert names(job_type="BATCH_JOB") == (1, ["whole-database"])


def test_an_update_renames_a_job(with_job: Any) -> None:
    request = cdm.UpdateJobRequest(cluster_id=CLUSTER, job_name="orders", body=job_body("orders-v2"))
    assert with_job.update_job(request).validation_result
    with pytest.raises(errors.ClientRequestException, match=r"Cdm\.0100"):
        with_job.show_jobs(cdm.ShowJobsRequest(cluster_id=CLUSTER, job_name="orders"))
    assert status_of(with_job, "orders-v2").status == "NEVER_EXECUTED"


def test_a_run_boots_runs_and_succeeds_with_counters(with_job: Any, cloud: RunningCloud) -> None:
    first = start(with_job)
    assert (first.job_name, first.status, first.progress) == ("orders", "BOOTING", 0.0)
    cloud.advance(0.2)
    assert status_of(with_job).status == "RUNNING"
    cloud.advance(0.3)
    done = status_of(with_job)
    assert (done.status, done.progress, done.submission_id) == ("SUCCEEDED", 100.0, first.submission_id)
    counters = done.counters.org_apache_sqoop_submission_counter_sqoop_counters
    assert counters.rows_written == done.write_rows == 100


def test_a_running_job_is_neither_started_again_nor_changed_nor_deleted(with_job: Any, cloud: RunningCloud) -> None:
    start(with_job)
    with pytest.raises(errors.ClientRequestException, match=r"Cdm\.0052"):
        start(with_job)
    with pytest.raises(errors.ClientRequestException, match=r"Cdm\.0052"):
        with_job.delete_job(cdm.DeleteJobRequest(cluster_id=CLUSTER, job_name="orders"))
    update = cdm.UpdateJobRequest(cluster_id=CLUSTER, job_name="orders", body=job_body("orders"))
    with pytest.raises(errors.ClientRequestException, match=r"Cdm\.0052"):
        with_job.update_job(update)
    cloud.advance(1)
    with_job.update_job(update)
    with_job.delete_job(cdm.DeleteJobRequest(cluster_id=CLUSTER, job_name="orders"))


def test_a_run_is_stopped_once(with_job: Any) -> None:
    start(with_job)
    stop = cdm.StopJobRequest(cluster_id=CLUSTER, job_name="orders")
    with_job.stop_job(stop)
    assert (status_of(with_job).status, status_of(with_job).progress) == ("FAILED", -1.0)
    with pytest.raises(errors.ClientRequestException, match=r"Cdm\.0053"):
        with_job.stop_job(stop)


def test_the_history_has_the_latest_run_first(with_job: Any, cloud: RunningCloud) -> None:
    started = []
    for _ in range(3):
        started.append(start(with_job).submission_id)
        cloud.advance(1)
    history = with_job.show_submissions(cdm.ShowSubmissionsRequest(cluster_id=CLUSTER, jname="orders"))
    assert [run.submission_id for run in history.submissions] == started[::-1]
    assert (history.total, history.page_no, history.page_size) == (3, 1, 10)


def test_a_job_is_created_and_started_on_one_of_several_clusters(with_job: Any, cloud: RunningCloud) -> None:
    body = cdm.CdmRandomCreateAndStartJobJsonReq(jobs=job_body("once").jobs, clusters=["elsewhere", CLUSTER])
    request = cdm.CreateAndStartRandomClusterJobRequest(x_language="en-us", body=body)
    [run] = with_job.create_and_start_random_cluster_job(request).submissions
    assert (run.job_name, run.status) == ("once", "PENDING")
    assert status_of(with_job, "once").submission_id == run.submission_id
    for status, seconds in (("BOOTING", 0.1), ("RUNNING", 0.1), ("SUCCEEDED", 0.4)):
        cloud.advance(seconds)
        assert status_of(with_job, "once").status == status


def test_a_wrong_secret_key_is_refused(cloud: RunningCloud) -> None:
    with pytest.raises(errors.ClientRequestException) as refused:
        client(cloud, secret_key="wrong").list_clusters(cdm.ListClustersRequest())
    assert (refused.value.status_code, refused.value.error_code) == (401, "APIGW.0301")


def test_another_project_is_refused(cloud: RunningCloud) -> None:
    with pytest.raises(errors.ClientRequestException) as refused:
        client(cloud, project="other").list_clusters(cdm.ListClustersRequest())
    assert (refused.value.status_code, refused.value.error_code) == (403, "APIGW.0302")


def test_a_throttled_create_is_told_in_the_gateway_s_words(with_job: Any, cloud: RunningCloud) -> None:
    cloud.fault("throttle", method="POST", path="*/cdm/job", retry_after=1)
    with pytest.raises(errors.ClientRequestException) as refused:
        with_job.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=job_body("late")))
    assert (refused.value.status_code, refused.value.error_code) == (429, "APIGW.0308")
    assert with_job.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=job_body("late"))).name == "late"
