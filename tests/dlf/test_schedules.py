"""Jobs on schedule: what happens to them while they are overwritten or deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api, standing
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import Conflict, ProvisionError, RunFailed
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import BUCKET, PATH, calls, edited, job, keys, node, orders, place, upload, without, write_source
from tests.lives import Life


@pytest.fixture
def life(session: Session, tmp_path: Path) -> Life:
    life = Life(JobImportProvider, session)
    put(life, tmp_path, orders())
    return life


def put(life: Life, folder: Path, bundle: Any, **arguments: Any) -> str:
    upload(life.session, bundle)
    return life.up(path=PATH, bundle=write_source(folder, bundle), **arguments)


def statuses(session: Session) -> dict[str, str]:
    found = standing.summaries(session, place(session), ["orders_daily", "orders_hourly"])
    return {name: row.status for name, row in found.items()}


CHANGED = edited(orders(), clean_orders="select 2")


def test_a_job_on_schedule_is_taken_off_it_and_put_back(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    for name in orders().jobs:
        api.start_job(place(life.session), name)
    asked = len(cloud.requests())
    put(life, tmp_path, CHANGED)
    assert statuses(life.session) == {"orders_daily": "SCHEDULING", "orders_hourly": "SCHEDULING"}
    assert "POST jobs/orders_daily/stop" in calls(cloud, asked)
    assert "POST jobs/orders_hourly/stop" not in calls(cloud, asked), "it did not change"
    assert keys(life.session) == ["orders/orders.zip"]


def test_a_job_that_was_not_on_schedule_is_not_put_on_it(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "STOPPED"


def test_the_schedule_is_left_off_if_the_user_wants_that(life: Life, tmp_path: Path) -> None:
    api.start_job(place(life.session), "orders_daily")
    put(life, tmp_path, CHANGED, keep_schedule=False)
    assert statuses(life.session)["orders_daily"] == "STOPPED"


def test_fail_refuses_before_anything_is_written(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    api.start_job(place(life.session), "orders_daily")
    asked = len(cloud.requests())
    with pytest.raises(Conflict, match=r"orders_daily \(SCHEDULING\) must not be touched while on schedule"):
        put(life, tmp_path, CHANGED, when_running="fail")
    assert not [call for call in calls(cloud, asked) if call.startswith(("PUT", "DELETE")) or "import" in call]
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"
    with pytest.raises(Conflict):
        life.provider.delete(life.id, {**life.outputs, "when_running": "fail"})


def run_now(life: Life, name: str) -> None:
    here = place(life.session)
    here.call("run job", "POST", "jobs", name, "run-immediate")


def test_wait_lets_a_running_instance_end_first(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.freeze()
    api.start_job(place(life.session), "orders_daily")
    run_now(life, "orders_daily")
    cloud.advance(0.15)
    asked = len(cloud.requests())
    put(life, tmp_path, CHANGED, when_running="wait")
    order = calls(cloud, asked)
    assert order.count("GET jobs/instances/detail") > 1, "it was looked at until it had ended"
    assert order.index("POST jobs/orders_daily/stop") > max(
        place for place, call in enumerate(order) if call == "GET jobs/instances/detail"
    )


def test_stop_does_not_wait_for_a_running_instance(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    api.start_job(place(life.session), "orders_daily")
    run_now(life, "orders_daily")
    asked = len(cloud.requests())
    put(life, tmp_path, CHANGED, when_running="stop")
    assert "GET jobs/instances/detail" not in calls(cloud, asked)
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"


def test_a_real_time_job_is_stopped_overwritten_and_started(session: Session, tmp_path: Path) -> None:
    bundle = without(orders(), "orders_hourly", "sum_orders", "rules")
    bundle.jobs["orders_daily"] = job("orders_daily", processType="REAL_TIME", schedule={"type": "EXECUTE_ONCE"})
    life = Life(JobImportProvider, session)
    put(life, tmp_path, bundle)
    api.start_job(place(session), "orders_daily")
    put(life, tmp_path, edited(bundle, clean_orders="select 2"))
    assert statuses(session)["orders_daily"] in ("STARTING", "NORMAL")


def test_a_job_that_leaves_the_bundle_is_stopped_and_deleted(life: Life, tmp_path: Path) -> None:
    api.start_job(place(life.session), "orders_hourly")
    put(life, tmp_path, without(orders(), "orders_hourly", "sum_orders", "rules"))
    assert statuses(life.session) == {"orders_daily": "STOPPED"}


def test_a_destroyed_import_stops_its_jobs_first(life: Life) -> None:
    api.start_job(place(life.session), "orders_daily")
    life.destroy()
    assert statuses(life.session) == {}


def test_a_failed_import_puts_the_jobs_back_on_schedule(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    api.start_job(place(life.session), "orders_daily")
    cloud.fault("task-fails", task="orders_daily")
    with pytest.raises(RunFailed):
        put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"
    assert keys(life.session) == ["orders/orders.zip"]


def test_a_run_that_was_killed_while_jobs_were_off_schedule_is_made_good(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kill: nothing after the import happens, and the jobs stay off. The next run reads the note in OBS."""
    api.start_job(place(life.session), "orders_daily")

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(standing, "for_each", lambda items, act: [act(item) for item in items])
        patch.setattr(api, "import_jobs", killed)
        patch.setattr(api, "start_job", killed)
        with pytest.raises(Killed):
            put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "STOPPED"
    note = next(key for key in keys(life.session) if ".off-schedule-" in key)
    body = life.session.obs().get_object(Bucket=BUCKET, Key=note)["Body"].read()
    assert json.loads(body) == ["orders_daily"]
    put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"
    assert note not in keys(life.session)


def test_a_paused_job_stays_off_schedule(life: Life, tmp_path: Path, cloud: RunningCloud, said: list[str]) -> None:
    bundle = without(orders(), "orders_hourly", "sum_orders", "rules")
    bundle.jobs["orders_daily"] = job(
        "orders_daily", {**node("run", scriptName="clean_orders"), "failPolicy": "SUSPEND"}
    )
    put(life, tmp_path, bundle)
    api.start_job(place(life.session), "orders_daily")
    cloud.fault("task-fails", task="orders_daily")
    run_now(life, "orders_daily")
    cloud.advance(5)
    assert statuses(life.session)["orders_daily"] == "PAUSED"
    put(life, tmp_path, edited(bundle, clean_orders="select 2"))
    assert statuses(life.session)["orders_daily"] == "STOPPED"


def test_a_batch_job_that_runs_once_is_not_run_again(session: Session, tmp_path: Path, cloud: RunningCloud) -> None:
    bundle = without(orders(), "orders_hourly", "sum_orders", "rules")
    bundle.jobs["orders_daily"]["schedule"] = {"type": "EXECUTE_ONCE"}
    life = Life(JobImportProvider, session)
    put(life, tmp_path, bundle)
    api.start_job(place(session), "orders_daily")
    cloud.advance(5)
    asked = len(cloud.requests())
    put(life, tmp_path, edited(bundle, clean_orders="select 2"))
    assert "POST jobs/orders_daily/start" not in calls(cloud, asked)


def test_a_lost_answer_of_a_start_is_looked_into(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    api.start_job(place(life.session), "orders_daily")
    cloud.fault("drop-after-commit", method="POST", path="*/orders_daily/start")
    asked = len(cloud.requests())
    put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"
    assert calls(cloud, asked).count("POST jobs/orders_daily/start") == 1


def test_a_start_that_never_arrived_is_sent_again(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    api.start_job(place(life.session), "orders_daily")
    cloud.fault("drop-before", method="POST", path="*/orders_daily/start")
    put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"


def test_a_job_that_cannot_be_stopped_is_left_as_it_is(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.freeze()
    api.start_job(place(life.session), "orders_daily")
    cloud.fault("status", method="POST", path="*/jobs/orders_daily/stop", status=400, times=-1)
    with pytest.raises(ProvisionError, match="stop job"):
        put(life, tmp_path, CHANGED)
    assert statuses(life.session)["orders_daily"] == "SCHEDULING"
