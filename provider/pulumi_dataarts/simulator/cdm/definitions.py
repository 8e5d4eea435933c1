"""What a job is made of: checked on the way in, rendered on the way out.

Source: CDM API "Creating a Job in a Specified Cluster", "Querying a Job". That a job's connector must be its link's is
not documented.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.cdm import catalogue, configs, schedules
from pulumi_dataarts.simulator.cdm.clusters import LINK_KIND
from pulumi_dataarts.simulator.cdm.refusals import complaints, invalid

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.cdm.catalogue import Groups
    from pulumi_dataarts.simulator.cdm.schedules import Schedule
    from pulumi_dataarts.simulator.http import Context, Json
    from pulumi_dataarts.simulator.store import Document

JOB_TYPES: Final = ("NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB")
_NAME: Final = re.compile(r"(?![-.])[\w.\-]{1,240}")
_RESERVED: Final = "all"
_INTERNAL: Final = frozenset({"from", "to", "driver", "last_run"})
_OPTIONAL: Final = ("type", "flag")


def parse(body: Json, cluster: str, context: Context) -> Document:
    """Return the one job of a request as it is stored, without what the server sets.

    Raises:
        Refused: the first thing that is wrong, except for the inputs' values, which `validate` looks at.
    """
    job = _only_job(body)
    name, job_type = str(job.get("name", "")), job.get("job_type") or JOB_TYPES[0]
    if not _NAME.fullmatch(name) or name == _RESERVED:
        raise invalid("Cdm.0014", f"Invalid parameter: job name [{name}].")
    if job_type not in JOB_TYPES:
        raise invalid("Cdm.0055", f"Job type [{job_type}] is not supported.")
    source = _end(job, "from", catalogue.SOURCE_GROUPS, cluster, context)
    destination = _end(job, "to", catalogue.DESTINATION_GROUPS, cluster, context)
    decode = context.settings.decode_inputs
    driver = configs.parse(job.get("driver-config-values"), catalogue.DRIVER_GROUPS, decode=decode)
    kept: dict[str, Json] = {key: job[key] for key in _OPTIONAL if key in job}
    return {
        **kept, **source, **destination, "driver": driver, "name": name, "job_type": job_type,
        "enabled": configs.enabled(job),
    }  # fmt: skip


def validate(job: Document) -> list[Json]:
    """Return the validation result: what is wrong with the source, the destination, the driver, in this order.

    Raises:
        Refused: a binary copy between ends that are not both of files.
    """
    source, destination = job["from-connector-name"], job["to-connector-name"]
    if _is_binary(job) and not {source, destination} <= catalogue.FILE_CONNECTORS:
        raise invalid("Cdm.0062", "Binary transfer is possible between file connectors only.")
    problems = configs.problems(job["from"], catalogue.SOURCE_GROUPS[source])
    problems |= _query_problems(job)
    others = (
        configs.problems(job["to"], catalogue.DESTINATION_GROUPS[destination]),
        configs.problems(job["driver"], catalogue.DRIVER_GROUPS),
    )
    return [complaints(found) for found in (problems, *others)]


def setting(job: Document, name: str) -> str:
    """Return one of a job's inputs by its full name, or its default."""
    group = name.partition(".")[0]
    if group == "fromJobConfig":
        return configs.value(job["from"], catalogue.SOURCE_GROUPS[job["from-connector-name"]], name)
    if group == "toJobConfig":
        return configs.value(job["to"], catalogue.DESTINATION_GROUPS[job["to-connector-name"]], name)
    return configs.value(job["driver"], catalogue.DRIVER_GROUPS, name)


def schedule_of(job: Document) -> Schedule | None:
    """Return the schedule that a job runs by, if it has one."""
    return schedules.read(lambda name: setting(job, f"schedulerConfig.{name}"))


def render(job: Document, *, simple: bool) -> Json:
    """Return a job as it is read back, but for the status and the counters of its last run."""
    source = catalogue.SOURCE_GROUPS[job["from-connector-name"]]
    destination = catalogue.DESTINATION_GROUPS[job["to-connector-name"]]
    shown = {key: value for key, value in job.items() if key not in _INTERNAL}
    return {
        **shown,
        "group_name": setting(job, "groupJobConfig.groupName"),
        "is_incre_job": False,
        "is_incrementing": False,
        "is_use_sql": setting(job, "fromJobConfig.useSql") == "true",
        "from-config-values": configs.render(job["from"], source, "JOB", simple=simple),
        "to-config-values": configs.render(job["to"], destination, "JOB", simple=simple),
        "driver-config-values": configs.render(job["driver"], catalogue.DRIVER_GROUPS, "JOB", simple=simple),
    }


def _only_job(body: Json) -> dict[str, Json]:
    jobs = body.get("jobs") if isinstance(body, dict) else None
    if not isinstance(jobs, list) or len(jobs) != 1 or not isinstance(jobs[0], dict):
        count = len(jobs) if isinstance(jobs, list) else 0
        raise invalid("Cdm.0018", f"The job or link content is invalid: expected one job but got {count}.")
    return jobs[0]


def _end(job: dict[str, Json], end: str, known: dict[str, Groups], cluster: str, context: Context) -> dict[str, Json]:
    """Return one end of a job: its connector, its link and its values."""
    connector, link = job.get(f"{end}-connector-name"), job.get(f"{end}-link-name")
    if not isinstance(connector, str):
        raise invalid("Cdm.0018", f"The job or link content is invalid: {end}-connector-name is missing.")
    if connector not in catalogue.LINK_GROUPS:
        raise invalid("Cdm.0102", f"Connector [{connector}] does not exist.")
    if connector not in known:
        raise invalid("Cdm.0061", f"Connector [{connector}] does not support the {end} direction.")
    if link or connector != "http-connector":
        _check_link(str(link), connector, cluster, context)
    values = configs.parse(job.get(f"{end}-config-values"), known[connector], decode=context.settings.decode_inputs)
    return {f"{end}-connector-name": connector, f"{end}-link-name": link, end: values}


def _check_link(name: str, connector: str, cluster: str, context: Context) -> None:
    link = context.store.get(LINK_KIND, cluster, name)
    if link is None:
        raise invalid("Cdm.0101", f"Link [{name}] does not exist.")
    if link["connector-name"] != connector:
        raise invalid("Cdm.0018", f"The job or link content is invalid: link [{name}] is not a {connector}.")


def _is_binary(job: Document) -> bool:
    return setting(job, "fromJobConfig.inputFormat") == "BINARY_FILE"


def _query_problems(job: Document) -> dict[str, list[str]]:
    """A query, or else a table: which inputs of a relational source are mandatory depends on `useSql`."""
    if job["from-connector-name"] != "generic-jdbc-connector":
        return {}
    uses_sql = setting(job, "fromJobConfig.useSql") == "true"
    names = ("sql",) if uses_sql else ("schemaName", "tableName")
    missing = [f"fromJobConfig.{name}" for name in names if not setting(job, f"fromJobConfig.{name}")]
    return {name: [f"{name} must be specified."] for name in missing}
