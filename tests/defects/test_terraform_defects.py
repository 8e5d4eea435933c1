"""One test for each defect of the Terraform provider in what both cover: here it does not happen.

The numbers are those of docs/reference/defects.md.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.configs import SOURCE, unfold
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.bundle import Bundle as JobBundle
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli import api as dli
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import AlreadyExists, CloudError, Conflict, RunFailed, WaitTimeout
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call, Reply
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CANARY, CLUSTER, MYSQL, ORDERS, changed
from tests.dlf.samples import PATH, edited, job, node, orders, place, script, upload, versions, without, write_source
from tests.dli.conftest import ZIP_FILE, Bundle, jobs_in, start
from tests.lives import Life


@pytest.fixture
def life(links: None, session: Session) -> Life:
    """The job of `ORDERS`, declared."""
    made = Life(JobProvider, session)
    made.up(**ORDERS)
    return made


@pytest.fixture
def factory(session: Session) -> Life:
    upload(session, orders())
    return Life(JobImportProvider, session)


def brought(life: Life, folder: Path, bundle: JobBundle, **arguments: Any) -> str:
    """Bring the workspace to a bundle whose archive was replaced under the same path."""
    upload(life.session, bundle)
    return life.up(path=PATH, bundle=write_source(folder, bundle), **arguments)


def starts(cloud: RunningCloud) -> int:
    return sum(served.path.endswith("/start") for served in cloud.requests())


def names(session: Session) -> list[str]:
    return [row.name for row in cdm.list_jobs(session, CLUSTER, cdm.NORMAL, 1).jobs]


def source_inputs(session: Session) -> dict[str, Any]:
    standing = cdm.show_job(session, CLUSTER, "orders", cdm.NORMAL)
    assert standing is not None
    return unfold(standing.from_config_values, lambda _: False)[SOURCE]


def standing_job(session: Session, name: str = "orders_daily") -> dict[str, Any]:
    return dlf.show_job(place(session), name)


def test_d01_declaring_a_job_does_not_start_it(life: Life, cloud: RunningCloud) -> None:
    life.up(**changed(ORDERS, from_config={"tableName": "x"}))
    life.up(**changed(ORDERS, name="renamed", from_config={"tableName": "x"}))
    life.refresh()
    assert starts(cloud) == 0
    assert cdm.show_job_status(life.session, CLUSTER, "renamed") is None


def test_d02_what_the_service_fills_in_is_no_difference_and_an_edit_is(life: Life, beside: Session) -> None:
    assert source_inputs(beside).keys() > {"useSql", "schemaName", "tableName", "columnList"}
    life.refresh()
    assert life.plan(**ORDERS).paths == {}
    Life(JobProvider, beside).up(**changed(ORDERS, from_config={"schemaName": "by hand"}, adopt=True))
    life.refresh()
    assert life.plan(**ORDERS).paths == {"from_config.schemaName": "update"}


def test_d03_a_running_job_is_stopped_and_edited_or_left_alone_whole(life: Life, beside: Session) -> None:
    cdm.start_job(beside, CLUSTER, "orders", {})
    edit = changed(ORDERS, from_config={"tableName": "x"})
    with pytest.raises(Conflict):
        life.up(**edit)
    run = cdm.show_job_status(beside, CLUSTER, "orders")
    assert run is not None
    assert run.status in ("BOOTING", "RUNNING")
    assert life.up(**edit, when_running="stop") == "update"
    assert source_inputs(beside)["tableName"] == "x"


def test_d04_renaming_a_job_leaves_one_job_and_nothing_to_do(life: Life, session: Session) -> None:
    renamed = changed(ORDERS, name="renamed")
    assert life.up(**renamed) == "update"
    assert names(session) == ["renamed"]
    assert life.refresh()
    assert life.up(**renamed) == "same"


def test_d05_renaming_a_factory_job_leaves_no_orphan(factory: Life, tmp_path: Path) -> None:
    brought(factory, tmp_path, orders())
    renamed = orders()
    renamed.jobs["orders_nightly"] = {**renamed.jobs.pop("orders_daily"), "name": "orders_nightly"}
    assert brought(factory, tmp_path, renamed) == "update"
    assert versions(factory.session).keys() == {"orders_hourly", "orders_nightly"}
    assert factory.refresh()
    assert brought(factory, tmp_path, renamed) == "same"


@pytest.mark.parametrize("spelt", ['"true"', "true"], ids=["text", "boolean"])
def test_d06_both_spellings_of_is_success_are_understood(
    session: Session, flink: Bundle, monkeypatch: pytest.MonkeyPatch, spelt: str
) -> None:
    send = dli._send

    def spelling(session: Session, call: Call) -> Reply:
        reply = send(session, call)
        content = reply.content.replace(b'"is_success":"true"', f'"is_success":{spelt}'.encode())
        assert f'"is_success":{spelt}'.encode() in content or b"is_success" not in content
        return Reply(reply.status, reply.headers, content)

    monkeypatch.setattr(dli, "_send", spelling)
    assert Life(FlinkJobImportProvider, session).up(**flink.arguments()) == "create"
    assert jobs_in(session).keys() == {"orders", "payments"}


def test_d07_a_part_of_an_import_that_failed_is_an_error_that_names_it(
    factory: Life, tmp_path: Path, flink: Bundle, cloud: RunningCloud
) -> None:
    cloud.fault("task-fails", task="orders_hourly", message="locked by another user")
    with pytest.raises(RunFailed, match=r"orders_hourly.*locked by another user"):
        brought(factory, tmp_path / "factory", orders())
    Life(FlinkJobImportProvider, factory.session).up(**flink.arguments())
    with pytest.raises(AlreadyExists, match="names that are taken"):
        Life(FlinkJobImportProvider, factory.session).up(zip_file=ZIP_FILE)


def test_d08_imported_jobs_are_followed_updated_and_removed(factory: Life, tmp_path: Path) -> None:
    brought(factory, tmp_path, orders())
    new_archive = edited(orders(), clean_orders="select 2")
    assert brought(factory, tmp_path, new_archive) == "update"
    body = standing_job(factory.session)
    dlf.update_job(place(factory.session), "orders_daily", {**body, "params": []})
    factory.refresh()
    assert list(factory.plan(path=PATH, bundle=str(tmp_path)).paths) == ["jobs.orders_daily"]
    assert brought(factory, tmp_path, without(new_archive, "orders_daily", "clean_orders")) == "update"
    assert versions(factory.session).keys() == {"orders_hourly"}
    factory.destroy()
    assert versions(factory.session) == {}


def test_d09_what_rewrites_an_import_for_its_environment_is_sent(
    factory: Life, tmp_path: Path, flink: Bundle, sent: list[Call]
) -> None:
    brought(
        factory,
        tmp_path / "factory",
        orders(),
        params={"day": "yesterday"},
        jobs_param=[{"name": "orders_daily", "params": {"day": "monday"}}],
        execute_user="lake",
        target_status="SUBMITTED",
        approvers=["anna"],
        resources=[{"name": "cdm-dev", "type": "CDM_CLUSTER", "replace": "cdm-prod"}],
    )
    body = next(call.body for call in sent if call.operation == "import jobs")
    assert body["params"] == {"day": "yesterday"}
    assert body["jobsParam"] == [{"name": "orders_daily", "params": {"day": "monday"}}]
    assert body["executeUser"] == "lake"
    assert body["targetStatus"] == "SUBMITTED"
    assert body["approvers"] == [{"approverName": "anna"}]
    assert body["resources"] == [{"name": "cdm-dev", "type": "CDM_CLUSTER", "replace": "cdm-prod"}]
    Life(FlinkJobImportProvider, factory.session).up(**flink.arguments(is_cover=False))
    assert next(call.body for call in sent if call.operation == "import Flink jobs")["is_cover"] is False


def test_d10_a_changed_file_is_uploaded_without_being_told(session: Session, flink: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("EUR,1.0")
    life = Life(ObjectProvider, session)
    declared = {"bucket": "lake", "key": "rates.csv", "source": str(file)}
    life.up(**declared)
    file.write_text("EUR,1.1")
    assert "digest" in life.plan(**declared).paths
    assert life.up(**declared) == "update"
    assert session.obs().get_object(Bucket="lake", Key="rates.csv")["Body"].read() == b"EUR,1.1"


def test_d11_zeros_and_false_arrive(factory: Life, links: None, tmp_path: Path, sent: list[Call]) -> None:
    bundle = orders()
    zeros = {**node("sum", scriptName="clean_orders"), "location": {"x": "0", "y": "11"}, "retryTimes": 0}
    bundle.jobs["zeros"] = job("zeros", zeros)
    brought(factory, tmp_path, bundle)
    standing = standing_job(factory.session, "zeros")["nodes"][0]
    assert float(standing["location"]["x"]) == 0
    assert int(standing["retryTimes"]) == 0
    quiet = changed(ORDERS, driver_config={"throttlingConfig": {"recordDirtyData": False, "numExtractors": 0}})
    Life(JobProvider, factory.session).up(**quiet)
    told = json.dumps(next(call.body for call in sent if call.operation == "create job"))
    assert '"throttlingConfig.recordDirtyData", "value": "false"' in told
    assert '"throttlingConfig.numExtractors", "value": "0"' in told


def test_d12_a_cron_trigger_is_written_and_read_alike(factory: Life, tmp_path: Path) -> None:
    bundle = orders()
    trigger = {"expression": "0 0 2 * * ?", "period": "1 hours", "startTime": "2024-11-06T00:00:00+08"}
    for item in bundle.jobs["orders_daily"]["nodes"]:
        item["cronTrigger"] = trigger
    brought(factory, tmp_path, bundle)
    assert standing_job(factory.session)["nodes"][0]["cronTrigger"]["expression"] == trigger["expression"]
    factory.refresh()
    assert brought(factory, tmp_path, bundle) == "same"


def test_d13_what_is_never_told_of_a_submission_is_no_difference(
    factory: Life, tmp_path: Path, sent: list[Call]
) -> None:
    bundle = orders()
    bundle.scripts["spare"] = script("spare")
    review = {"target_status": "SUBMITTED", "approvers": ["anna", "bert"]}
    brought(factory, tmp_path, bundle, **review)
    factory.refresh()
    assert brought(factory, tmp_path, bundle, **{**review, "approvers": ["bert", "anna"]}) == "same"
    brought(factory, tmp_path, edited(bundle, spare="select 2"), **review)
    written = next(call.body for call in sent if call.operation == "modify script" or call.method == "PUT")
    assert written["approvers"] == [{"approverName": "anna"}, {"approverName": "bert"}]


def test_d14_what_is_no_longer_declared_goes_from_the_service(
    factory: Life, links: None, tmp_path: Path, beside: Session
) -> None:
    brought(factory, tmp_path, orders())
    assert standing_job(factory.session)["params"]
    bare = orders()
    del bare.jobs["orders_daily"]["params"]
    assert brought(factory, tmp_path, bare) == "update"
    assert not standing_job(factory.session).get("params")
    life = Life(JobProvider, factory.session)
    life.up(**changed(ORDERS, from_config={"whereClause": "id > 1"}))
    assert life.plan(**ORDERS).paths == {"from_config.whereClause": "delete"}
    life.up(**ORDERS)
    assert "whereClause" not in source_inputs(beside)


def test_d15_an_edited_flink_job_goes_on_from_its_savepoint(
    session: Session, flink: Bundle, cloud: RunningCloud, sent: list[Call]
) -> None:
    life = Life(FlinkJobImportProvider, session)
    life.up(**flink.arguments(when_running="stop"))
    start(session, cloud, "orders", "payments")
    flink.job("orders", sql="INSERT INTO sink SELECT 1", checkpoint_mode=2)
    sent.clear()
    assert life.up(**flink.arguments(when_running="stop")) == "update"
    moved = {call.operation: call.body for call in sent if call.operation in ("stop Flink jobs", "run Flink jobs")}
    orders_id = jobs_in(session)["orders"].job_id
    assert moved["stop Flink jobs"] == {"job_ids": [orders_id], "trigger_savepoint": True}
    assert moved["run Flink jobs"] == {"job_ids": [orders_id], "resume_savepoint": True}


@pytest.mark.parametrize("retry_after", [None, 7])
def test_d16_a_throttled_call_waits_for_seconds_and_says_so(
    life: Life, cloud: RunningCloud, said: list[str], retry_after: int | None
) -> None:
    cloud.fault("throttle", path="*/cdm/job/orders", times=3, retry_after=retry_after)
    before_s = life.session.clock.now_s()
    assert life.refresh()
    waited_s = life.session.clock.now_s() - before_s
    assert waited_s <= 10 if retry_after is None else 21 <= waited_s <= 30
    assert retry_after is None or any("is sent again in" in line for line in said)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_d17_a_failing_server_is_asked_again(life: Life, cloud: RunningCloud, status: int) -> None:
    cloud.fault("status", path="*/cdm/job/orders", status=status, times=2)
    assert life.refresh()
    cloud.fault("status", method="PUT", path="*/cdm/job/orders", status=status)
    assert life.up(**changed(ORDERS, from_config={"tableName": "x"})) == "update"


def test_d18_a_link_deleted_by_hand_is_gone_and_comes_back(session: Session, beside: Session) -> None:
    life = Life(LinkProvider, session)
    life.up(**MYSQL)
    cdm.delete_link(beside, CLUSTER, "mysql")
    assert not life.refresh()
    assert life.up(**MYSQL) == "create"
    assert cdm.show_link(beside, CLUSTER, "mysql") is not None


def test_d19_a_secret_is_nowhere_and_its_rotation_is_seen(
    session: Session, cloud: RunningCloud, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    life = Life(LinkProvider, session)
    life.up(**MYSQL)
    life.refresh()
    cloud.fault("task-fails", task="mysql", message=f"Access denied with {CANARY}")
    with pytest.raises(CloudError, match=r"Access denied with \[secret\]") as refused:
        life.up(**changed(MYSQL, config={"host": "elsewhere"}))
    assert CANARY not in json.dumps(life.outputs) + caplog.text + "".join(said) + str(refused.value)
    assert life.plan(**MYSQL).paths == {}
    assert life.plan(**changed(MYSQL, secrets={"password": "rotated"})).paths == {"secrets.password": "update"}


def test_d20_a_run_that_outlasts_its_deadline_is_not_started_again(
    life: Life, cloud: RunningCloud, beside: Session
) -> None:
    with pytest.raises(WaitTimeout):
        Life(JobRunProvider, life.session).up(cluster_id=CLUSTER, job_name="orders", deadline_s=0.1)
    next_up = Life(JobRunProvider, beside)
    assert next_up.up(cluster_id=CLUSTER, job_name="orders") == "create"
    assert next_up.outputs["status"] == "SUCCEEDED"
    assert starts(cloud) == 1
    assert life.refresh()
    assert life.up(**ORDERS) == "same"


def test_d21_an_obs_endpoint_by_address_is_used_as_it_is(session: Session, cloud: RunningCloud) -> None:
    assert session.settings.endpoints.obs == cloud.obs
    assert cloud.obs.startswith("http://127.0.0.1:")
    Life(BucketProvider, session).up(bucket="lake")
    assert {served.path for served in cloud.requests() if served.service == "obs" and served.method == "PUT"} == {
        "/lake"
    }
