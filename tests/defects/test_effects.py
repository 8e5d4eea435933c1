"""What a step does beyond configuration is said in one vocabulary, before it is done."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.dli.job_run import FlinkJobRunProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.effects import (
    DELETES_DATA,
    MOVES_DATA,
    OVERWRITES_EDIT,
    RESTARTS_AFRESH,
    RESTARTS_SAVED,
    STOPS_JOB,
    VOCABULARY,
)
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import ORDERS, changed
from tests.defects.subjects import SUBJECTS
from tests.dlf.samples import PATH, edited, orders, place, upload, without, write_source
from tests.dli.conftest import Bundle
from tests.lives import Life


def words(effects: list[str]) -> list[str]:
    return [effect.partition(":")[0] for effect in effects]


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_handler_speaks_the_vocabulary(name: str, cloud: RunningCloud, session: Session) -> None:
    subject = SUBJECTS[name]
    with tempfile.TemporaryDirectory() as folder:
        life = Life(subject.provider, session)
        subject.prepare(session, Path(folder))
        life.up(**subject.first(Path(folder)))
        for declared in (subject.edited, subject.moved):
            if declared:
                said = life.plan(**declared(Path(folder))).effects
                assert set(words(said)) <= set(VOCABULARY)
                assert all(": " in effect for effect in said)


def test_what_is_configuration_only_says_nothing(links: None, session: Session) -> None:
    life = Life(JobProvider, session)
    life.up(**ORDERS)
    assert life.plan(**changed(ORDERS, from_config={"tableName": "x"})).effects == []


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("cdm.JobRun", [MOVES_DATA]),
        ("dli.FlinkJobRun", [STOPS_JOB, MOVES_DATA]),
        ("obs.Object", [DELETES_DATA]),
    ],
)
def test_a_replacement_says_what_its_two_halves_do(
    subject: str, expected: list[str], session: Session, tmp_path: Path
) -> None:
    item = SUBJECTS[subject]
    item.prepare(session, tmp_path)
    life = Life(item.provider, session)
    life.up(**item.first(tmp_path))
    assert item.moved
    assert words(life.plan(**item.moved(tmp_path)).effects) == expected


def test_a_replaced_bucket_that_may_be_emptied_deletes_data(session: Session) -> None:
    item = SUBJECTS["obs.Bucket"]
    life = Life(item.provider, session)
    life.up(bucket="lake-of-tests", force_destroy=True)
    assert words(life.plan(bucket="sea-of-tests", force_destroy=True).effects) == [DELETES_DATA]


def test_an_import_says_edits_stops_and_deletions(session: Session, tmp_path: Path) -> None:
    upload(session, orders())
    life = Life(JobImportProvider, session)
    life.up(path=PATH, bundle=write_source(tmp_path, orders()))
    body = dlf.show_job(place(session), "orders_daily")
    dlf.update_job(place(session), "orders_daily", {**body, "params": []})
    life.refresh()
    folder = write_source(tmp_path, without(edited(orders(), clean_orders="select 2"), "orders_hourly", "sum_orders"))
    said = life.plan(path=PATH, bundle=folder).effects
    assert words(said) == [OVERWRITES_EDIT, STOPS_JOB, DELETES_DATA]
    assert words(life.plan(path=PATH, bundle=folder, when_running="fail").effects) == [OVERWRITES_EDIT, DELETES_DATA]


@pytest.mark.parametrize(("savepoint", "expected"), [(True, RESTARTS_SAVED), (False, RESTARTS_AFRESH)])
def test_a_flink_job_says_whether_its_state_is_kept(
    session: Session, flink: Bundle, savepoint: bool, expected: str
) -> None:
    life = Life(FlinkJobImportProvider, session)
    how: dict[str, Any] = {"when_running": "stop", "savepoint": savepoint}
    life.up(**flink.arguments(**how))
    flink.job("orders", sql="SELECT 2")
    assert life.plan(**flink.arguments(**how)).effects == [f"{expected}: orders"]
    run = Life(FlinkJobRunProvider, session)
    run.up(job_name="orders")
    kept = {"trigger_savepoint": savepoint, "resume_savepoint": savepoint}
    assert run.plan(job_name="orders", triggers={"sql": 2}, **kept).effects == [f"{expected}: orders"]
