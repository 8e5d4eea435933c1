"""What stands in the cloud already becomes code and state, and the next preview finds nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CANARY, CLUSTER, FILES, MYSQL, ORDERS, changed
from tests.cli.commands import Folder
from tests.cli.samples import HEAD, declare, resources, sample, typed
from tests.dlf.samples import orders, place, upload, write_source
from tests.dli.conftest import Bundle, jobs_in
from tests.lives import Life, open_at

LOOKS = {"GET"}
EXPORT = "/jobs/batch-export"


@pytest.fixture
def session(cloud: RunningCloud) -> Session:
    """Somebody's hands in an empty cloud."""
    cloud.reset()
    return open_at(cloud, [])


@pytest.fixture
def folder(tmp_path: Path, cloud: RunningCloud, session: Session) -> Folder:
    (tmp_path / "project").mkdir()
    return sample(tmp_path / "project", cloud)


def by_hand(session: Session, *, jobs: int = 1) -> None:
    """Two links, and jobs of all three types."""
    for declared in (MYSQL, FILES):
        Life(LinkProvider, session).up(**declared)
    kinds = ("NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB")
    for number in range(jobs):
        job = changed(ORDERS, name=f"orders{number}", job_type=kinds[number % 3])
        Life(JobProvider, session).up(**job)


def factory_by_hand(session: Session, tmp_path: Path, *, copies: int = 0) -> None:
    bundle = orders()
    for number in range(copies):
        bundle.jobs[f"copy{number}"] = {**bundle.jobs["orders_hourly"], "name": f"copy{number}"}
    path = upload(session, bundle)
    Life(JobImportProvider, session).up(path=path, bundle=write_source(tmp_path / "by-hand", bundle))


def flink_by_hand(session: Session, tmp_path: Path, *, jobs: int = 2) -> None:
    (tmp_path / "flink-by-hand").mkdir()
    session.obs().create_bucket(Bucket="lake")
    bundle = Bundle(tmp_path / "flink-by-hand", session)
    for number in range(jobs):
        bundle.job(f"stream {number}", checkpoint_mode=2, sql=f"INSERT INTO sink SELECT {number};\n")
    Life(FlinkJobImportProvider, session).up(**bundle.arguments())


def changes_made(cloud: RunningCloud, since: int) -> list[str]:
    """Return the requests that may have changed something; an export is a POST that reads."""
    asked = [served for served in cloud.requests()[since:] if not served.path.endswith(EXPORT)]
    return [f"{served.method} {served.path}" for served in asked if served.method not in LOOKS | {"HEAD"}]


def imported(folder: Folder, *arguments: str) -> Any:
    return typed(folder, "import", *arguments)


def secrets_of(text: str) -> list[str]:
    return [line.rsplit(" ", 1)[1] for line in text.splitlines() if "config set --secret" in line]


def test_the_printed_code_and_the_state_agree(folder: Folder, session: Session, cloud: RunningCloud) -> None:
    by_hand(session)
    before = len(cloud.requests())
    said = imported(folder, "cdm.Job", "orders", f"{CLUSTER}/orders0")
    assert changes_made(cloud, before) == []
    assert said.out.startswith("orders = cdm.Job(\n")
    declare(folder, said.out)
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    assert resources(folder)["orders"]["protect"] is True


def test_a_link_is_imported_without_its_secret_and_keeps_it(folder: Folder, session: Session) -> None:
    by_hand(session)
    said = imported(folder, "cdm:Link", "mysql", f"{CLUSTER}/mysql", "--no-protect")
    assert secrets_of(said.err) == ["mysql_password"]
    assert resources(folder)["mysql"]["outputs"]["fingerprints"] == {"secrets": "unread"}
    declare(folder, said.out)
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    declare(folder, said.out.replace('"10.120.205.30"', '"10.120.205.31"'))
    refused = folder.dataarts("up", "--yes", code=2)
    assert "secrets could not be read when it was imported" in refused.text
    typed(folder, "config", "set", "--secret", "mysql_password", CANARY)
    folder.dataarts("up", "--yes")
    assert set(resources(folder)["mysql"]["outputs"]["fingerprints"]) == {"secrets.password"}
    typed(folder, "config", "set", "--secret", "mysql_password", "rotated")
    folder.dataarts("preview", "--expect-no-changes", code=7)


def test_what_the_service_cannot_tell_is_given(folder: Folder, session: Session) -> None:
    Life(BucketProvider, session).up(bucket="lake", tags={"team": "lake"}, versioning=True)
    (folder.path / "rates.csv").write_text("EUR,1.0")
    Life(ObjectProvider, session).up(bucket="lake", key="rates.csv", source=str(folder.path / "rates.csv"))
    refused = typed(folder, "import", "obs:Object", "rates", "lake/rates.csv", code=2)
    assert "give either source or content" in refused.text
    code = imported(folder, "obs:Object", "rates", "lake/rates.csv", "-a", "source=rates.csv").out
    code += imported(folder, "obs:Bucket", "lake", "lake").out
    declare(folder, code)
    folder.dataarts("preview", "--refresh", "--expect-no-changes")


def test_what_is_not_there_or_there_twice_is_told(folder: Folder, session: Session) -> None:
    by_hand(session)
    assert "there is no cdm.Link" in typed(folder, "import", "cdm:Link", "x", f"{CLUSTER}/nowhere", code=4).text
    assert "cdm:Link" in typed(folder, "import", "cdm:Lnik", "x", "y", code=2).text
    assert "give TYPE NAME ID" in typed(folder, "import", "cdm:Link", code=2).text
    imported(folder, "cdm:Link", "mysql", f"{CLUSTER}/mysql")
    assert "already" in typed(folder, "import", "cdm:Link", "mysql", f"{CLUSTER}/mysql", code=2).text
    assert "no resource urn" in typed(
        folder, "import", "cdm:Link", "b", f"{CLUSTER}/mysql", "--parent", "urn:pulumi:dev::sample::a:b:C::d", code=2
    ).text  # fmt: skip


def test_a_project_becomes_a_program_a_bundle_and_a_state(
    folder: Folder, session: Session, cloud: RunningCloud, tmp_path: Path
) -> None:
    by_hand(session, jobs=3)
    factory_by_hand(session, tmp_path)
    flink_by_hand(session, tmp_path)
    before = len(cloud.requests())
    everything = ("--from-cloud", "--cluster", CLUSTER, "--workspace", "default", "--flink", "--bucket", "lake")
    said = imported(folder, *everything)
    assert changes_made(cloud, before) == []
    assert set(secrets_of(said.err)) == {"mysql_password", "files_securitykey"}
    assert "those that no job names were not found" in said.err
    program = (folder.path / "__main__.py").read_text()
    assert "from_link=mysql.name" in program
    assert (folder.path / "bundles/default/scripts/clean_orders.sql").read_text() == "select 1"
    folder.dataarts("preview", "--expect-no-changes")
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    assert "nothing to import" in imported(folder, *everything).text


def test_what_was_imported_is_managed_from_then_on(folder: Folder, session: Session, tmp_path: Path) -> None:
    factory_by_hand(session, tmp_path)
    flink_by_hand(session, tmp_path)
    imported(folder, "--from-cloud", "--workspace", "default", "--flink", "--bucket", "lake", "--no-protect")
    (folder.path / "bundles/default/scripts/clean_orders.sql").write_text("select 2")
    for file in (folder.path / "flink/jobs").glob("*.sql"):
        file.write_text("INSERT INTO sink SELECT 'edited'")
    changed_steps = folder.plan()
    assert [field["path"] for field in changed_steps["default-jobs (dlf:JobImport)"]["fields"]] == [
        "jobs.orders_daily",
        "scripts.clean_orders",
    ]
    folder.dataarts("up", "--yes")
    assert dlf.show_script(place(session), "clean_orders")["content"] == "select 2"
    assert {job.settings()["sql_body"] for job in jobs_in(session).values()} == {"INSERT INTO sink SELECT 'edited'"}
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    folder.dataarts("destroy", "--yes")
    assert jobs_in(session) == {}


def test_one_job_of_a_workspace_or_of_flink_is_imported_by_its_name(
    folder: Folder, session: Session, cloud: RunningCloud, tmp_path: Path
) -> None:
    factory_by_hand(session, tmp_path)
    flink_by_hand(session, tmp_path)
    before = len(cloud.requests())
    assert "--bucket" in typed(folder, "import", "dlf:JobImport", "daily", "default/orders_daily", code=2).text
    code = imported(folder, "dlf:JobImport", "daily", "default/orders_daily", "--bucket", "lake").out
    code += imported(folder, "dli:FlinkJobImport", "stream", "stream 1", "--bucket", "lake").out
    assert changes_made(cloud, before) == []
    assert sorted(path.name for path in (folder.path / "bundles/daily").rglob("*.*")) == [
        "clean_orders.script", "clean_orders.sql", "orders_daily.job",
    ]  # fmt: skip
    declare(folder, code)
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    for type, id in (("dlf:JobImport", "default/none"), ("dli:FlinkJobImport", "none")):
        assert "there is no " in typed(folder, "import", type, "x", id, "--bucket", "lake", code=4).text


def test_a_program_or_sources_that_stand_are_not_overwritten(folder: Folder, session: Session, tmp_path: Path) -> None:
    factory_by_hand(session, tmp_path)
    (folder.path / "bundles/default/jobs").mkdir(parents=True)
    (folder.path / "bundles/default/jobs/orders_daily.job").write_text("mine")
    refused = typed(folder, "import", "--from-cloud", "--workspace", "default", "--bucket", "lake", code=2)
    assert "orders_daily.job already" in refused.text
    assert (folder.path / "bundles/default/jobs/orders_daily.job").read_text() == "mine"
    assert not (folder.path / "__main__.py").exists()
    assert "no bucket is named" in typed(folder, "import", "--from-cloud", "--workspace", "default", code=2).text


def test_beside_a_program_it_is_a_module_to_be_imported(folder: Folder, session: Session) -> None:
    by_hand(session)
    declare(folder, "import imported\n")
    assert "add `import imported`" in imported(folder, "--from-cloud", "--cluster", CLUSTER).text
    folder.dataarts("preview", "--expect-no-changes")


def test_what_cannot_be_declared_is_left_out_with_the_reason(folder: Folder, session: Session) -> None:
    by_hand(session)
    disposable = changed(ORDERS, name="once", driver_config={"schedulerConfig": {"isSchedulerJob": True}})
    Life(JobProvider, session).up(**disposable)
    body = cdm.show_job(session, CLUSTER, "once", cdm.NORMAL)
    assert body is not None
    _set(body.driver_config_values, "schedulerConfig", "disposableType", "DELETE_AFTER_SUCCEED")
    _set(body.from_config_values, "fromJobConfig", "columnList", "id&amount")  # it was read percent-encoded
    cdm.update_job(session, CLUSTER, "once", body)
    said = imported(folder, "--from-cloud", "--cluster", CLUSTER)
    assert "left out: cdm.Job embedded/once cannot be declared" in said.err
    assert "once" not in resources(folder)
    folder.dataarts("preview", "--expect-no-changes")


def test_two_hundred_objects(folder: Folder, session: Session, cloud: RunningCloud, tmp_path: Path) -> None:
    by_hand(session, jobs=120)
    factory_by_hand(session, tmp_path, copies=48)
    flink_by_hand(session, tmp_path, jobs=30)
    before = len(cloud.requests())
    imported(folder, "--from-cloud", "--cluster", CLUSTER, "--workspace", "default", "--flink", "--bucket", "lake")
    assert len(cloud.requests()) - before <= 40
    before = len(cloud.requests())
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    assert len(cloud.requests()) - before <= 40
    assert len(resources(folder)) == 124


def test_nothing_from_the_cloud_is_run_as_code(folder: Folder, session: Session) -> None:
    by_hand(session)
    hostile = '"); open("/tmp/x", "w"); ("\n\\N{BULLET}${x}{y}'
    Life(JobProvider, session).up(**changed(ORDERS, name="hostile", from_config={"whereClause": hostile}))
    code = imported(folder, "cdm:Job", 'n"); import os; ("', f"{CLUSTER}/hostile").out
    compile(HEAD + code, "imported", "exec")
    declare(folder, code)
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    stored = next(iter(resources(folder).values()))["inputs"]["from_config"]["whereClause"]
    assert json.loads(json.dumps(stored)) == hostile


def _set(values: Any, group: str, name: str, value: str) -> None:
    for config in values.configs:
        for item in config.inputs if config.name == group else ():
            if item.name.endswith(name):
                item.value = value
