"""A run of a job: started once, seen to its end, never lost and never started again by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm import api, runs
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.errors import Conflict, NotFound, OutcomeUnknown, RunFailed, WaitTimeout
from tests.cdm.declarations import CLUSTER, ORDERS, changed
from tests.cdm.stack import RefusedError, Stack

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

RUN: dict[str, Any] = {"cluster_id": CLUSTER, "job_name": "orders"}
START = "*/job/orders/start"


@pytest.fixture
def run(orders: Stack, session: Session) -> Stack:
    """A run that is not declared yet, of a job that stands."""
    return Stack(JobRunProvider, session)


def starts(session: Session) -> int:
    """How often the job has been started."""
    return len(api.show_submissions(session, CLUSTER, "orders"))


def test_a_run_is_started_and_seen_to_its_end(run: Stack, beside: Session) -> None:
    assert run.up(**RUN) == "create"
    assert run.id == "embedded/orders/1"
    facts = {name: run.outputs[name] for name in ("submission_id", "status", "rows_written", "files_read")}
    assert facts == {"submission_id": 1, "status": "SUCCEEDED", "rows_written": 100, "files_read": 1}
    assert 0 < run.outputs["started_ms"] < run.outputs["ended_ms"]
    assert starts(beside) == 1


def test_nothing_starts_it_again_by_itself(run: Stack, beside: Session) -> None:
    run.up(**RUN)
    before = dict(run.outputs)
    assert run.up(**RUN) == "same"
    assert run.refresh()
    assert run.outputs == before
    assert run.up(**changed(RUN, wait=False, deadline_s=5, min_rows_written=1, when_running="wait")) == "update"
    assert run.outputs["submission_id"] == 1
    run.destroy()
    assert starts(beside) == 1


@pytest.mark.parametrize(
    "fields",
    [{"variables": {"day": "2024-01-02"}}, {"triggers": {"table": "returns"}}],
    ids=["variables", "triggers"],
)
def test_other_variables_or_triggers_are_another_run(run: Stack, beside: Session, fields: dict[str, Any]) -> None:
    run.up(**RUN)
    diff = run.diff(**changed(RUN, **fields))
    assert diff.effects == ["starts data movement: orders"]
    assert not diff.delete_before_replace
    assert run.up(**changed(RUN, **fields)) == "replace"
    assert run.id == "embedded/orders/2"
    assert starts(beside) == 2


def test_variables_are_text(run: Stack) -> None:
    checked = run.checked(changed(RUN, variables={"day": 2, "full": True}))
    assert checked["variables"] == {"day": "2", "full": "true"}
    with pytest.raises(RefusedError, match="join its members"):
        run.checked(changed(RUN, variables={"days": [1, 2]}))


def test_a_history_that_is_gone_does_not_start_it_again(run: Stack, beside: Session, cloud: RunningCloud) -> None:
    run.up(**RUN)
    cloud.advance(40 * 24 * 3600)
    assert starts(beside) == 0
    assert run.refresh()
    assert run.up(**RUN) == "same"


def test_a_run_can_be_read_by_its_id_alone(run: Stack) -> None:
    run.up(**RUN)
    known, run.outputs = run.outputs, {}
    assert run.refresh()
    assert run.outputs["rows_written"] == known["rows_written"]
    run.up(**changed(RUN, triggers={"n": 2}))
    run.id, run.outputs = "embedded/orders/1", {}
    assert run.refresh()
    assert run.outputs["submission_id"] == 1
    run.id, run.outputs = "embedded/orders/77", {}
    assert not run.refresh()


def test_a_failed_run_fails_in_the_services_own_words_and_is_tried_again(
    run: Stack, beside: Session, cloud: RunningCloud
) -> None:
    cloud.fault("task-fails", task="orders", message="Cdm.0900: Table [shop].[orders] does not exist.")
    with pytest.raises(RunFailed, match=r"run 1 of job orders on cluster embedded: FAILED: Cdm.0900: Table .shop"):
        run.up(**RUN)
    assert run.up(**RUN) == "create"
    assert starts(beside) == 2


def test_a_run_that_wrote_too_little_is_a_failure(run: Stack) -> None:
    with pytest.raises(RunFailed, match="it wrote 100 rows, and 101 at least were expected"):
        run.up(**changed(RUN, min_rows_written=101))
    assert run.up(**changed(RUN, min_rows_written=100)) == "create"


def test_without_waiting_only_what_stays_true_is_kept(run: Stack, beside: Session) -> None:
    run.up(**changed(RUN, wait=False))
    assert run.outputs["submission_id"] == 1
    assert "status" not in run.outputs
    before = dict(run.outputs)
    run.refresh()
    assert run.outputs == before


def test_a_wait_that_times_out_names_the_run_and_the_next_up_takes_it_over(
    run: Stack, session: Session, beside: Session, told: list[str], cloud: RunningCloud
) -> None:
    cloud.freeze()
    with pytest.raises(WaitTimeout, match=r"the end of run 1 of job orders .* within 0.1 s \((BOOTING|RUNNING)"):
        run.up(**changed(RUN, deadline_s=0.1))
    again = Stack(JobRunProvider, beside)
    assert again.up(**RUN) == "create"
    assert again.outputs["submission_id"] == 1
    assert starts(beside) == 1


def test_a_run_with_variables_is_not_taken_for_another_one(run: Stack, beside: Session) -> None:
    """Nobody can tell what a run was started with."""
    api.start_job(beside, CLUSTER, "orders", {"day": "1"})
    with pytest.raises(Conflict, match=r"busy with run 1 .*\n.*when_running=\"wait\".*depends_on"):
        run.up(**changed(RUN, variables={"day": "2"}))
    assert run.up(**changed(RUN, variables={"day": "2"}, when_running="wait")) == "create"
    assert run.outputs["submission_id"] == 2


def test_a_run_that_began_before_the_job_was_changed_is_not_taken_over(
    run: Stack, session: Session, beside: Session
) -> None:
    started = api.start_job(beside, CLUSTER, "orders", {})
    job = api.show_job(beside, CLUSTER, "orders", api.NORMAL)
    assert job is not None
    assert started.began_ms is not None
    assert job.update_date is not None
    later = job.model_copy(update={"update_date": started.began_ms + 1})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "read_job", lambda *_: later)
        with pytest.raises(Conflict):
            run.up(**RUN)


@pytest.mark.parametrize("policy", ["wait", "fail"])
def test_a_run_under_way_is_met_as_declared(run: Stack, beside: Session, policy: str) -> None:
    api.start_job(beside, CLUSTER, "orders", {})
    wished = changed(RUN, when_running=policy)
    if policy == "fail":
        with pytest.raises(Conflict):
            run.up(**wished)
        assert starts(beside) == 1
    else:
        run.up(**wished)
        assert run.outputs["submission_id"] == 2


def test_two_runs_of_one_program_are_two_runs(run: Stack, session: Session, beside: Session) -> None:
    run.up(**changed(RUN, wait=False))
    with pytest.raises(Conflict, match="depends_on"):
        Stack(JobRunProvider, session).up(**RUN)
    second = Stack(JobRunProvider, session)
    second.up(**changed(RUN, when_running="wait"))
    assert second.outputs["submission_id"] == 2


def test_a_lost_answer_to_a_start_is_one_run(run: Stack, beside: Session, cloud: RunningCloud, told: list[str]) -> None:
    cloud.fault("drop-after-commit", path=START)
    run.up(**changed(RUN, variables={"day": "1"}))
    assert run.outputs["submission_id"] == 1
    assert starts(beside) == 1
    assert any("no answer to the start; looking whether it runs" in line for line in told)


def test_a_start_that_never_arrived_is_sent_again(run: Stack, beside: Session, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", path=START, times=2)
    run.up(**RUN)
    assert starts(beside) == 1


def test_starts_without_end_or_answer_are_given_up(run: Stack, beside: Session, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", path=START, times=-1)
    with pytest.raises(OutcomeUnknown):
        run.up(**RUN)
    assert len([served for served in cloud.requests() if served.path.endswith("/start")]) == 3


def test_a_lost_answer_is_not_taken_for_an_earlier_run(run: Stack, beside: Session, cloud: RunningCloud) -> None:
    run.up(**RUN)
    cloud.fault("drop-before", path=START)
    run.up(**changed(RUN, triggers={"n": 2}))
    assert run.outputs["submission_id"] == 2


def test_a_look_that_is_behind_does_not_start_twice(run: Stack, beside: Session, cloud: RunningCloud) -> None:
    cloud.freeze()
    cloud.fault("stale-read", path="*/job/orders/status", times=1, skip=1)
    cloud.fault("drop-after-commit", path=START)
    run.up(**changed(RUN, variables={"day": "1"}))
    assert starts(beside) == 1


def test_a_job_that_is_not_there_cannot_be_run(session: Session) -> None:
    with pytest.raises(NotFound, match=r"Cdm.0100"):
        Stack(JobRunProvider, session).up(**RUN)


def test_a_job_that_is_disabled_is_not_run(run: Stack, orders: Stack) -> None:
    orders.up(**changed(ORDERS, enabled=False))
    with pytest.raises(Conflict, match=r"disabled.*Cdm.0059.*\n  Set `enabled`"):
        run.up(**RUN)
