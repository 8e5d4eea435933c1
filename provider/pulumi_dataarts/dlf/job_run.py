"""`dlf.JobRun`: one run of a batch job, started when it is declared, again when its triggers or parameters change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import pulumi
from pydantic import Field

from pulumi_dataarts.dlf import api, runs, wire
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.fields import Local, Replaces
from pulumi_dataarts.lifecycle.handler import Live, Made
from pulumi_dataarts.lifecycle.happenings import JobRunning
from pulumi_dataarts.lifecycle.inputs import Inputs
from pulumi_dataarts.lifecycle.resource import DataArtsResource

FACTS: Final = ("instance_id", "status", "started_ms", "ended_ms")
_ANOTHER: Final = "another job is run"


class JobRunInputs(Inputs):
    """What is declared of a run."""

    job_name: Annotated[
        str,
        Replaces(_ANOTHER),
        Field(
            min_length=1,
            description='Name of the batch job to run. Source: DataArts Factory API "Executing a Job Immediately".',
        ),
    ]
    workspace: Annotated[
        str | None,
        Replaces(_ANOTHER),
        Field(
            min_length=1,
            description="Id of the workspace; without it that of `dataarts:workspace`. Source: common headers.",
        ),
    ] = None
    params: Annotated[
        dict[str, str],
        Replaces("other parameters mean another run"),
        Field(description="Values for the job's parameters (variables). Source: executing a job (jobParams)."),
    ] = {}
    triggers: Annotated[
        dict[str, Any],
        Replaces("a trigger changed"),
        Field(description="Any values; a change of one of them starts a new run. Source: ours."),
    ] = {}
    wait: Annotated[
        bool, Local(), Field(description="Whether to wait for the run's end, and to fail if it fails. Source: ours.")
    ] = True
    deadline_s: Annotated[
        float, Local(), Field(gt=0, description="How long to wait, in seconds; the run itself goes on. Source: ours.")
    ] = 3600.0
    when_running: Annotated[
        runs.Policy,
        Local(),
        Field(
            description="A run under way that was started by hand or by an `up`: `take_over` it if it is of the job as "
            "it stands and has no parameters, `wait` for its end and start, or `fail`. Runs of the schedule do not "
            "count. Source: ours."
        ),
    ] = "take_over"


class JobRunHandler(JobRunning[JobRunInputs]):
    """The meaning of a run. What identifies it is new each time, so a new run never waits for the old one's record.

    The id is `<workspace>/<job>/<instance>`.
    """

    kind = "dlf.JobRun"
    inputs = JobRunInputs
    identity = ("workspace", "job_name", "params", "triggers")
    facts = FACTS

    def create(self, inputs: JobRunInputs, session: Session) -> Made:
        """Start the job, or take its run over, and see it to its end."""
        place = api.workspace(session, inputs.workspace or session.settings.workspace)
        name, deadline_s = inputs.job_name, inputs.deadline_s
        instance_id = runs.begin(session, place, name, inputs.params, inputs.when_running, deadline_s)
        id = f"{place.id}/{name}/{instance_id}"
        if not inputs.wait:
            return Made(id, {"instance_id": instance_id})
        instance = runs.follow(session, place, name, instance_id, deadline_s)
        runs.judge(session, instance)
        return Made(id, runs.facts(instance))

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the run: as known, since a run that has ended changes no more; for an import as the service tells it.

        A run that the service has forgotten has still been: it is never started again for that.
        """
        workspace, job_name, instance_id = (*id.split("/"), "", "")[:3]
        facts = self.remembered(known)
        if "wait" not in known:  # an import: nothing was declared yet
            instance = _look(api.workspace(session, workspace), job_name, instance_id)
            if instance is None or instance.status not in runs.ENDED:
                return None
            facts = runs.facts(instance)
        is_usual = workspace == session.settings.workspace and not known.get("workspace")
        return Live({"job_name": job_name, **({} if is_usual else {"workspace": workspace})}, facts)


def _look(place: api.Workspace, name: str, instance_id: str) -> wire.Instance | None:
    try:
        return api.show_instance(place, name, int(instance_id))
    except (NotFound, ValueError):
        return None


class JobRunProvider(DynamicProvider):
    """The dynamic provider of dlf.JobRun."""

    handler = JobRunHandler()


class JobRun(DataArtsResource, module="dlf", name="JobRun"):
    """A run of a batch job, now.

    Created means started, and with `wait` seen to its end: an instance that does not end in `success` fails the `up`.
    It is started again when its parameters or triggers change, and never otherwise; a refresh asks nothing, and
    deleting it does nothing on the service. Where waiting for it was cut off, the next `up` takes the run over.

    Source: DataArts Factory API "Executing a Job Immediately", "Querying a Job Instance List".
    """

    provider = JobRunProvider
    facts = FACTS

    job_name: pulumi.Output[str]
    instance_id: pulumi.Output[int | None]
    status: pulumi.Output[str | None]
    started_ms: pulumi.Output[int | None]
    ended_ms: pulumi.Output[int | None]

    def __init__(
        self,
        resource_name: str,
        *,
        job_name: pulumi.Input[str],
        workspace: pulumi.Input[str] | None = None,
        params: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        triggers: pulumi.Input[Mapping[str, Any]] | None = None,
        wait: pulumi.Input[bool] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        when_running: pulumi.Input[runs.Policy] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "job_name": job_name,
            "workspace": workspace,
            "params": params,
            "triggers": triggers,
            "wait": wait,
            "deadline_s": deadline_s,
            "when_running": when_running,
        }
        super().__init__(resource_name, arguments, opts)
