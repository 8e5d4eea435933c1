"""`dli.FlinkJobRun`: that a Flink job runs, or does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi

from pulumi_dataarts.dli import api, runs
from pulumi_dataarts.dli.catalogue import read_job
from pulumi_dataarts.dli.inputs import FlinkJobRunInputs
from pulumi_dataarts.dli.wire import FlinkJob
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import MOVES_DATA, RESTARTS_AFRESH, RESTARTS_SAVED, STOPS_JOB, effect, effects
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.inputs import dump
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties


class FlinkJobRunHandler(Handler[FlinkJobRunInputs]):
    """Brings a job to run or to rest. Nothing of a run is kept in the state: every run ends by itself one day."""

    kind = "dli.FlinkJobRun"
    inputs = FlinkJobRunInputs
    identity = ("job_name", "job_id")

    def create(self, inputs: FlinkJobRunInputs, session: Session) -> Made:
        """Run the job and wait until DLI says that it does; one that runs already is left to run."""
        job = _job_to_bring(inputs, session)
        if inputs.state == "running" and runs.is_active(job) and runs.state_of(job) == "running":
            session.tell(f"Flink job {job.name}: {job.status} already, taken over")
        _bring(job, inputs, session)
        return Made(_id(inputs))

    def update(
        self, id: str, known: Properties, inputs: FlinkJobRunInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Run, stop, or (where a trigger changed) stop and run again."""
        job = _job_to_bring(inputs, session)
        if inputs.state == "running" and any(change.field == "triggers" for change in changed):
            _stop(job, dump(inputs), session)
            job = api.show_job(session, job.job_id)
        _bring(job, inputs, session)
        return {}

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return what the job is up to; None once there is no such job."""
        job = _job(known or {"job_name": id}, session)
        if job is None:
            return None
        named = {} if known else {"job_name": id}
        return Live({**named, "state": _state(job, known.get("state", "running"))})

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Stop the job; the job itself stays."""
        job = _job(known, session)
        if job is not None:
            _stop(job, known, session)

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say what is started, stopped or restarted, and whether Flink's state is kept."""
        if any(change.replaces for change in changed):
            return _of_another_job(known, declared)
        if not any(change.field in {"state", "triggers"} for change in changed):
            return []
        job = declared.get("job_name") or declared.get("job_id")
        is_kept = declared.get("trigger_savepoint") and declared.get("resume_savepoint")
        if declared.get("state") == "stopped":
            return [effect(STOPS_JOB, job)] if known.get("state") != "stopped" else []
        if known.get("state") != "running":
            return [effect(MOVES_DATA, job)]
        return [effect(RESTARTS_SAVED if is_kept else RESTARTS_AFRESH, job)]

    def effects_of_making(self, declared: Properties) -> list[str]:
        """Say that the job is run."""
        return effects(MOVES_DATA, _named_if_running(declared))

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say that the job is stopped."""
        return effects(STOPS_JOB, _named_if_running(known))


def _of_another_job(known: Mapping[str, Any], declared: Mapping[str, Any]) -> list[str]:
    return effects(STOPS_JOB, _named_if_running(known)) + effects(MOVES_DATA, _named_if_running(declared))


def _named_if_running(run: Mapping[str, Any]) -> list[Any]:
    return [run.get("job_name") or run.get("job_id")] if run.get("state") == "running" else []


def _id(inputs: FlinkJobRunInputs) -> str:
    return inputs.job_name or str(inputs.job_id)


def _job(named: Mapping[str, Any], session: Session) -> FlinkJob | None:
    if named.get("job_name"):
        return read_job(session, named["job_name"])
    try:
        return api.show_job(session, int(named["job_id"]))
    except NotFound:
        return None


def _job_to_bring(inputs: FlinkJobRunInputs, session: Session) -> FlinkJob:
    job = _job(dump(inputs), session)
    if job is None:
        raise NotFound(
            f"there is no Flink job {_id(inputs)} to run",
            service="dli",
            hint="Import it first, and let the run depend on the import: opts=ResourceOptions(depends_on=[…]).",
        )
    return job


def _state(job: FlinkJob, wanted: str) -> runs.State:
    """A job that is wanted stopped is so whether it was cancelled, finished or failed."""
    if wanted == "stopped":
        return "running" if runs.is_active(job) and job.status != "job_canceling" else "stopped"
    return runs.state_of(job)


def _bring(job: FlinkJob, inputs: FlinkJobRunInputs, session: Session) -> None:
    if inputs.state == "stopped":
        _stop(job, dump(inputs), session)
        return
    if job.status == "job_canceling":
        runs.await_rest(session, job, deadline_s=inputs.deadline_s)
        job = api.show_job(session, job.job_id)
    if runs.is_active(job):
        runs.await_start(session, job, deadline_s=inputs.deadline_s)
    else:
        runs.run(session, job, resume_savepoint=inputs.resume_savepoint, deadline_s=inputs.deadline_s)


def _stop(job: FlinkJob, inputs: Mapping[str, Any], session: Session) -> None:
    deadline_s = float(inputs.get("deadline_s", runs.DEADLINE_S))
    runs.stop(session, [job], trigger_savepoint=bool(inputs.get("trigger_savepoint")), deadline_s=deadline_s)


class FlinkJobRunProvider(DynamicProvider):
    """The dynamic provider of dli.FlinkJobRun."""

    handler = FlinkJobRunHandler()


class FlinkJobRun(DataArtsResource, module="dli", name="FlinkJobRun"):
    """That a Flink job runs (or is stopped), apart from how it is set up.

    Creating it runs the job and waits until it does; deleting it stops the job. A job found stopped or failed by a
    refresh is run again by the next `up`.

    Source: DLI API "Running Jobs in Batches", "Stopping Jobs in Batches", "Querying Job Details"; arguments in
    `inputs.FlinkJobRunInputs`.
    """

    provider = FlinkJobRunProvider

    state: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        job_name: pulumi.Input[str] | None = None,
        job_id: pulumi.Input[int] | None = None,
        state: pulumi.Input[Literal["running", "stopped"]] | None = None,
        triggers: pulumi.Input[Mapping[str, Any]] | None = None,
        resume_savepoint: pulumi.Input[bool] | None = None,
        trigger_savepoint: pulumi.Input[bool] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "job_name": job_name,
            "job_id": job_id,
            "state": state,
            "triggers": triggers,
            "resume_savepoint": resume_savepoint,
            "trigger_savepoint": trigger_savepoint,
            "deadline_s": deadline_s,
        }
        super().__init__(resource_name, arguments, opts)
