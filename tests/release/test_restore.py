"""A restore point: jobs of each service are kept, edited by hand or deleted, looked at, and stand again as they did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm import api as cdm_api
from pulumi_dataarts.cdm.configs import fold, unfold
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api as dlf_api
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli import api as dli_api
from pulumi_dataarts.dli import runs as dli_runs
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import Conflict, Corrupt, RunFailed
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.release import restore
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CLUSTER, FILES, MYSQL, ORDERS
from tests.dlf.samples import PATH, keys, orders, place, upload, write_source
from tests.dli.conftest import Bundle
from tests.lives import Life, open_at

KINDS = {"cdm:Job": JobProvider, "dlf:JobImport": JobImportProvider, "dli:FlinkJobImport": FlinkJobImportProvider}


@pytest.fixture(scope="module")
def opened(cloud: RunningCloud) -> tuple[Session, list[str]]:
    said: list[str] = []
    return open_at(cloud, said), said


@pytest.fixture
def said(opened: tuple[Session, list[str]]) -> list[str]:
    opened[1].clear()
    return opened[1]


@dataclass
class Standing:
    """One job of CDM, two of DataArts Factory with their scripts, two of Flink: brought by the resources."""

    session: Session
    lives: dict[str, Life]

    @property
    def states(self) -> Iterator[ResourceState]:
        for kind, life in self.lives.items():
            urn, type = f"urn:pulumi:prod::orders::{kind}::it", f"pulumi-python:dynamic/{kind}"
            yield ResourceState(urn, type, True, id=life.id, inputs=life.inputs, outputs=life.outputs)

    def kept(self) -> dict[str, bytes]:
        return restore.export(self.session, self.states)

    def ops(self, files: dict[str, bytes]) -> dict[str, str]:
        found = restore.differences(files, restore.look(self.session, files))
        return {item.name: item.op for item in found if item.op != "same"}

    def edit(self) -> None:
        """Somebody edits one of each by hand."""
        job = cdm_api.show_job(self.session, CLUSTER, "orders", "NORMAL_JOB")
        assert job is not None
        source, inputs = (unfold(side, lambda _name: False) for side in (job.from_config_values, job.to_config_values))
        inputs["toJobConfig"]["outputDirectory"] = "/by hand/"
        sides = {"from_config_values": fold(source), "to_config_values": fold(inputs)}
        cdm_api.update_job(self.session, CLUSTER, "orders", job.model_copy(update=sides))
        here = place(self.session)
        script = dlf_api.show_script(here, "clean_orders")
        dlf_api.update_script(here, "clean_orders", {**script, "content": "select 'by hand'"})


@pytest.fixture
def standing(opened: tuple[Session, list[str]], cloud: RunningCloud, tmp_path: Path) -> Standing:
    cloud.reset()
    session = opened[0]
    session.obs().create_bucket(Bucket="lake")
    upload(session, orders())
    flink = Bundle(tmp_path / "flink", session)
    flink.folder.mkdir()
    for name in ("alerts", "sessions"):
        flink.job(name)
    declared: dict[str, dict[str, Any]] = {
        "cdm:Job": ORDERS,
        "dlf:JobImport": {"path": PATH, "bundle": write_source(tmp_path / "bundle", orders())},
        "dli:FlinkJobImport": flink.arguments(),
    }
    for link in (MYSQL, FILES):
        Life(LinkProvider, session).up(**link)
    lives = {kind: Life(provider, session) for kind, provider in KINDS.items()}
    for kind, life in lives.items():
        life.up(**declared[kind])
    return Standing(session, lives)


def test_what_was_edited_or_deleted_by_hand_stands_again_as_it_was_kept(standing: Standing) -> None:
    first = standing.kept()
    assert standing.ops(first) == {}
    session, here = standing.session, place(standing.session)
    standing.edit()
    by_hand = standing.kept()
    assert standing.ops(first) == {
        f"CDM job orders on cluster {CLUSTER}": "update",
        "script clean_orders in workspace default": "update",
    }
    restore.load(session, first)
    assert standing.ops(first) == {}
    assert not any(life.refresh() and standing.ops(first) for life in standing.lives.values())

    cdm_api.delete_job(session, CLUSTER, "orders")
    dlf_api.delete_job(here, "orders_daily", [])
    alerts = dli_api.find_job(session, "alerts")
    assert alerts is not None
    dli_api.delete_job(session, alerts.job_id)
    assert standing.ops(by_hand) == {
        f"CDM job orders on cluster {CLUSTER}": "create",
        "Factory job orders_daily in workspace default": "create",
        "script clean_orders in workspace default": "update",
        "Flink job alerts": "create",
    }
    restore.load(session, by_hand)
    assert standing.ops(by_hand) == {}
    assert dlf_api.show_script(here, "clean_orders")["content"] == "select 'by hand'"
    assert dli_api.find_job(session, "alerts") is not None


def test_nothing_of_it_is_left_in_the_buckets(standing: Standing, cloud: RunningCloud) -> None:
    def lying() -> list[str]:
        return [*keys(standing.session), *objects.keys(standing.session, "lake")]

    before = lying()
    files = standing.kept()
    assert lying() == before
    dlf_api.delete_job(place(standing.session), "orders_daily", [])
    for name in ("alerts", "sessions"):
        found = dli_api.find_job(standing.session, name)
        assert found is not None
        dli_api.delete_job(standing.session, found.job_id)
    cloud.fault("drop-after-commit", method="POST", path="*/streaming/jobs/import")
    restore.load(standing.session, files)
    assert lying() == before
    assert standing.ops(files) == {}


def test_flink_jobs_that_run_are_treated_as_their_import_says(standing: Standing, cloud: RunningCloud) -> None:
    session = standing.session
    files = standing.kept()
    alerts, sessions = (dli_api.find_job(session, name) for name in ("alerts", "sessions"))
    assert alerts is not None
    assert sessions is not None
    dli_api.delete_job(session, sessions.job_id)
    dli_runs.run(session, alerts, resume_savepoint=False, deadline_s=60)
    with pytest.raises(Conflict, match="alerts .* would be overwritten while it runs"):
        restore.load(session, files)
    told = json.loads(files["index.json"])
    told["kept"][2]["settings"]["when_running"] = "stop"
    restore.load(session, {**files, "index.json": json.dumps(told).encode()})
    now = dli_api.find_job(session, "alerts")
    assert now is not None
    assert now.status == "job_running"
    assert dli_api.find_job(session, "sessions") is not None


def test_what_stands_is_not_written_again(standing: Standing, cloud: RunningCloud) -> None:
    files = standing.kept()
    asked = len(cloud.requests())
    restore.load(standing.session, files)
    assert {request.method for request in cloud.requests()[asked:]} <= {"GET", "POST"}
    writes = [request.path for request in cloud.requests()[asked:] if request.method == "POST"]
    assert all(path.endswith("/export") for path in writes), "DataArts Factory is read by exports"


def test_flink_jobs_that_dli_does_not_export_are_kept_as_they_are_read(
    standing: Standing, cloud: RunningCloud, said: list[str]
) -> None:
    cloud.fault("status", method="POST", path="*/streaming/jobs/export", status=403)
    files = standing.kept()
    assert any("cannot be loaded again" in text for text in said)
    settings = json.loads(files["3-dli.FlinkJobImport-it/alerts.json"])
    assert settings["sql_body"] == "INSERT INTO sink SELECT * FROM source"
    found = dli_api.find_job(standing.session, "alerts")
    assert found is not None
    dli_api.delete_job(standing.session, found.job_id)
    obstacles = {item.name: item.obstacle for item in restore.differences(files, {}) if item.obstacle}
    assert obstacles["Flink job alerts"] == "they were read, and not exported"
    restore.load(standing.session, files)
    assert dli_api.find_job(standing.session, "alerts") is None


def test_a_job_with_a_secret_is_kept_to_be_looked_at(standing: Standing) -> None:
    lake = {"cluster_id": CLUSTER, "name": "lake", "connector": "hdfs-connector", "config": {"hadoopType": "MRS"}}
    Life(LinkProvider, standing.session).up(**lake)
    hdfs = {"inputDirectory": "/in", "inputFormat": "CSV_FILE", "decryption": "AES-256-GCM"}
    source = {"from_connector": "hdfs-connector", "from_link": "lake", "from_config": hdfs}
    secret = {**ORDERS, **source, "from_secrets": {"dek": "canary-5up3r-s3cret"}}
    standing.lives["cdm:Job"].up(**secret)
    files = standing.kept()
    assert not any(b"canary" in content for content in files.values())
    found = {item.name: item for item in restore.differences(files, {})}
    job = found[f"CDM job orders on cluster {CLUSTER}"]
    assert "dek" in job.obstacle
    assert not job.is_due


def test_a_service_that_takes_it_and_does_otherwise_is_noticed(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = standing.kept()
    standing.edit()
    monkeypatch.setattr(cdm_api, "update_job", lambda *_arguments: None)
    with pytest.raises(RunFailed, match=r"loaded, but not as it was: CDM job orders .*outputDirectory"):
        restore.load(standing.session, files)


def test_a_restore_point_that_has_lost_a_file_is_not_loaded(standing: Standing) -> None:
    files = standing.kept()
    del files["1-cdm.Job-it/job.json"]
    with pytest.raises(Corrupt, match=r"1-cdm\.Job-it/job\.json"):
        restore.load(standing.session, files)
    with pytest.raises(Corrupt, match=r"no index\.json"):
        restore.load(standing.session, {})
