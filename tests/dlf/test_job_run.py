"""A run of a factory job as a resource: started once, seen to its end, never lost and never started again by itself."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.job_run import JobRunProvider
from pulumi_dataarts.errors import Conflict, NotFound, RunFailed, WaitTimeout
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import job, node, place
from tests.lives import Life, open_at

RUN: dict[str, Any] = {"job_name": "orders_daily"}


@pytest.fixture
def run(session: Session) -> Life:
    """A run that is not declared yet, of a job that stands."""
    api.create_job(place(session), job("orders_daily", node("nothing", "Dummy")))
    return Life(JobRunProvider, session)


def statuses(session: Session) -> list[str]:
    return [item.status for item in api.list_instances(place(session), "orders_daily")]


def test_a_run_is_started_and_seen_to_its_end(run: Life, session: Session) -> None:
    assert run.up(**RUN) == "create"
    assert run.id == "default/orders_daily/1"
    assert run.outputs["status"] == "success"
    assert 0 < run.outputs["started_ms"] < run.outputs["ended_ms"]
    assert statuses(session) == ["success"]


def test_nothing_starts_it_again_but_other_parameters_and_triggers(run: Life, session: Session) -> None:
    run.up(**RUN)
    before = dict(run.outputs)
    assert run.refresh()
    assert run.outputs == before
    assert run.up(**RUN) == "same"
    assert run.up(**RUN, wait=False, deadline_s=5, when_running="wait") == "update"
    plan = run.plan(**RUN, triggers={"release": "2"})
    assert plan.effects == ["starts data movement: orders_daily"]
    assert run.up(**RUN, triggers={"release": "2"}) == "replace"
    assert run.up(**RUN, triggers={"release": "2"}, params={"day": "x"}) == "replace"
    run.destroy()
    assert statuses(session) == ["success"] * 3


def test_one_that_fails_says_why_and_the_next_up_starts_anew(run: Life, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("task-fails", task="orders_daily", message="Table not found.")
    with pytest.raises(RunFailed, match=r"fail: Table not found\."):
        run.up(**RUN)
    assert run.up(**RUN) == "create"
    assert statuses(session) == ["success", "fail"]


@pytest.mark.parametrize("kind", ["drop-before", "drop-after-commit", "throttle"])
def test_a_lost_answer_never_runs_it_twice(run: Life, session: Session, cloud: RunningCloud, kind: str) -> None:
    cloud.fault(kind, method="POST", path="*/run-immediate")
    run.up(**RUN)
    assert statuses(session) == ["success"]


def test_where_waiting_was_cut_off_the_next_up_takes_the_run_over(
    run: Life, session: Session, cloud: RunningCloud
) -> None:
    with pytest.raises(WaitTimeout):
        run.up(**RUN, deadline_s=0.001)
    assert Life(JobRunProvider, open_at(cloud, [])).up(**RUN) == "create"
    assert statuses(session) == ["success"]


def test_what_is_under_way_is_taken_over_only_where_it_does_the_same(
    run: Life, session: Session, cloud: RunningCloud
) -> None:
    here = place(session)
    api.run_once(here, "orders_daily", {})
    with pytest.raises(Conflict, match=r"busy with run 1 \(waiting\)"):
        run.up(**RUN, params={"day": "x"})
    with pytest.raises(Conflict, match="is busy"):
        run.up(**RUN, when_running="fail")
    api.update_job(here, "orders_daily", job("orders_daily", node("nothing", "Dummy"), description="edited"))
    with pytest.raises(Conflict, match="is busy"):
        run.up(**RUN)
    assert run.up(**RUN, when_running="wait") == "create"
    assert statuses(session) == ["success", "success"]


def test_two_runs_of_one_job_in_a_program_are_two(run: Life, cloud: RunningCloud) -> None:
    fresh = open_at(cloud, [])
    first, second = Life(JobRunProvider, fresh), Life(JobRunProvider, fresh)
    first.up(**RUN, wait=False)
    with pytest.raises(Conflict, match="Order runs of one job by `depends_on`"):
        second.up(**RUN, triggers={"second": True})


def test_a_run_of_the_past_is_imported(run: Life, session: Session) -> None:
    run.up(**RUN)
    read = JobRunProvider()
    read._session = session
    found = read.read("default/orders_daily/1", {})
    assert found.outs is not None
    assert (found.outs["job_name"], found.outs["status"]) == ("orders_daily", "success")
    assert not read.read("default/orders_daily/7", {}).id


def test_what_is_not_there_is_not_run(session: Session) -> None:
    with pytest.raises(NotFound):
        Life(JobRunProvider, session).up(**RUN)
