"""The life of a run, against the embedded cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.dli.job_run import FlinkJobRunProvider
from pulumi_dataarts.errors import NotFound, OutcomeUnknown, RunFailed, WaitTimeout
from tests.dli.conftest import jobs_in, settle, start
from tests.lives import Life, Mistaken

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud
    from tests.dli.conftest import Bundle

RUN, STOP = "*/streaming/jobs/run", "*/streaming/jobs/stop"


@pytest.fixture
def life(session: Session, bundle: Bundle) -> Life:
    Life(FlinkJobImportProvider, session).up(**bundle.arguments())
    return Life(FlinkJobRunProvider, session)


def status(session: Session) -> str:
    return jobs_in(session)["orders"].status


def asked(cloud: RunningCloud, path: str) -> int:
    return sum(request.path.endswith(path.removeprefix("*")) for request in cloud.requests())


def test_a_job_is_run_and_then_nothing_differs(life: Life, session: Session, cloud: RunningCloud) -> None:
    assert life.up(job_name="orders") == "create"
    assert (life.id, status(session)) == ("orders", "job_running")
    assert life.refresh()
    assert life.up(job_name="orders") == "same"
    assert asked(cloud, RUN) == 1


def test_nothing_of_a_run_that_changes_by_itself_is_in_the_state(
    life: Life, session: Session, cloud: RunningCloud
) -> None:
    life.up(job_name="orders")
    before = life.outputs
    cloud.advance(3600)
    assert life.refresh()
    assert life.outputs == before


def test_a_job_is_run_by_its_id_too(life: Life, session: Session) -> None:
    job_id = jobs_in(session)["orders"].job_id
    assert life.up(job_id=job_id) == "create"
    assert (life.id, status(session)) == (str(job_id), "job_running")
    assert life.refresh()
    life.destroy()
    assert status(session) == "job_cancel_success"


def test_a_job_that_runs_already_is_left_to_run(
    life: Life, session: Session, cloud: RunningCloud, said: list[str]
) -> None:
    start(session, cloud, "orders")
    before = asked(cloud, RUN)
    assert life.up(job_name="orders") == "create"
    assert asked(cloud, RUN) == before
    assert any("taken over" in line for line in said)


def test_a_job_that_is_being_stopped_is_run_once_it_has(life: Life, session: Session, cloud: RunningCloud) -> None:
    start(session, cloud, "orders")
    api.stop_jobs(session, [jobs_in(session)["orders"].job_id], trigger_savepoint=False)
    assert life.up(job_name="orders") == "create"
    assert status(session) == "job_running"


@pytest.mark.parametrize(
    ("change", "operation", "effects"),
    [
        pytest.param(
            {"job_name": "payments"},
            "replace",
            ["stops a running job: orders", "starts data movement: payments"],
            id="job_name",
        ),
        pytest.param({"state": "stopped"}, "update", ["stops a running job: orders"], id="state"),
        pytest.param(
            {"triggers": {"sql": "2"}},
            "update",
            ["restarts a Flink job without its savepoint: orders"],
            id="triggers",
        ),
        pytest.param({"resume_savepoint": True}, "update", [], id="resume_savepoint"),
        pytest.param({"trigger_savepoint": True}, "update", [], id="trigger_savepoint"),
        pytest.param({"deadline_s": 60}, "update", [], id="deadline_s"),
    ],
)
def test_a_change_of_each_field_means_what_its_rule_says(
    life: Life, session: Session, change: dict[str, Any], operation: str, effects: list[str]
) -> None:
    life.up(job_name="orders")
    declared = {"job_name": "orders", **change}
    assert life.plan(**declared).effects == effects
    assert life.up(**declared) == operation
    assert life.refresh()
    assert life.up(**declared) == "same"


def test_a_changed_trigger_restarts_with_the_savepoints_that_were_asked_for(
    life: Life, session: Session, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = {"job_name": "orders", "resume_savepoint": True, "trigger_savepoint": True}
    life.up(**declared)
    first = jobs_in(session)["orders"].model_dump()["start_time"]
    plan = life.plan(**declared, triggers={"v": "2"})
    assert plan.effects == ["restarts a Flink job with its savepoint: orders"]
    assert life.up(**declared, triggers={"v": "2"}) == "update"
    job = jobs_in(session)["orders"].model_dump()
    assert job["status"] == "job_running"
    assert job["start_time"] > first
    assert job["has_savepoint"]


def test_local_changes_call_nobody(life: Life, cloud: RunningCloud) -> None:
    life.up(job_name="orders")
    before = len(cloud.requests())
    life.up(job_name="orders", deadline_s=1, trigger_savepoint=True, resume_savepoint=True)
    assert len(cloud.requests()) == before


def test_a_job_stopped_by_hand_is_seen_and_run_again(life: Life, session: Session, cloud: RunningCloud) -> None:
    life.up(job_name="orders")
    api.stop_jobs(session, [jobs_in(session)["orders"].job_id], trigger_savepoint=False)
    settle(cloud)
    assert life.refresh()
    assert life.plan(job_name="orders").paths == {"state": "update"}
    assert life.plan(job_name="orders").effects == ["starts data movement: orders"]
    assert life.up(job_name="orders") == "update"
    assert status(session) == "job_running"


def test_a_job_wanted_stopped_is_so_however_it_came_to_rest(life: Life, session: Session, cloud: RunningCloud) -> None:
    assert life.up(job_name="orders", state="stopped") == "create"
    assert (status(session), asked(cloud, STOP)) == ("job_init", 0)
    cloud.fault("task-fails", task="orders", moment="before")
    start(session, cloud, "orders")
    assert status(session) == "job_submit_fail"
    assert life.refresh()
    assert life.up(job_name="orders", state="stopped") == "same"
    start(session, cloud, "orders")
    assert life.refresh()
    assert life.up(job_name="orders", state="stopped") == "update"
    assert status(session) == "job_cancel_success"


def test_a_submission_that_fails_is_an_error_in_the_services_words(
    life: Life, session: Session, cloud: RunningCloud
) -> None:
    cloud.fault("task-fails", task="orders", moment="before", message="The queue has no CUs left.")
    with pytest.raises(RunFailed, match=r"orders is job_submit_fail: The queue has no CUs left\."):
        life.up(job_name="orders")
    assert life.up(job_name="orders") == "create"
    assert status(session) == "job_running"


def test_a_second_failure_is_not_taken_for_the_first(life: Life, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("task-fails", task="orders", moment="before", message="first")
    with pytest.raises(RunFailed, match="first"):
        life.up(job_name="orders")
    cloud.fault("task-fails", task="orders", moment="before", message="second")
    with pytest.raises(RunFailed, match="second"):
        life.up(job_name="orders")


def test_a_refused_run_is_an_error_although_the_call_succeeds(
    life: Life, session: Session, bundle: Bundle, cloud: RunningCloud
) -> None:
    bundle.job("unqueued", queue_name="nowhere")
    Life(FlinkJobImportProvider, session).up(**bundle.arguments())
    with pytest.raises(Exception, match="queue nowhere does not exist"):
        life.up(job_name="unqueued")


@pytest.mark.parametrize("kind", ["drop-before", "drop-after-commit"])
def test_a_run_whose_answer_was_lost_is_looked_for(
    life: Life, session: Session, cloud: RunningCloud, kind: str
) -> None:
    cloud.fault(kind, path=RUN)
    assert life.up(job_name="orders") == "create"
    assert status(session) == "job_running"
    assert asked(cloud, RUN) == (2 if kind == "drop-before" else 1)


def test_a_run_that_never_arrives_ends_as_unknown(life: Life, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", path=RUN, times=2)
    with pytest.raises(OutcomeUnknown):
        life.up(job_name="orders")
    assert status(session) == "job_init"


def test_a_start_that_takes_too_long_is_told_and_continued_by_the_next(
    life: Life, session: Session, cloud: RunningCloud
) -> None:
    cloud.freeze()
    with pytest.raises(WaitTimeout, match=r"orders to run .*job_submitting"):
        life.up(job_name="orders", deadline_s=0.01)
    settle(cloud)
    assert life.up(job_name="orders") == "create"
    assert asked(cloud, RUN) == 1


def test_deleting_stops_the_job_and_leaves_it_there(life: Life, session: Session) -> None:
    life.up(job_name="orders")
    outputs = life.outputs
    life.destroy()
    assert status(session) == "job_cancel_success"
    life.provider.delete("orders", outputs)
    for job in jobs_in(session).values():
        api.delete_job(session, job.job_id)
    life.provider.delete("orders", outputs)


def test_a_job_that_is_still_being_submitted_is_stopped_without_a_savepoint(
    life: Life, session: Session, cloud: RunningCloud
) -> None:
    cloud.freeze()
    with pytest.raises(WaitTimeout):
        life.up(job_name="orders", deadline_s=0.01)
    assert status(session) == "job_submitting"
    life.provider.delete("orders", {"job_name": "orders", "trigger_savepoint": True})
    assert status(session) == "job_cancel_success"


def test_many_runs_are_read_with_few_calls(life: Life, session: Session, bundle: Bundle, cloud: RunningCloud) -> None:
    names = [f"job-{number}" for number in range(20)]
    for name in names:
        bundle.job(name)
    Life(FlinkJobImportProvider, session).up(**bundle.arguments())
    lives = [Life(FlinkJobRunProvider, session) for _ in names]
    for one, name in zip(lives, names, strict=True):
        one.up(job_name=name)
    cloud.advance(60)
    session.clock.sleep(60)
    before = len(cloud.requests())
    assert all(one.refresh() for one in lives)
    assert len(cloud.requests()) - before < 8


def test_no_list_from_before_tells_what_was_changed_since(life: Life, session: Session, bundle: Bundle) -> None:
    names = [f"job-{number}" for number in range(6)]
    for name in names:
        bundle.job(name)
    Life(FlinkJobImportProvider, session).up(**bundle.arguments())
    lives = [Life(FlinkJobRunProvider, session, id=name) for name in names]
    for one in lives[:-1]:
        assert one.refresh()
    Life(FlinkJobRunProvider, session).up(job_id=jobs_in(session)[names[-1]].job_id)
    assert lives[-1].refresh()
    assert lives[-1].outputs["state"] == "running"


def test_a_run_of_a_job_that_is_gone_is_gone(life: Life, session: Session) -> None:
    life.up(job_name="orders")
    api.delete_job(session, jobs_in(session)["orders"].job_id)
    assert not life.refresh()
    with pytest.raises(NotFound, match="no Flink job orders") as missing:
        life.up(job_name="orders")
    assert "depends_on" in missing.value.hint


def test_a_run_is_known_by_its_jobs_name_alone(session: Session, life: Life) -> None:
    life.up(job_name="orders")
    imported = Life(FlinkJobRunProvider, session, id="orders")
    assert imported.refresh()
    assert imported.outputs == {"job_name": "orders", "state": "running"}


@pytest.mark.parametrize("arguments", [{}, {"job_name": "orders", "job_id": 7}])
def test_the_job_is_named_in_exactly_one_way(session: Session, arguments: dict[str, Any]) -> None:
    with pytest.raises(Mistaken) as found:
        Life(FlinkJobRunProvider, session).check(**arguments)
    assert found.value.failures == {"job_name": "give either job_name or job_id"}
