"""What goes wrong on the way: each failure is told by name, and the next run goes on where the last one stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import CloudError, ConfigError, RunFailed, WaitTimeout
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import PATH, calls, edited, keys, orders, upload, versions, write_source
from tests.lives import Life


@pytest.fixture
def life(session: Session) -> Life:
    upload(session, orders())
    return Life(JobImportProvider, session)


def put(life: Life, folder: Path, bundle: Any, **arguments: Any) -> str:
    upload(life.session, bundle)
    return life.up(path=PATH, bundle=write_source(folder, bundle), **arguments)


def test_a_task_that_fails_as_a_whole_is_an_error_with_the_services_reason(
    life: Life, tmp_path: Path, cloud: RunningCloud
) -> None:
    cloud.fault("task-fails", task=PATH, message="Fail to read OBS file.")
    with pytest.raises(RunFailed) as caught:
        put(life, tmp_path, orders())
    assert "Fail to read OBS file." in str(caught.value)
    assert "agency" in caught.value.hint
    assert versions(life.session) == {}


def test_an_archive_that_the_service_cannot_read_is_an_error_at_once(
    life: Life, tmp_path: Path, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = api.import_jobs

    def elsewhere(here: api.Workspace, request: Any) -> str:
        return real(here, request.model_copy(update={"path": "obs://bundles/not-there.zip"}))

    monkeypatch.setattr(api, "import_jobs", elsewhere)
    with pytest.raises(CloudError) as caught:
        put(life, tmp_path, orders())
    assert caught.value.code == "DLF.0815"
    assert "agency" in caught.value.hint


def test_one_job_that_fails_is_named_and_the_next_run_imports_just_that(
    life: Life, tmp_path: Path, cloud: RunningCloud
) -> None:
    cloud.fault("task-fails", task="orders_hourly", message="locked by another user")
    with pytest.raises(RunFailed) as caught:
        put(life, tmp_path, orders())
    assert "orders_hourly" in str(caught.value)
    assert "locked by another user" in str(caught.value)
    assert "1 of 2 parts failed" in caught.value.hint
    before = versions(life.session)
    assert before.keys() == {"orders_daily"}
    put(life, tmp_path, orders())
    assert life.outputs["outcome"] == {"orders_daily": "unchanged", "orders_hourly": "created"}
    assert versions(life.session)["orders_daily"] == before["orders_daily"]


def test_a_lost_answer_makes_no_second_import(life: Life, tmp_path: Path, cloud: RunningCloud, said: list[str]) -> None:
    cloud.fault("drop-after-commit", method="POST", path="*/jobs/import")
    put(life, tmp_path, orders())
    assert calls(cloud).count("POST jobs/import") == 1
    assert set(versions(life.session).values()) == {"1"}
    assert f"import of {PATH}: no answer; looking whether it took effect" in said


def test_an_import_that_never_arrived_is_sent_again(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", method="POST", path="*/jobs/import")
    put(life, tmp_path, orders())
    assert versions(life.session).keys() == {"orders_daily", "orders_hourly"}
    assert set(versions(life.session).values()) == {"1"}


def test_a_lost_answer_of_an_update_is_looked_into_as_well(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    put(life, tmp_path, orders())
    changed = edited(orders(), clean_orders="select 2")
    changed.jobs["orders_daily"]["params"][0]["value"] = "tomorrow"
    cloud.fault("drop-after-commit", method="POST", path="*/jobs/import")
    put(life, tmp_path, changed)
    assert versions(life.session) == {"orders_daily": "2", "orders_hourly": "1"}


def test_an_import_that_changes_nothing_is_not_taken_for_done(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What SKIP does to a job that is made between the look and the import: success is reported, nothing written."""
    put(life, tmp_path, orders())
    changed = orders()
    changed.jobs["orders_daily"]["params"][0]["value"] = "tomorrow"
    real = api.import_jobs

    def skipping(here: api.Workspace, request: Any) -> str:
        return real(here, request.model_copy(update={"same_name_policy": "SKIP"}))

    monkeypatch.setattr(api, "import_jobs", skipping)
    with pytest.raises(RunFailed, match="the import ended, but job orders_daily: still as before"):
        put(life, tmp_path, changed)


def test_a_job_that_is_not_there_after_the_import_is_named(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = api.show_task

    def losing(here: api.Workspace, task_id: str) -> Any:
        task = real(here, task_id)
        if task.status == "SUCCESSFUL":
            api.delete_job(here, "orders_daily", [])
        return task

    monkeypatch.setattr(api, "show_task", losing)
    with pytest.raises(RunFailed, match="job orders_daily: not there"):
        put(life, tmp_path, orders())


def test_an_import_that_does_not_end_in_time_says_how_far_it_is(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = api.show_task
    running = {"status": "RUNNING"}
    monkeypatch.setattr(api, "show_task", lambda here, task_id: real(here, task_id).model_copy(update=running))
    with pytest.raises(WaitTimeout, match=r"the import of obs://.* within 30 s \(task .* RUNNING"):
        put(life, tmp_path, orders(), deadline_s=30)


def test_what_is_wrong_with_an_archive_is_told_before_anything_is_sent(life: Life, cloud: RunningCloud) -> None:
    bundle = orders()
    bundle.jobs["orders_daily"]["nodes"] = []
    upload(life.session, bundle)
    with pytest.raises(
        ConfigError, match="orders.zip: jobs/orders_daily.job: nodes must be a list of at least one object"
    ):
        life.up(path=PATH)
    assert calls(cloud) == []


def test_throttled_and_faulty_reads_are_repeated(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.fault("throttle", path="*/system-tasks/*", times=2)
    cloud.fault("status", path="*/jobs/batch-export", status=503, times=2)
    put(life, tmp_path, orders())
    assert versions(life.session).keys() == {"orders_daily", "orders_hourly"}


def test_what_a_failed_update_had_put_there_is_in_nobodys_way(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    life.session.obs().delete_object(Bucket="bundles", Key="orders/orders.zip")
    life.up(path=PATH, bundle=write_source(tmp_path, orders()))
    cloud.fault("task-fails", task="orders_daily", message="locked by another user")
    with pytest.raises(RunFailed):
        life.up(path=PATH, bundle=write_source(tmp_path, edited(orders(), clean_orders="select 2")))
    assert life.up(path=PATH, bundle=write_source(tmp_path, edited(orders(), clean_orders="select 3"))) == "update"
    assert api.show_script(api.workspace(life.session, "default"), "clean_orders")["content"] == "select 3"
    life.destroy()
    assert keys(life.session) == []
