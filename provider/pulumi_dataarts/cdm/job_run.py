"""One run of a CDM job: started when it is declared, again when its triggers or variables change, else never."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import pulumi
from pydantic import BeforeValidator, Field

from pulumi_dataarts.cdm import runs
from pulumi_dataarts.cdm.configs import scalar
from pulumi_dataarts.cdm.describing import described
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.fields import Local, Replaces
from pulumi_dataarts.lifecycle.handler import Live, Made
from pulumi_dataarts.lifecycle.happenings import JobRunning
from pulumi_dataarts.lifecycle.inputs import Inputs
from pulumi_dataarts.lifecycle.resource import DataArtsResource

FACTS: Final = (
    "submission_id",
    "status",
    "rows_read",
    "rows_written",
    "files_read",
    "files_written",
    "bytes_read",
    "bytes_written",
    "started_ms",
    "ended_ms",
)


class JobRunInputs(Inputs):
    """What is declared of a run."""

    cluster_id: Annotated[str, Replaces("another job is run")] = described(
        "Id of the CDM cluster that the job is on.", "Querying the Cluster List", min_length=1
    )
    job_name: Annotated[str, Replaces("another job is run")] = described(
        "Name of the job to run.", "Starting a Job", min_length=1
    )
    variables: Annotated[
        dict[str, Annotated[str, BeforeValidator(scalar)]], Replaces("other variables mean another run")
    ] = described("Values for the job's variables.", "Starting a Job", default={})
    triggers: Annotated[dict[str, Any], Replaces("a trigger changed")] = Field(
        description="Any values; a change of one of them starts a new run.", default={}
    )
    wait: Annotated[bool, Local()] = Field(
        description="Whether to wait for the run's end, and to fail if it fails.", default=True
    )
    deadline_s: Annotated[float, Local()] = Field(
        description="How long to wait, in seconds; the run itself goes on.", default=3600.0, gt=0
    )
    min_rows_written: Annotated[int | None, Local()] = Field(
        description="Fail if the run writes fewer rows than this.", default=None, ge=0
    )
    when_running: Annotated[runs.Policy, Local()] = Field(
        description="A run under way: `take_over` it if it does what is declared, `wait` for its end and start, or "
        "`fail`.",
        default="take_over",
    )


class JobRunHandler(JobRunning[JobRunInputs]):
    """The meaning of a run. What identifies it is new each time, so a new run never waits for the old one's record."""

    kind = "cdm.JobRun"
    inputs = JobRunInputs
    identity = ("cluster_id", "job_name", "variables", "triggers")
    facts = FACTS

    def create(self, inputs: JobRunInputs, session: Session) -> Made:
        """Start the job, or take its run over, and see it to its end."""
        starter = runs.Starter(
            session=session,
            cluster_id=inputs.cluster_id,
            name=inputs.job_name,
            variables=inputs.variables,
            policy=inputs.when_running,
            deadline_s=inputs.deadline_s,
        )
        run = starter.begin()
        id = f"{inputs.cluster_id}/{inputs.job_name}/{runs.key(run)}"
        if not inputs.wait:
            began = {"submission_id": run.submission_id, "started_ms": run.began_ms}
            return Made(id, {name: value for name, value in began.items() if value is not None})
        run = starter.follow(run)
        runs.judge(session, run, starter.about, inputs.min_rows_written)
        return Made(id, runs.facts(run))

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the run: as known, since a run that has ended changes no more; for an import from the history.

        A run that the service has forgotten has still been: it is never started again for that.
        """
        cluster_id, job_name, run_key = (*id.split("/"), "", "")[:3]
        facts = self.remembered(known)
        if "wait" not in known:  # an import: nothing was declared yet
            run = self._look(session, cluster_id, job_name, run_key)
            if run is None or run.status not in runs.ENDED:
                return None
            facts = runs.facts(run)
        return Live({"cluster_id": cluster_id, "job_name": job_name}, facts)

    def _look(self, session: Session, cluster_id: str, job_name: str, run_key: str) -> Any:
        try:
            return runs.find(session, cluster_id, job_name, run_key)
        except NotFound:
            return None


class JobRunProvider(DynamicProvider):
    """The dynamic provider of cdm.JobRun."""

    handler = JobRunHandler()


class JobRun(DataArtsResource, module="cdm", name="JobRun"):
    """A run of a job.

    Created means started, and with `wait` seen to its end. It is started again when its variables or triggers
    change, and never otherwise; a refresh asks nothing, and deleting it does nothing on the service. A run
    that was started is never lost: where waiting for it timed out, or was cut off, the next `up` takes it
    over (see `cdm/runs.py`).

    Source: CDM API "Starting a Job", "Querying Job Status", "Querying Job Execution History".
    """

    provider = JobRunProvider
    facts = FACTS
    cluster_id: pulumi.Output[str]
    job_name: pulumi.Output[str]
    submission_id: pulumi.Output[int | None]
    status: pulumi.Output[str | None]
    rows_read: pulumi.Output[int | None]
    rows_written: pulumi.Output[int | None]
    files_read: pulumi.Output[int | None]
    files_written: pulumi.Output[int | None]
    bytes_read: pulumi.Output[int | None]
    bytes_written: pulumi.Output[int | None]
    started_ms: pulumi.Output[int | None]
    ended_ms: pulumi.Output[int | None]

    def __init__(
        self,
        resource_name: str,
        *,
        cluster_id: pulumi.Input[str],
        job_name: pulumi.Input[str],
        variables: pulumi.Input[Mapping[str, Any]] | None = None,
        triggers: pulumi.Input[Mapping[str, Any]] | None = None,
        wait: pulumi.Input[bool] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        min_rows_written: pulumi.Input[int] | None = None,
        when_running: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "cluster_id": cluster_id,
            "job_name": job_name,
            "variables": variables,
            "triggers": triggers,
            "wait": wait,
            "deadline_s": deadline_s,
            "min_rows_written": min_rows_written,
            "when_running": when_running,
        }
        super().__init__(resource_name, arguments, opts)
