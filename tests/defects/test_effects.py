"""What a step does beyond configuration is said in one vocabulary, before it is done."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli import api as dli
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.dli.job_run import FlinkJobRunProvider
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call
from pulumi_dataarts.lifecycle.effects import (
    DELETES_DATA,
    MOVES_DATA,
    OVERWRITES_EDIT,
    RESTARTS_AFRESH,
    RESTARTS_SAVED,
    STOPS_JOB,
    VOCABULARY,
)
from pulumi_dataarts.report.effects import of_step
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import MYSQL, ORDERS, changed
from tests.defects.subjects import SUBJECTS
from tests.dlf.samples import PATH, edited, orders, place, upload, without, write_source
from tests.dli.conftest import Bundle, jobs_in
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


@pytest.mark.parametrize(
    ("subject", "made", "removed"),
    [
        ("cdm.Link", [], []),
        ("cdm.Job", [], []),
        ("cdm.JobRun", [MOVES_DATA], []),
        ("dlf.JobImport", [], [STOPS_JOB, DELETES_DATA]),
        ("dlf.JobExport", [], [DELETES_DATA]),
        ("dli.FlinkJobImport", [], [STOPS_JOB, DELETES_DATA]),
        ("dli.FlinkJobRun", [MOVES_DATA], [STOPS_JOB]),
        ("obs.Bucket", [], []),
        ("obs.Object", [], [DELETES_DATA]),
    ],
)
def test_making_and_removing_are_told_too(
    subject: str, made: list[str], removed: list[str], session: Session, tmp_path: Path
) -> None:
    item = SUBJECTS[subject]
    item.prepare(session, tmp_path)
    life = Life(item.provider, session)
    kind = subject.replace(".", ":")
    assert words(of_step(kind, None, life.check(**item.first(tmp_path)))) == made
    life.up(**item.first(tmp_path))
    assert words(of_step(kind, life.outputs, None)) == removed


def test_a_bucket_that_may_be_emptied_and_a_job_that_may_be_stopped_say_so_before_they_go() -> None:
    assert words(of_step("obs:Bucket", {"bucket": "b", "force_destroy": True}, None)) == [DELETES_DATA]
    assert words(of_step("cdm:Job", {"name": "j", "when_running": "stop"}, None)) == [STOPS_JOB]
    assert of_step("random:Pet", {}, None) == of_step("pulumi:pulumi:Stack", None, {}) == []


def _tag(session: Session, team: str) -> None:
    session.obs().put_bucket_tagging(Bucket="lake-of-tests", Tagging={"TagSet": [{"Key": "team", "Value": team}]})


def _settings_by_hand(session: Session) -> None:
    job = jobs_in(session)["orders"]
    service = session.service("dli", {})
    path = f"/v1.0/{service.project_id}/streaming/sql-jobs/{job.job_id}"
    service.send(Call("update SQL job", "PUT", path, body={"cu_number": 9}))


BY_HAND: dict[str, tuple[Callable[[Session], object], str]] = {
    "cdm.Link": (
        lambda session: Life(LinkProvider, session).up(
            **changed(MYSQL, name="new", config={"host": "by-hand"}, adopt=True)
        ),
        "config.host",
    ),
    "cdm.Job": (
        lambda session: Life(JobProvider, session).up(
            **changed(ORDERS, from_config={"schemaName": "by hand"}, adopt=True)
        ),
        "from_config.schemaName",
    ),
    "obs.Bucket": (lambda session: _tag(session, "by hand"), "tags.team"),
    "obs.Object": (lambda session: objects.put(session, "lake", "rates.csv", b"by hand"), "digest"),
    "dli.FlinkJobImport": (_settings_by_hand, "jobs.orders.cu_number"),
}


@pytest.mark.parametrize("subject", BY_HAND)
def test_what_was_edited_by_hand_is_known_until_it_is_overwritten(
    subject: str, session: Session, beside: Session, tmp_path: Path
) -> None:
    item, (edit, path) = SUBJECTS[subject], BY_HAND[subject]
    item.prepare(session, tmp_path)
    life = Life(item.provider, session)
    declared = item.first(tmp_path)
    if subject == "dli.FlinkJobImport":
        declared = SUBJECTS[subject].edited(tmp_path)
    life.up(**declared)
    edit(beside)
    for _ in range(2):
        life.refresh()
        assert path in life.outputs["edited_outside"]
        told = [text for text in life.plan(**declared).effects if text.startswith(OVERWRITES_EDIT)]
        assert len(told) == 1
        assert path in told[0]
    assert life.up(**declared) == "update"
    assert "edited_outside" not in life.outputs
    life.refresh()
    assert life.plan(**declared).effects == []


def test_a_flink_job_that_ended_by_itself_was_edited_by_nobody(
    session: Session, cloud: RunningCloud, flink: Bundle
) -> None:
    Life(FlinkJobImportProvider, session).up(**flink.arguments())
    life = Life(FlinkJobRunProvider, session)
    life.up(job_name="orders")
    dli.stop_jobs(session, [jobs_in(session)["orders"].job_id], trigger_savepoint=False)
    cloud.advance(5)
    life.refresh()
    assert words(life.plan(job_name="orders").effects) == [MOVES_DATA]
