"""Waiting for services: bounded, told, ended at once by Ctrl-C; and a refresh of many objects in few calls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.configs import fold
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.cdm.wire import JobBody
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf import wire
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_run import FlinkJobRunProvider
from pulumi_dataarts.errors import CloudError, ServiceFault, Throttled, WaitTimeout
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CLUSTER, ORDERS
from tests.cli.commands import OURS, Folder
from tests.cli.samples import declare, sample, typed
from tests.defects.subjects import SUBJECTS
from tests.dlf.samples import PATH, orders, upload, write_source
from tests.lives import Life

pytestmark = pytest.mark.usefixtures("fresh_processes")

BUDGET_S = 330.0
JOBS_MANY = 1000
CALLS_MAX = 40


@pytest.fixture
def life(links: None, session: Session) -> Life:
    made = Life(JobProvider, session)
    made.up(**ORDERS)
    return made


def waited_s(session: Session, before_s: float) -> float:
    return session.clock.now_s() - before_s


@pytest.mark.parametrize("retry_after", [None, 60])
def test_a_service_that_throttles_for_ever_is_given_up_within_a_budget(
    life: Life, cloud: RunningCloud, said: list[str], retry_after: int | None
) -> None:
    cloud.fault("throttle", path="*/cdm/job/orders", times=-1, retry_after=retry_after)
    before_s = life.session.clock.now_s()
    with pytest.raises(Throttled):
        life.refresh()
    assert BUDGET_S / 3 < waited_s(life.session, before_s) <= BUDGET_S
    assert any("is sent again in" in line for line in said)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_for_ever_is_given_up_soon(life: Life, cloud: RunningCloud, status: int) -> None:
    cloud.fault("status", path="*/cdm/job/orders", status=status, times=-1)
    before_s = life.session.clock.now_s()
    with pytest.raises(ServiceFault):
        life.refresh()
    assert waited_s(life.session, before_s) < 10


def test_a_token_that_expires_in_the_midst_is_renewed(life: Life, cloud: RunningCloud) -> None:
    keyless = {"access_key": "", "secret_key": "", "user_name": "embedded", "user_password": "embedded"}
    settings = replace(life.session.settings, **keyless, domain_name="embedded")
    life.session = Session(settings, clock=life.session.clock, say=lambda _: None)
    assert life.refresh()
    cloud.advance(25 * 3600)
    assert life.up(**{**ORDERS, "enabled": True}) == "update"
    assert sum(served.path.endswith("/auth/tokens") for served in cloud.requests()) == 2


def test_a_stopped_cluster_is_an_error_at_once(life: Life, cloud: RunningCloud) -> None:
    service = life.session.service("cdm", cdm.ERRORS)
    path = f"/v1.1/{service.project_id}/clusters/{CLUSTER}/action"
    service.send(Call("stop cluster", "POST", path, body={"stop": {"stopMode": "IMMEDIATELY"}}))
    before_s = life.session.clock.now_s()
    with pytest.raises(
        CloudError, match=r"(?s)job orders on cluster embedded: .*The cluster is stopped, or not up yet"
    ):
        life.refresh()
    assert life.id
    assert waited_s(life.session, before_s) < 10


def test_a_cluster_that_comes_up_again_meanwhile_is_gone_on_with(life: Life, cloud: RunningCloud) -> None:
    cloud.fault("status", path="*/cdm/job/orders", status=502, times=3)
    assert life.refresh()
    assert life.up(**ORDERS) == "same"


def test_a_run_that_never_ends_is_waited_for_as_long_as_its_own_inputs_say(
    life: Life, cloud: RunningCloud, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = cdm.Submission.model_validate({"submission-id": 1, "status": "RUNNING"})
    monkeypatch.setattr(cdm, "show_job_status", lambda *_: running if _started(cloud) else None)
    before_s = life.session.clock.now_s()
    with pytest.raises(WaitTimeout, match="within 100 s"):
        Life(JobRunProvider, life.session).up(cluster_id=CLUSTER, job_name="orders", deadline_s=100)
    assert 100 <= waited_s(life.session, before_s) < 110
    assert sum("waiting for the end of run 1" in line for line in said) >= 5


def test_an_import_task_that_never_ends_is_waited_for_as_long_as_its_own_inputs_say(
    session: Session, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(session, orders())
    monkeypatch.setattr(dlf, "show_task", lambda *_: wire.Task(status="RUNNING"))
    before_s = session.clock.now_s()
    with pytest.raises(WaitTimeout, match="within 50 s"):
        Life(JobImportProvider, session).up(path=PATH, bundle=write_source(tmp_path, orders()), deadline_s=50)
    assert 50 <= waited_s(session, before_s) < 60
    assert any(line.startswith("waiting for the import of") for line in said)


def test_a_flink_job_that_never_starts_is_waited_for_as_long_as_its_own_inputs_say(
    session: Session, said: list[str], tmp_path: Path, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    SUBJECTS["dli.FlinkJobRun"].prepare(session, tmp_path)
    monkeypatch.setattr("pulumi_dataarts.dli.runs._STARTED", frozenset())
    before_s = session.clock.now_s()
    with pytest.raises(WaitTimeout, match="within 30 s"):
        Life(FlinkJobRunProvider, session).up(job_name="orders", deadline_s=30)
    assert 30 <= waited_s(session, before_s) < 40
    assert any("waiting for Flink job orders to run" in line for line in said)


def test_the_time_that_an_operation_is_given_bounds_every_wait_in_it(
    session: Session, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(session, orders())
    monkeypatch.setattr(dlf, "show_task", lambda *_: wire.Task(status="RUNNING"))
    life = Life(JobImportProvider, session)
    before_s = session.clock.now_s()
    with life.provider.limited(20), pytest.raises(WaitTimeout, match=r"the 20 s .* waiting for the import of"):
        life.up(path=PATH, bundle=write_source(tmp_path, orders()))
    assert 20 <= waited_s(session, before_s) < 21


RUN = 'cdm.JobRun("run", cluster_id="embedded", job_name="orders"{options})\n'
TIMEOUTS = ", opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='1s'))"


def test_custom_timeouts_are_obeyed(life: Life, cloud: RunningCloud, tmp_path: Path) -> None:
    folder = sample(tmp_path, cloud)
    declare(folder, RUN.format(options=TIMEOUTS))
    refused = folder.dataarts("up", "--yes", code=9).text
    assert "the 1 s that `custom_timeouts` give this operation are over" in refused
    assert "while waiting for the end of run 1 of job orders" in refused


def test_ctrl_c_ends_a_wait_at_once_and_the_next_up_goes_on(life: Life, cloud: RunningCloud, tmp_path: Path) -> None:
    """It is asked once: what is sent is answered and recorded, what only waits ends. Nothing is pending then."""
    folder = sample(tmp_path, cloud)
    declare(folder, RUN.format(options=""))
    process = _typing(folder, "up", "--yes")
    try:
        while not _started(cloud):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        assert process.wait(timeout=60) == 8
        assert time.monotonic() - asked < 30
    finally:
        process.kill()
    assert "0 pending" in typed(folder, "state", "verify").out
    Life(JobRunProvider, life.session).up(cluster_id=CLUSTER, job_name="orders")
    assert _started(cloud) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_jobs_are_refreshed_in_few_calls(
    links: None, session: Session, cloud: RunningCloud, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: cdm.create_job(session, CLUSTER, _body(number)), range(JOBS_MANY)))
    folder = sample(tmp_path, cloud)
    typed(folder, "import", "--from-cloud", "--cluster", CLUSTER)
    before = len(cloud.requests())
    folder.dataarts("preview", "--refresh", "--expect-no-changes")
    calls = len(cloud.requests()) - before
    print(f"{JOBS_MANY} jobs and two links refreshed in {calls} calls")
    assert calls <= CALLS_MAX


def _body(number: int) -> JobBody:
    return JobBody(
        name=f"orders{number}",
        from_connector_name=ORDERS["from_connector"],
        from_link_name="mysql",
        from_config_values=fold({"fromJobConfig": {"useSql": False, "schemaName": "shop", "tableName": "orders"}}),
        to_connector_name=ORDERS["to_connector"],
        to_link_name="files",
        to_config_values=fold(
            {"toJobConfig": {"bucketName": "landing", "outputDirectory": "/orders/", "outputFormat": "CSV_FILE"}}
        ),
    )


def _started(cloud: RunningCloud) -> int:
    return sum(served.path.endswith("/start") for served in cloud.requests())


def _typing(folder: Folder, *arguments: str) -> subprocess.Popen[bytes]:
    clean: dict[str, Any] = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.Popen(
        [sys.executable, "-m", "pulumi_dataarts.cli", *arguments],
        cwd=folder.path,
        env={**clean, "PULUMI_HOME": str(folder.path / ".home"), **folder.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
