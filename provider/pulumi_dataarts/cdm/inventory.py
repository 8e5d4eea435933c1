"""What stands on a cluster: its jobs of all types, and the links that they name.

There is no call that lists links in the CDM API: one that no job names is not found here.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.catalogue import read_all, read_job
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider, secret_names
from pulumi_dataarts.cdm.wire import ConfigValues, JobBody
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.redaction import is_secret_name
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adoption import Found, Secrets, adopted


def on_cluster(session: Session, cluster_id: str) -> Iterator[Found | ConfigError]:
    """Yield the links and then the jobs; an error for what cannot be declared. Reads only.

    Raises:
        NotFound: there is no such cluster.
    """
    jobs = sorted(read_all(session, cluster_id), key=lambda job: job.name)
    names = {name for job in jobs for name in (job.from_link_name, job.to_link_name) if name}
    for name in sorted(names):
        yield from _link(session, cluster_id, name)
    for job in jobs:
        yield from _job(session, cluster_id, job)


def secrets_of(session: Session, type: str, id: str) -> Secrets:
    """Return which secrets an object holds, by argument; nothing for what has none."""
    cluster_id, _, name = id.partition("/")
    if type == "cdm:Link":
        return _secrets_of_link(session, cluster_id, name)
    job = read_job(session, cluster_id, name, "") if type == "cdm:Job" else None
    return _secrets_of_job(job) if job else {}


def _secrets_of_link(session: Session, cluster_id: str, name: str) -> Secrets:
    """Those shown masked, or where none is, those marked as secret: older services leave the value out."""
    link = api.show_link(session, cluster_id, name)
    if link is None:
        return {}
    found = _secrets(link.link_config_values, secret_names(link.connector_name))
    masked = [name for name, is_set in found.items() if is_set]
    return {"secrets": masked or list(found)} if found else {}


def _link(session: Session, cluster_id: str, name: str) -> Iterator[Found | ConfigError]:
    id = f"{cluster_id}/{name}"
    live = LinkProvider.handler.read(id, {}, session)
    if live is None:
        return
    try:
        yield adopted(LinkProvider, "cdm:Link", name, id, live, secrets=_secrets_of_link(session, cluster_id, name))
    except ConfigError as error:
        yield error


def _job(session: Session, cluster_id: str, job: JobBody) -> Iterator[Found | ConfigError]:
    id = f"{cluster_id}/{job.name}"
    live = JobProvider.handler.read(id, {"job_type": job.job_type}, session)
    if live is None:
        return
    try:
        yield adopted(JobProvider, "cdm:Job", job.name, id, live, secrets=_secrets_of_job(job))
    except ConfigError as error:
        yield error


def _secrets_of_job(job: JobBody) -> Secrets:
    sides = {"from_secrets": job.from_config_values, "to_secrets": job.to_config_values}
    masked = {side: [name for name, is_set in _secrets(values).items() if is_set] for side, values in sides.items()}
    return {side: names for side, names in masked.items() if names}


def _secrets(values: ConfigValues, known: frozenset[str] = frozenset()) -> dict[str, bool]:
    """Return the names of secret inputs, and whether a (masked) value is shown."""
    return {
        name: item.value is not None
        for config in values.configs
        for item in config.inputs
        for name in [item.name.removeprefix(f"{config.name}.")]
        if item.sensitive or name in known or is_secret_name(name)
    }
