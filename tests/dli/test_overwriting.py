"""What becomes of jobs that run when they are to be overwritten or deleted, against the embedded cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dli import api, overwriting
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import CloudError, Conflict, RunFailed
from pulumi_dataarts.huawei import objects
from tests.dli.conftest import IMPORT, imports, jobs_in, start
from tests.lives import Life

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud
    from tests.dli.conftest import Bundle


@pytest.fixture
def life(session: Session) -> Life:
    return Life(FlinkJobImportProvider, session)


def statuses(session: Session) -> dict[str, str]:
    return {name: job.status for name, job in jobs_in(session).items()}


def test_a_running_job_is_not_overwritten_unless_told_how(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    life.up(**bundle.arguments())
    start(session, cloud, "orders")
    bundle.job("orders", sql="SELECT 2")
    with pytest.raises(Conflict, match=r"orders \(job_running\)") as refused:
        life.up(**bundle.arguments())
    assert 'when_running="stop"' in refused.value.hint
    assert statuses(session)["orders"] == "job_running"
    assert imports(cloud) == 1


@pytest.mark.parametrize("savepoint", [True, False])
def test_a_running_job_is_stopped_overwritten_and_run_again(
    life: Life,
    bundle: Bundle,
    session: Session,
    cloud: RunningCloud,
    monkeypatch: pytest.MonkeyPatch,
    savepoint: bool,
) -> None:
    asked = _spied(monkeypatch)
    declared = bundle.arguments(when_running="stop", savepoint=savepoint)
    life.up(**declared)
    start(session, cloud, "orders")
    asked.clear()
    bundle.job("orders", sql="SELECT 2")
    bundle.job("payments", desc="anders")
    bundle.upload()
    how = "with its savepoint" if savepoint else "without its savepoint"
    assert life.plan(**declared).effects == [f"restarts a Flink job {how}: orders, payments"]
    assert life.up(**declared) == "update"
    assert statuses(session) == {"orders": "job_running", "payments": "job_init"}
    assert jobs_in(session)["orders"].settings()["sql_body"] == "SELECT 2"
    assert asked == [("stop", savepoint), ("run", savepoint)]


def test_a_job_that_was_stopped_for_an_import_that_failed_runs_again(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    declared = bundle.arguments(when_running="stop")
    life.up(**declared)
    start(session, cloud, "orders")
    bundle.job("orders", sql="SELECT 2")
    bundle.upload()
    cloud.fault("status", path=IMPORT, status=400)
    with pytest.raises(CloudError):
        life.up(**declared)
    assert statuses(session)["orders"] == "job_running"
    assert objects.keys(session, "lake") == ["flink/orders.zip"]
    assert life.up(**declared) == "update"
    assert statuses(session)["orders"] == "job_running"


def test_an_overwrite_may_wait_for_the_end_of_a_run(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    declared = bundle.arguments(when_running="wait")
    life.up(**declared)
    start(session, cloud, "orders")
    api.stop_jobs(session, [jobs_in(session)["orders"].job_id], trigger_savepoint=False)
    bundle.job("orders", sql="SELECT 2")
    bundle.upload()
    assert life.up(**declared) == "update"
    assert statuses(session)["orders"] == "job_init"


def test_a_run_that_fails_after_the_overwrite_is_an_error_in_the_services_words(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    declared = bundle.arguments(when_running="stop")
    life.up(**declared)
    start(session, cloud, "orders")
    bundle.job("orders", sql="SELEKT")
    bundle.upload()
    cloud.fault("task-fails", task="orders", moment="before", message="Column x not found.")
    with pytest.raises(RunFailed, match="Column x not found"):
        life.up(**declared)
    assert statuses(session)["orders"] == "job_submit_fail"
    assert life.up(**declared) == "update"
    assert statuses(session)["orders"] == "job_running"
    assert objects.keys(session, "lake") == ["flink/orders.zip"]


@pytest.mark.parametrize("call", ["import_jobs", "run_jobs"])
def test_a_process_killed_while_a_job_is_stopped_has_it_run_again_by_the_next(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    declared = bundle.arguments(when_running="stop")
    life.up(**declared)
    start(session, cloud, "orders")
    bundle.job("orders", sql="SELECT 2")
    bundle.upload()
    with monkeypatch.context() as killed:
        killed.setattr(api, call, _killed)
        killed.setattr(overwriting, "_run_again", _killed)
        with pytest.raises(KeyboardInterrupt):
            life.up(**declared)
    assert statuses(session)["orders"] in {"job_cancel_success", "job_init"}
    assert life.up(**declared) == "update"
    assert statuses(session)["orders"] == "job_running"
    assert jobs_in(session)["orders"].settings()["sql_body"] == "SELECT 2"
    assert objects.keys(session, "lake") == ["flink/orders.zip"]


def test_a_running_job_is_deleted_only_as_the_policy_says(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    life.up(**bundle.arguments())
    start(session, cloud, "orders")
    with pytest.raises(Conflict, match="would be deleted"):
        life.destroy()
    assert jobs_in(session).keys() == {"orders", "payments"}
    life.up(**bundle.arguments(when_running="stop"))
    life.destroy()
    assert jobs_in(session) == {}


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def _spied(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Note whether jobs are stopped and run with a savepoint."""
    asked: list[tuple[str, bool]] = []
    run, stop = api.run_jobs, api.stop_jobs

    def run_jobs(session: Session, job_ids: Any, *, resume_savepoint: bool) -> None:
        asked.append(("run", resume_savepoint))
        run(session, job_ids, resume_savepoint=resume_savepoint)

    def stop_jobs(session: Session, job_ids: Any, *, trigger_savepoint: bool) -> None:
        asked.append(("stop", trigger_savepoint))
        stop(session, job_ids, trigger_savepoint=trigger_savepoint)

    monkeypatch.setattr(api, "run_jobs", run_jobs)
    monkeypatch.setattr(api, "stop_jobs", stop_jobs)
    return asked
