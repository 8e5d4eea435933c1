"""Waiting for runs, where the service tells the past for a while."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dli import runs
from pulumi_dataarts.dli.wire import FlinkJob
from pulumi_dataarts.errors import RunFailed
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import resolve
from tests.huawei.servers import Act, Stage, staged
from tests.huawei.times import Ticking

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = {"dataarts:region": "r", "dataarts:projectId": "p", "dataarts:accessKey": "k", "dataarts:secretKey": "s"}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def session(stage: Stage) -> Session:
    return Session(resolve({**CONFIG, "dataarts:endpoint": stage.url}.get, {}), clock=Ticking(), say=lambda _: None)


def job(status: str, start_time: int) -> FlinkJob:
    return FlinkJob.model_validate({"job_id": 7, "name": "orders", "status": status, "start_time": start_time})


def told(seen: FlinkJob) -> Act:
    return answers({"is_success": "true", "job_detail": seen.model_dump()})


def answers(body: Any) -> Act:
    return Act(200, json.dumps(body).encode())


DONE = answers([{"is_success": "true"}])


def test_the_failure_of_an_earlier_run_is_not_taken_for_this_ones(stage: Stage, session: Session) -> None:
    before = job("job_submit_fail", 1)
    stage.acts = [DONE, told(before), told(job("job_submitting", 2)), told(job("job_running", 2))]
    runs.run(session, before, resume_savepoint=False, deadline_s=60)
    assert stage.acts == []


def test_a_failure_of_this_run_is_told_even_if_it_looks_like_the_last(stage: Stage, session: Session) -> None:
    stage.acts = [DONE, told(job("job_submit_fail", 2))]
    with pytest.raises(RunFailed):
        runs.run(session, job("job_submit_fail", 1), resume_savepoint=False, deadline_s=60)


def test_a_stop_that_failed_earlier_does_not_end_the_wait_for_this_one(stage: Stage, session: Session) -> None:
    before = job("job_cancel_fail", 1)
    stage.acts = [DONE, told(before), told(job("job_canceling", 1)), told(job("job_cancel_success", 1))]
    runs.stop(session, [before], trigger_savepoint=False, deadline_s=60)
    assert stage.acts == []


def test_a_stop_that_fails_is_an_error(stage: Stage, session: Session) -> None:
    stage.acts = [DONE, told(job("job_canceling", 1)), told(job("job_cancel_fail", 1))]
    with pytest.raises(RunFailed, match="orders is job_cancel_fail"):
        runs.stop(session, [job("job_running", 1)], trigger_savepoint=False, deadline_s=60)


@pytest.mark.parametrize("status", ["job_running", "job_submitting", "job_idle", "job_new_in_2027"])
def test_what_may_hold_resources_counts_as_active(status: str) -> None:
    assert runs.is_active(job(status, 1))
