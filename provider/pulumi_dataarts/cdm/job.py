"""A CDM job: what is moved from where to where, and how. Declaring or changing a job never starts it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Final, Literal

import pulumi
from pydantic import Field

from pulumi_dataarts.bindings import current
from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.attempts import create_once, is_another, place, rename_once
from pulumi_dataarts.cdm.catalogue import forget_job, read_job
from pulumi_dataarts.cdm.configs import (
    DESTINATION,
    SOURCE,
    DestinationConfig,
    DestinationSecrets,
    DriverConfig,
    Group,
    SourceConfig,
    SourceSecrets,
    doubtful,
    fold,
    settled,
    unfold,
)
from pulumi_dataarts.cdm.describing import described
from pulumi_dataarts.cdm.running import Idling, Policy
from pulumi_dataarts.cdm.wire import JobBody
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.redaction import is_secret_name
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import STOPS_JOB, effect
from pulumi_dataarts.lifecycle.fields import Local, NotCompared, Replaces, ServerFills, WriteOnly
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties

NAME_MAX: Final = 240
_NAME: Final = re.compile(r"\w[\w.-]*")
_RESERVED: Final = "all"

_ENDS = "a job's connectors and links are fixed"


class JobInputs(Inputs):
    """What is declared of a job.

    Of the fields that the page lists, `type`, `flag` and `external_id` are left out because nothing says what
    they mean, `group_name` because the group is an input of its own (`groupJobConfig.groupName` in
    `driver_config`), and the rest because the service sets them.
    """

    cluster_id: Annotated[str, Replaces("a job lives on one cluster")] = described(
        "Id of the CDM cluster that the job runs on.", "Querying the Cluster List", min_length=1
    )
    name: str = described(
        "Name, unique on the cluster: letters, digits, `-`, `_`, `.`; a change renames the job in place.",
        "Creating a Job in a Specified Cluster",
        min_length=1,
        max_length=NAME_MAX,
    )
    job_type: Annotated[Literal["NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB"], Replaces("a job's type is fixed")] = (
        described(
            "A table or files, a whole database, or a scenario.",
            "Creating a Job in a Specified Cluster",
            default="NORMAL_JOB",
        )
    )
    from_connector: Annotated[str, Replaces(_ENDS)] = described(
        "Connector read from, e.g. `generic-jdbc-connector`.", "Creating a Job in a Specified Cluster", min_length=1
    )
    from_link: Annotated[str | None, Replaces(_ENDS)] = described(
        "Name of the link read from; `http-connector` may have none.",
        "Creating a Job in a Specified Cluster",
        default=None,
    )
    to_connector: Annotated[str, Replaces(_ENDS)] = described(
        "Connector written to, e.g. `obs-connector`.", "Creating a Job in a Specified Cluster", min_length=1
    )
    to_link: Annotated[str, Replaces(_ENDS)] = described(
        "Name of the link written to.", "Creating a Job in a Specified Cluster", min_length=1
    )
    from_config: Annotated[SourceConfig, ServerFills()] = described(
        "The source's inputs by name, with or without `fromJobConfig.`; lists such as columns are joined with `&`.",
        "Source Job Parameters",
        default={},
    )
    to_config: Annotated[DestinationConfig, ServerFills()] = described(
        "The destination's inputs by name, with or without `toJobConfig.`.", "Destination Job Parameters", default={}
    )
    driver_config: Annotated[DriverConfig, ServerFills()] = described(
        'The job\'s own inputs by group: `{"throttlingConfig": {"numExtractors": 4}, "schedulerConfig": {…}}`.',
        "Job Parameter Description",
        default={},
    )
    from_secrets: Annotated[SourceSecrets, WriteOnly()] = described(
        "The source's secret inputs by name (`dek`, for encrypted files); never read back.",
        "Source Job Parameters",
        default={},
        repr=False,
    )
    to_secrets: Annotated[DestinationSecrets, WriteOnly()] = described(
        "The destination's secret inputs by name (`dek`); never read back.",
        "Destination Job Parameters",
        default={},
        repr=False,
    )
    enabled: bool | None = described(
        "Whether the job may be started; left to the service if not declared.",
        "Creating a Job in a Specified Cluster",
        default=None,
    )
    when_running: Annotated[Policy, Local()] = Field(
        description="What a change or a delete does to a run under way: `fail`, `stop` it, or `wait` for its end.",
        default="fail",
    )
    deadline_s: Annotated[float, Local()] = Field(
        description="How long to wait for the end of a run, in seconds.", default=3600.0, gt=0
    )
    adopt: Annotated[bool, NotCompared()] = Field(
        description="Take over, and change, a job of this name that exists and differs.", default=False
    )

    def mistakes(self) -> Iterable[Mistake]:
        """Yield a name that cannot be used, a job that would delete itself, and secrets in clear."""
        if not _NAME.fullmatch(self.name):
            yield Mistake("name", "may have letters, digits, `-`, `_` and `.`, and not begin with `-` or `.`")
        if self.name == _RESERVED:
            yield Mistake("name", "`all` is what the service lists jobs by: such a job could not be read")
        disposable = self.driver_config.get("schedulerConfig", {}).get("disposableType", "NONE")
        if disposable != "NONE":
            yield Mistake(
                "driver_config.schedulerConfig.disposableType",
                f"`{disposable}` lets the service delete the job after a run: it would be missing from then on",
            )
        yield from _exposed("from", self.from_config, self.from_secrets)
        yield from _exposed("to", self.to_config, self.to_secrets)


def _exposed(side: str, config: Group, secrets: Group) -> Iterator[Mistake]:
    for name in config:
        if is_secret_name(name):
            yield Mistake(f"{side}_config.{name}", f"is a secret: declare it in `{side}_secrets`")
        elif name in secrets:
            yield Mistake(f"{side}_config.{name}", f"is declared in `{side}_secrets` as well")


class JobHandler(Handler[JobInputs]):
    """The meaning of a job."""

    kind = "cdm.Job"
    inputs = JobInputs
    identity = ("cluster_id", "name")

    def create(self, inputs: JobInputs, session: Session) -> Made:
        """Make the job, and do not start it."""
        cluster_id, name, body = inputs.cluster_id, inputs.name, _body(inputs, session)

        def post() -> None:
            with _writing(session, cluster_id, name):
                api.create_job(session, cluster_id, body)

        def put() -> None:
            with _writing(session, cluster_id, name):
                api.update_job(session, cluster_id, name, body)

        return create_once(
            self,
            f"{cluster_id}/{name}",
            inputs,
            session,
            adopt=inputs.adopt,
            post=post,
            put=put if inputs.from_secrets or inputs.to_secrets else None,
        )

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the job; one call, or a part of a list where many jobs are read."""
        cluster_id, name = place(id, known)
        job = read_job(session, cluster_id, name, known.get("job_type", ""))
        if job is None:
            return None
        source = unfold(job.from_config_values, is_secret_name).get(SOURCE, {})
        destination = unfold(job.to_config_values, is_secret_name).get(DESTINATION, {})
        driver = unfold(job.driver_config_values, is_secret_name)
        declared: Properties = {
            "cluster_id": cluster_id,
            "name": job.name,
            "job_type": job.job_type,
            "from_connector": job.from_connector_name,
            "from_link": job.from_link_name,
            "to_connector": job.to_connector_name,
            "to_link": job.to_link_name,
            "from_config": settled(known.get("from_config") or {}, source),
            "to_config": settled(known.get("to_config") or {}, destination),
            "driver_config": _settled_groups(known.get("driver_config") or {}, driver),
            "enabled": job.enabled,
        }
        return Live({name: value for name, value in declared.items() if value is not None})

    def update(
        self, id: str, known: Properties, inputs: JobInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Replace the job under its old name, once no run is under way; a new name renames it."""
        cluster_id, name = place(id, known)
        body = _body(inputs, session)

        def put() -> None:
            with _writing(session, cluster_id, name, inputs.name):
                api.update_job(session, cluster_id, name, body)

        def put_or_rename() -> None:
            if name == inputs.name:
                put()
            else:
                rename_once(self, id, inputs, session, adopt=inputs.adopt, put=put)

        idling = Idling(session, cluster_id, name, inputs.job_type, inputs.when_running, inputs.deadline_s)
        idling.then(put_or_rename)
        return {}

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Remove the job, once no run is under way, unless it is another by now."""
        cluster_id, name = place(id, known)
        defaults = JobInputs.model_fields
        job = read_job(session, cluster_id, name, known.get("job_type", ""))
        ends = {"from_connector": job.from_connector_name, "to_connector": job.to_connector_name} if job else {}
        if is_another(session, self.kind, id, known, ends):
            return

        def remove() -> None:
            with suppress(NotFound), _writing(session, cluster_id, name):
                api.delete_job(session, cluster_id, name)

        Idling(
            session,
            cluster_id,
            name,
            known.get("job_type", ""),
            known.get("when_running", defaults["when_running"].default),
            known.get("deadline_s", defaults["deadline_s"].default),
            seen=job,
        ).then(remove)

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say that a run under way is stopped."""
        remote = any(change.field not in ("when_running", "deadline_s") for change in changed)
        return _stops(known, declared) if remote else []

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say that a run under way is stopped."""
        return _stops(known, known)


def _stops(known: Properties, policy: Properties) -> list[str]:
    return [effect(STOPS_JOB, known.get("name"))] if policy.get("when_running") == "stop" else []


def _settled_groups(asked: Mapping[str, Group], live: Mapping[str, Group]) -> dict[str, Group]:
    """A group that was declared empty, and is not told, stands as it was declared."""
    return {
        group: settled(asked.get(group, {}), live.get(group, {}))
        for group in {**asked, **live}
        if group in live or not asked[group]
    }


@contextmanager
def _writing(session: Session, cluster_id: str, *names: str) -> Iterator[None]:
    """Whatever comes of the write, no list made before its end answers for these jobs."""
    try:
        yield
    finally:
        for name in names:
            forget_job(session, cluster_id, name)


def _body(inputs: JobInputs, session: Session) -> JobBody:
    session.conceal([*inputs.from_secrets.values(), *inputs.to_secrets.values()])
    source = {SOURCE: {**inputs.from_config, **inputs.from_secrets}}
    destination = {DESTINATION: {**inputs.to_config, **inputs.to_secrets}}
    for name in doubtful({**source, **destination, **inputs.driver_config}):
        session.tell_once(
            f"job {inputs.name}: {name} has a `%` or a `+`; it is sent as it is, and whether the service decodes it "
            "is not documented: check the job in the console"
        )
    return JobBody(
        name=inputs.name,
        job_type=inputs.job_type,
        from_connector_name=inputs.from_connector,
        from_link_name=inputs.from_link,
        from_config_values=fold(source),
        to_connector_name=inputs.to_connector,
        to_link_name=inputs.to_link,
        to_config_values=fold(destination),
        driver_config_values=fold(inputs.driver_config),
        enabled=inputs.enabled,
    )


def _paused(driver_config: Any) -> Any:
    """Return the job's own inputs without its schedule, for an environment where nothing runs by itself."""

    def pause(groups: Mapping[str, Any]) -> dict[str, Any]:
        schedule = groups.get("schedulerConfig")
        return {**groups, **({"schedulerConfig": {**schedule, "isSchedulerJob": False}} if schedule else {})}

    if driver_config is None:
        return None
    return pause(driver_config) if isinstance(driver_config, Mapping) else driver_config.apply(pause)


class JobProvider(DynamicProvider):
    """The dynamic provider of cdm.Job."""

    handler = JobHandler()


class Job(DataArtsResource, module="cdm", name="Job"):
    """A job: what a CDM cluster moves from where to where, and how.

    Declaring or changing a job never starts it; `cdm.JobRun` does. Inputs that the service fills in by itself
    are left alone; only what is declared is compared. With `schedules: paused` in the stack's `dataarts:bindings` no
    job is scheduled, whatever it declares.

    Source: CDM API "Creating a Job in a Specified Cluster", the pages of job operations, "Job Parameter Description",
    "Link Parameter Description", "Source Job Parameters", "Destination Job Parameters".
    """

    provider = JobProvider
    cluster_id: pulumi.Output[str]
    name: pulumi.Output[str]
    job_type: pulumi.Output[str]
    from_connector: pulumi.Output[str]
    from_link: pulumi.Output[str | None]
    to_connector: pulumi.Output[str]
    to_link: pulumi.Output[str]
    from_config: pulumi.Output[dict[str, Any]]
    to_config: pulumi.Output[dict[str, Any]]
    driver_config: pulumi.Output[dict[str, Any]]
    enabled: pulumi.Output[bool | None]

    def __init__(
        self,
        resource_name: str,
        *,
        cluster_id: pulumi.Input[str],
        name: pulumi.Input[str],
        from_connector: pulumi.Input[str],
        to_connector: pulumi.Input[str],
        to_link: pulumi.Input[str],
        from_link: pulumi.Input[str] | None = None,
        job_type: pulumi.Input[str] | None = None,
        from_config: pulumi.Input[Mapping[str, Any]] | None = None,
        to_config: pulumi.Input[Mapping[str, Any]] | None = None,
        driver_config: pulumi.Input[Mapping[str, Any]] | None = None,
        from_secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        to_secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        enabled: pulumi.Input[bool] | None = None,
        when_running: pulumi.Input[str] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "cluster_id": cluster_id,
            "name": name,
            "job_type": job_type,
            "from_connector": from_connector,
            "from_link": from_link,
            "to_connector": to_connector,
            "to_link": to_link,
            "from_config": from_config,
            "to_config": to_config,
            "driver_config": _paused(driver_config) if current().schedules == "paused" else driver_config,
            "from_secrets": from_secrets,
            "to_secrets": to_secrets,
            "enabled": enabled,
            "when_running": when_running,
            "deadline_s": deadline_s,
            "adopt": adopt,
        }
        super().__init__(resource_name, arguments, opts)
