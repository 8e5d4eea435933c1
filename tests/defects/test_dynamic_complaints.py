"""One test for each complaint about dynamic providers in Python: what becomes of it here.

The numbers are those of docs/reference/defects.md.
"""

from __future__ import annotations

import base64
import json
import os
import pickletools
import subprocess
import sys
from pathlib import Path
from typing import Any

import dill
import pulumi
import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.job import JobHandler, JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.cdm.link import Link, LinkHandler, LinkProvider
from pulumi_dataarts.dlf.job_export import JobExportProvider
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.dli.job_run import FlinkJobRunProvider
from pulumi_dataarts.errors import WaitTimeout
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CANARY, CLUSTER, MYSQL, ORDERS, changed
from tests.cli.commands import Folder
from tests.cli.samples import STATE, declare, resources, sample
from tests.lives import Life, Mistaken

PROVIDERS = (
    LinkProvider, JobProvider, JobRunProvider, JobImportProvider, JobExportProvider, FlinkJobImportProvider,
    FlinkJobRunProvider, BucketProvider, ObjectProvider,
)  # fmt: skip
EACH = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.handler.kind)
PICKLED_MAX = 120
PROGRAM = """
cdm.Link(
    "mysql", cluster_id="embedded", name="mysql", connector="generic-jdbc-connector",
    config={"databaseType": "MYSQL", "host": "h", "port": 3306, "database": "d", "username": "u"},
    secrets={"password": "canary-5up3r-s3cret"},
)
obs.Bucket("lake", bucket="lake-of-complaints")
"""
BARRIER = """
import threading
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

TOGETHER, UNDER_WAY = threading.Barrier(4), []

class Provider(ResourceProvider):
    def __reduce__(self):
        return Provider, ()

    def create(self, props):
        UNDER_WAY.append(props)
        at_once = len(UNDER_WAY)
        TOGETHER.wait(timeout=40)
        UNDER_WAY.pop()
        return CreateResult("id", {"at_once": at_once})

class Thing(Resource):
    def __init__(self, name):
        super().__init__(Provider(), name, {})
"""


@pytest.fixture(scope="module")
def folder(cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The stack of `PROGRAM`, brought up once. The folder has no virtual environment and no plugin."""
    cloud.reset()
    made = sample(tmp_path_factory.mktemp("complaints"), cloud)
    made.environment |= {"PATH": "/nonexistent", "PULUMI_PYTHON_CMD": sys.executable}
    declare(made, PROGRAM)
    made.dataarts("up", "--yes")
    return made


@pytest.fixture
def life(links: None, session: Session) -> Life:
    """The job of `ORDERS`, declared."""
    made = Life(JobProvider, session)
    made.up(**ORDERS)
    return made


def pickled(provider: type[DynamicProvider]) -> bytes:
    return base64.b64decode(serialize_provider(provider()))


def opcodes(provider: type[DynamicProvider]) -> set[str]:
    return {str(argument) for _, argument, _ in pickletools.genops(pickled(provider)) if isinstance(argument, str)}


@EACH
def test_c01_the_state_names_the_provider_and_holds_no_code(provider: type[DynamicProvider]) -> None:
    assert opcodes(provider) == {provider.__module__, provider.__name__}
    assert len(pickled(provider)) < PICKLED_MAX


@EACH
def test_c02_a_change_of_the_code_is_no_difference(
    provider: type[DynamicProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pickled(provider)
    monkeypatch.setattr(provider, "diff", lambda *_: None)
    monkeypatch.setattr(type(provider.handler), "read", lambda *_: None)
    assert pickled(provider) == before


def test_c02_nor_is_another_process() -> None:
    code = (
        "from pulumi.dynamic.dynamic import serialize_provider as s; "
        "from pulumi_dataarts.cdm.job import JobProvider as P; print(s(P()))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {serialize_provider(JobProvider())}


@EACH
def test_c03_refresh_and_destroy_run_the_code_that_is_installed(provider: type[DynamicProvider]) -> None:
    assert type(dill.loads(pickled(provider))) is provider


def test_c04_an_update_keeps_every_output(life: Life) -> None:
    before = life.outputs
    assert life.up(**changed(ORDERS, from_config={"tableName": "x"})) == "update"
    assert life.outputs.keys() == before.keys()
    assert life.outputs["to_config"] == before["to_config"]


@EACH
def test_c05_no_key_of_the_session_is_pickled(provider: type[DynamicProvider], cloud: RunningCloud) -> None:
    settings = {
        "dataarts:endpoint": cloud.api,
        "dataarts:endpoints": json.dumps({"obs": cloud.obs}),
        "dataarts:region": "cn-north-4",
        "dataarts:projectId": "embedded",
        "dataarts:accessKey": "embedded",
        "dataarts:secretKey": CANARY,
    }
    made = provider()
    made.configure(ConfigureRequest(Config(raw_config=settings, project_name="sample")))
    assert made.session.settings.secret_key == CANARY
    assert base64.b64decode(serialize_provider(made)) == pickled(provider)
    assert made.serialize_as_secret_always is False


def test_c06_a_secret_stands_in_the_state_encrypted_or_as_a_fingerprint(folder: Folder) -> None:
    text = (folder.path / STATE).read_text()
    entry = resources(folder)["mysql"]
    assert CANARY not in text
    assert set(entry["inputs"]["secrets"]) == {"4dabf18193072939515e22adb298388d", "ciphertext"}
    assert "secrets" not in entry["outputs"]
    assert entry["outputs"]["fingerprints"]["secrets.password"].startswith("v1:")


def test_c07_config_and_environment_reach_the_provider(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"dataarts:region": "cn-north-4", "dataarts:projectId": "p" * 32, "dataarts:workspace": "w"}
    monkeypatch.setenv("HW_ACCESS_KEY", "from-the-environment")
    monkeypatch.setenv("HW_SECRET_KEY", "secret")
    made = JobProvider()
    made.configure(ConfigureRequest(Config(raw_config=settings, project_name="sample")))
    assert made.session.settings.workspace == "w"
    assert made.session.settings.access_key == "from-the-environment"


def test_c08_an_object_that_exists_is_imported_or_taken_over(
    session: Session, beside: Session, tmp_path: Path, cloud: RunningCloud
) -> None:
    Life(LinkProvider, session).up(**MYSQL)
    folder = sample(tmp_path, cloud)
    printed = folder.dataarts("import", "cdm:Link", "mysql", "embedded/mysql").out
    declare(folder, printed)
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    assert Life(LinkProvider, beside).up(**MYSQL) == "create"
    assert {served.method for served in cloud.requests() if "/cdm/" in served.path} == {"GET", "POST"}


def test_c09_drift_is_seen_by_path_and_repaired(life: Life, beside: Session) -> None:
    Life(JobProvider, beside).up(**changed(ORDERS, from_config={"tableName": "by hand"}, adopt=True))
    life.refresh()
    assert life.inputs["from_config"]["tableName"] == life.outputs["from_config"]["tableName"] == "by hand"
    assert life.plan(**ORDERS).paths == {"from_config.tableName": "update"}
    assert life.up(**ORDERS) == "update"
    life.refresh()
    assert life.inputs["from_config"]["tableName"] == "orders"


def test_c10_values_that_only_an_up_can_know_pass_through(life: Life) -> None:
    provider = life.provider
    checked = provider.check({}, {**ORDERS, "from_link": pulumi.output.Unknown(), "to_config": {"bucketName": 3}})
    assert checked.failures == []
    assert isinstance(checked.inputs["from_link"], pulumi.output.Unknown)
    found = provider.diff(life.id, life.outputs, {**life.inputs, "from_link": pulumi.output.Unknown()})
    assert found.paths == {"from_link": "update-replace"}
    mistaken = provider.check({}, {**ORDERS, "from_link": pulumi.output.Unknown(), "name": ""})
    assert [failure.property for failure in mistaken.failures] == ["name"]


def test_c11_as_many_calls_run_at_once_as_parallel_says(tmp_path: Path, cloud: RunningCloud) -> None:
    """Each of eight creates waits until four are under way, and counts how many are."""
    folder = sample(tmp_path, cloud)
    (tmp_path / "together.py").write_text(BARRIER)
    declare(folder, "from together import Thing\n[Thing(f't{number}') for number in range(8)]\n")
    folder.dataarts("up", "--yes", "--parallel", "4")
    counts = [row["outputs"]["at_once"] for row in resources(folder).values()]
    assert (len(counts), max(counts)) == (8, 4)


def test_c12_a_create_that_was_cut_off_is_continued(
    links: None, session: Session, beside: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = cdm.create_job

    def killed(*arguments: Any) -> None:
        create(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cdm, "create_job", killed)
        with pytest.raises(KeyboardInterrupt):
            Life(JobProvider, session).up(**ORDERS)
    again = Life(JobProvider, beside)
    assert again.up(**ORDERS) == "create"
    assert [row.name for row in cdm.list_jobs(beside, CLUSTER, cdm.NORMAL, 1).jobs] == ["orders"]


def test_c13_every_wait_has_a_deadline_of_its_own(life: Life) -> None:
    run = Life(JobRunProvider, life.session)
    before_s = life.session.clock.now_s()
    with pytest.raises(WaitTimeout, match=r"within 0\.2 s"):
        run.up(cluster_id=CLUSTER, job_name="orders", deadline_s=0.2)
    assert life.session.clock.now_s() - before_s < 1


def test_c14_no_plugin_on_the_path_is_needed(folder: Folder) -> None:
    assert folder.environment["PATH"] == "/nonexistent"
    folder.dataarts("preview", "--expect-no-changes")


def test_c15_what_was_made_is_destroyed_without_the_program(tmp_path: Path, cloud: RunningCloud) -> None:
    folder = sample(tmp_path, cloud)
    declare(folder, 'obs.Bucket("lake", bucket="lake-without-program")\n')
    folder.dataarts("up", "--yes")
    (folder.path / "__main__.py").unlink()
    folder.dataarts("destroy", "--yes")
    assert resources(folder) == {}


@EACH
def test_c16_another_python_reads_the_state_as_well(provider: type[DynamicProvider]) -> None:
    """Nothing in the pickle is bytecode: the protocol's own instructions, a module's name, a class's name."""
    assert {code.name for code, _, _ in pickletools.genops(pickled(provider))} <= {
        "PROTO", "FRAME", "SHORT_BINUNICODE", "MEMOIZE", "STACK_GLOBAL", "EMPTY_TUPLE", "REDUCE", "STOP",
    }  # fmt: skip


def test_c17_a_diff_says_which_field_replaces_and_why(life: Life) -> None:
    found = life.plan(**changed(ORDERS, from_connector="hive-connector", from_config={"tableName": "x"}))
    assert found.paths == {"from_connector": "update-replace", "from_config.tableName": "update"}
    assert found.replaces == ["from_connector"]
    assert found.reasons == ["a job's connectors and links are fixed"]


def test_c18_check_completes_normalises_and_says_all_mistakes(session: Session) -> None:
    life = Life(LinkProvider, session)
    checked = life.check(**changed(MYSQL, config={"linkConfig.port": 3307.0, "useSSL": True}))
    assert checked["enabled"] is True
    assert (checked["config"]["port"], checked["config"]["useSSL"]) == ("3307", "true")
    with pytest.raises(Mistaken) as mistaken:
        life.check(**{**MYSQL, "name": "", "conector": "x", "cluster_id": ""})
    assert mistaken.value.failures.keys() == {"name", "conector", "cluster_id"}


def test_c06_write_only_arguments_are_made_secret_by_the_resource_itself() -> None:
    assert LinkHandler.inputs.model_fields.keys() >= {"secrets"}
    assert Link.provider.handler.inputs is LinkHandler.inputs
    assert JobHandler.inputs.model_fields.keys() >= {"from_secrets", "to_secrets"}
