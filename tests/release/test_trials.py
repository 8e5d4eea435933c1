"""Verifications, tried on the embedded cloud: what passes, what does not, and in whose words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api
from pulumi_dataarts.dli import api as dli_api
from pulumi_dataarts.dli import runs as dli_runs
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.release import trials, verification
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CLUSTER, FILES, MYSQL, ORDERS
from tests.dlf.samples import job, node
from tests.dli.conftest import Bundle
from tests.lives import Life, open_at


@pytest.fixture(scope="module")
def opened(cloud: RunningCloud) -> Session:
    return open_at(cloud, [])


@pytest.fixture
def session(opened: Session, cloud: RunningCloud) -> Session:
    cloud.reset()
    return opened


@pytest.fixture
def orders(session: Session) -> None:
    for kind, declared in ((LinkProvider, MYSQL), (LinkProvider, FILES), (JobProvider, ORDERS)):
        Life(kind, session).up(**declared)


@pytest.fixture
def daily(session: Session) -> api.Workspace:
    place = api.workspace(session, "staging")
    api.create_job(place, job("orders_daily", node("nothing", "Dummy")))
    return place


@pytest.fixture
def sessions(session: Session, tmp_path: Path) -> Session:
    """A Flink job that runs."""
    session.obs().create_bucket(Bucket="lake")
    bundle = Bundle(tmp_path, session)
    bundle.job("orders_sessions")
    Life(FlinkJobImportProvider, session).up(**bundle.arguments())
    start(session)
    return session


def start(session: Session) -> None:
    found = dli_api.find_job(session, "orders_sessions")
    assert found is not None
    dli_runs.run(session, found, resume_savepoint=False, deadline_s=60)


def tried(session: Session, **declared: Any) -> trials.Trial:
    ended: list[trials.Trial] = []
    [trial] = trials.carry_out(session, [verification.Verification(name="it", **declared)], ended.append)
    assert ended == [trial]
    return trial


def test_a_run_that_brings_rows_passes(orders: None, session: Session) -> None:
    wanted = {"job": "orders", "cluster": CLUSTER, "rows_min": 100}
    assert tried(session, cdm=wanted).passed
    trial = tried(session, cdm=wanted)
    assert trial.passed
    assert trial.said == "run 2 of orders wrote 100 rows", "each trial is a run of its own"


def test_too_few_rows_do_not(orders: None, session: Session) -> None:
    trial = tried(session, cdm={"job": "orders", "cluster": CLUSTER, "rows_min": 101})
    assert not trial.passed
    assert "it wrote 100 rows, and 101 at least were expected" in trial.said


def test_a_run_that_fails_says_why(orders: None, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("task-fails", task="orders", message="Connection refused.")
    trial = tried(session, cdm={"job": "orders", "cluster": CLUSTER})
    assert not trial.passed
    assert "Connection refused." in trial.said


def test_what_is_not_there_has_not_passed(session: Session) -> None:
    for declared in (
        {"cdm": {"job": "orders", "cluster": CLUSTER}},
        {"dlf": {"job": "orders_daily", "workspace": "staging"}},
        {"dlf": {"job": "orders_daily", "workspace": "nowhere"}},
        {"flink": {"job": "orders_sessions"}},
        {"obs": {"object": "obs://nowhere/at/all"}},
    ):
        assert not tried(session, **declared).passed


def test_a_job_runs_once_and_succeeds(daily: api.Workspace, session: Session) -> None:
    trial = tried(session, dlf={"job": "orders_daily", "workspace": "staging"})
    assert trial.passed, trial.said
    assert [item.status for item in api.list_instances(daily, "orders_daily")] == ["success"]


@pytest.mark.parametrize("kind", ["drop-before", "drop-after-commit", "throttle"])
def test_a_lost_answer_never_runs_a_job_twice(
    daily: api.Workspace, session: Session, cloud: RunningCloud, kind: str
) -> None:
    cloud.fault(kind, method="POST", path="*/run-immediate")
    assert tried(session, dlf={"job": "orders_daily", "workspace": "staging"}).passed
    assert len(api.list_instances(daily, "orders_daily")) == 1


def test_a_job_that_fails_says_why(daily: api.Workspace, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("task-fails", task="orders_daily", message="Table not found.")
    trial = tried(session, dlf={"job": "orders_daily", "workspace": "staging"})
    assert not trial.passed
    assert "fail: Table not found." in trial.said


def test_a_flink_job_that_keeps_running_passes(sessions: Session) -> None:
    trial = tried(sessions, flink={"job": "orders_sessions", "minutes": 5})
    assert trial.passed, trial.said
    assert trial.seconds >= 290


def test_one_that_is_started_anew_meanwhile_does_not(sessions: Session) -> None:
    looks = 0
    find = dli_api.find_job

    def restarting(session: Session, name: str) -> Any:
        nonlocal looks
        looks += 1
        if looks == 3:
            found = find(session, name)
            assert found is not None
            dli_runs.stop(session, [found], trigger_savepoint=False, deadline_s=60)
            dli_runs.run(session, found, resume_savepoint=False, deadline_s=60)
        return find(session, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dli_api, "find_job", restarting)
        trial = tried(sessions, flink={"job": "orders_sessions", "minutes": 5})
    assert not trial.passed
    assert "was started anew" in trial.said


def test_one_that_stands_still_does_not(sessions: Session) -> None:
    found = dli_api.find_job(sessions, "orders_sessions")
    assert found is not None
    dli_runs.stop(sessions, [found], trigger_savepoint=False, deadline_s=60)
    trial = tried(sessions, flink={"job": "orders_sessions"})
    assert not trial.passed
    assert "job_cancel_success (stopped)" in trial.said


def test_an_object_is_looked_for_by_name_or_by_folder(session: Session) -> None:
    session.obs().create_bucket(Bucket="landing")
    objects.put(session, "landing", "orders/full/part-1.csv", b"1,2,3\n")
    objects.put(session, "landing", "orders/empty/", b"")
    assert tried(session, obs={"object": "obs://landing/orders/full/part-1.csv", "bytes_min": 6}).passed
    assert tried(session, obs={"object": "obs://landing/orders/full/"}).passed
    assert tried(session, obs={"object": "obs://landing/"}).passed
    assert not tried(session, obs={"object": "obs://landing/orders/full/part"}).passed
    assert not tried(session, obs={"object": "obs://landing/orders/full/", "bytes_min": 7}).passed
    trial = tried(session, obs={"object": "obs://landing/orders/empty/"})
    assert "there is nothing at obs://landing/orders/empty/" in trial.said
