"""The official SDK packages and our client on the same objects, in both directions.

What we make, an SDK that nobody here wrote must find as declared; what it makes, we must find without a difference. So
neither our client nor the embedded cloud is judged by the other alone.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pulumi_dataarts import dli
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CLUSTER, FILES, MYSQL, ORDERS
from tests.lives import Life, open_at
from tests.simulator import sdk

with mock.patch.dict(os.environ, HOME=tempfile.mkdtemp()):
    cdm: Any = importlib.import_module("huaweicloudsdkcdm.v1")
    credentials: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")

BUNDLE = Path(__file__).parents[2] / "stacks/bundles/orders"
ARCHIVE = Path(__file__).parents[2] / "stacks/flink/orders"


@pytest.fixture
def session(cloud: RunningCloud) -> Session:
    cloud.reset()
    return open_at(cloud, [])


@pytest.fixture
def client(cloud: RunningCloud) -> Any:
    keys = credentials.BasicCredentials("embedded", "embedded", "embedded")
    return cdm.CdmClient.new_builder().with_credentials(keys).with_endpoint(cloud.api).build()


def inputs(config: Any) -> dict[str, str]:
    return {item.name: item.value for item in config.inputs or [] if item.value is not None}


def configs(name: str, **values: Any) -> Any:
    return cdm.Configs(
        name=name, inputs=[cdm.Input(name=f"{name}.{key}", value=value) for key, value in values.items()]
    )


def links(session: Session) -> None:
    Life(LinkProvider, session).up(**MYSQL)
    Life(LinkProvider, session).up(**FILES)


def test_a_link_and_a_job_of_ours_are_what_the_sdk_reads(session: Session, client: Any) -> None:
    links(session)
    Life(JobProvider, session).up(**ORDERS)
    link = client.show_link(cdm.ShowLinkRequest(cluster_id=CLUSTER, link_name="mysql")).links[0]
    assert link.connector_name == "generic-jdbc-connector"
    assert inputs(link.link_config_values.configs[0])["linkConfig.host"] == "10.120.205.30"
    job = client.show_jobs(cdm.ShowJobsRequest(cluster_id=CLUSTER, job_name="orders")).jobs[0]
    assert (job.from_link_name, job.to_link_name, job.job_type) == ("mysql", "files", "NORMAL_JOB")
    told = inputs(next(item for item in job.to_config_values.configs if item.name == "toJobConfig"))
    assert told["toJobConfig.outputDirectory"] == "%2Forders%2F"


def test_a_job_that_the_sdk_made_is_taken_over_without_a_difference(session: Session, client: Any) -> None:
    links(session)
    body = cdm.Job(
        name="orders",
        job_type="NORMAL_JOB",
        from_connector_name="generic-jdbc-connector",
        from_link_name="mysql",
        to_connector_name="obs-connector",
        to_link_name="files",
        from_config_values=cdm.ConfigValues(configs=[configs("fromJobConfig", **_texts(ORDERS["from_config"]))]),
        to_config_values=cdm.ConfigValues(configs=[configs("toJobConfig", **_texts(ORDERS["to_config"]))]),
        driver_config_values=cdm.ConfigValues(configs=[configs("throttlingConfig", numExtractors="2")]),
    )
    client.create_job(cdm.CreateJobRequest(cluster_id=CLUSTER, body=cdm.CdmCreateJobJsonReq(jobs=[body])))
    life = Life(JobProvider, session)
    assert life.up(**ORDERS) == "create"
    assert not life.plan(**ORDERS).changes
    life.refresh()
    assert life.up(**ORDERS) == "same"


def test_a_run_of_ours_is_the_submission_that_the_sdk_shows(session: Session, client: Any) -> None:
    links(session)
    Life(JobProvider, session).up(**ORDERS)
    run = Life(JobRunProvider, session)
    run.up(cluster_id=CLUSTER, job_name="orders")
    shown = client.show_submissions(cdm.ShowSubmissionsRequest(cluster_id=CLUSTER, jname="orders")).submissions
    assert [item.submission_id for item in shown] == [run.outputs["submission_id"]]
    assert shown[0].status == run.outputs["status"] == "SUCCEEDED"


def test_imported_jobs_of_ours_are_what_the_sdk_reads_and_its_edit_is_seen(
    cloud: RunningCloud, session: Session
) -> None:
    session.obs().create_bucket(Bucket="bundles")
    life = Life(JobImportProvider, session)
    arguments = {"path": "obs://bundles/orders.zip", "bundle": str(BUNDLE), "workspace": "dev"}
    life.up(**arguments)
    factory = sdk.factory(cloud)
    job = factory.show_job(sdk.dgc.ShowJobRequest(workspace="dev", job_name="orders_daily"))
    assert [node.name for node in job.nodes] == ["begin", "load_increment", "aggregate", "check", "done"]
    assert job.schedule.cron.expression == "0 30 2 * * ?"
    script = sdk.dgc.ScriptInfo(
        name="orders_open", type="DLISQL", content="SELECT 1", connection_name="dli_orders", directory="/orders"
    )
    factory.update_script(sdk.dgc.UpdateScriptRequest(workspace="dev", script_name="orders_open", body=script))
    assert life.refresh()
    assert [path for path in life.plan(**arguments).paths if path.startswith("scripts")] == ["scripts.orders_open"]
    life.up(**arguments)
    shown = factory.show_script(sdk.dgc.ShowScriptRequest(workspace="dev", script_name="orders_open"))
    assert shown.content.startswith("INSERT OVERWRITE")


def test_imported_flink_jobs_are_what_the_sdk_reads(
    cloud: RunningCloud, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session.obs().create_bucket(Bucket="bundles")
    session.obs().put_object(Bucket="bundles", Key="flink.zip", Body=Path(dli.pack(str(ARCHIVE))).read_bytes())
    life = Life(FlinkJobImportProvider, session)
    life.up(zip_file="bundles/flink.zip", archive=str(ARCHIVE), is_cover=True)
    flink = sdk.flink(cloud)
    listed = flink.list_flink_jobs(sdk.dli.ListFlinkJobsRequest()).job_list.jobs
    ids = {job.name: job.job_id for job in listed}
    assert ids == life.outputs["job_ids"]
    detail = flink.show_flink_job(sdk.dli.ShowFlinkJobRequest(job_id=ids["orders_alerts"])).job_detail
    assert detail.sql_body.startswith("CREATE TABLE orders")
    assert detail.job_config.checkpoint_interval == 30


def _texts(config: dict[str, Any]) -> dict[str, str]:
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in config.items()}
