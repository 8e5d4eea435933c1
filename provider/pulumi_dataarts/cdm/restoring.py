"""A CDM job as it stands, kept for later, and made to stand again.

The service tells no secret of a job, so a job that has one is kept to be looked at, and cannot be made again from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.catalogue import forget_job
from pulumi_dataarts.cdm.configs import fold, unfold
from pulumi_dataarts.cdm.job import JobInputs
from pulumi_dataarts.cdm.running import Idling
from pulumi_dataarts.cdm.wire import ConfigValues, JobBody, JobPage
from pulumi_dataarts.errors import OutcomeUnknown
from pulumi_dataarts.huawei.redaction import is_secret_name
from pulumi_dataarts.huawei.session import Session

FILE: Final = "job.json"
_SIDES: Final = ("from_config_values", "to_config_values", "driver_config_values")


def settings(_id: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a `cdm.Job` in the state is needed to find its job again, and to write it."""
    defaults = {name: JobInputs.model_fields[name].default for name in ("job_type", "when_running", "deadline_s")}
    return {name: known.get(name, default) for name, default in {"cluster_id": "", "name": "", **defaults}.items()}


def seen(session: Session, told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the job as it is read now, as a file; nothing where there is none."""
    found = api.show_job(session, told["cluster_id"], told["name"], told["job_type"])
    if found is None:
        return {}
    document = {"jobs": [found.body()], "secrets": _secrets(found)}
    text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
    return {FILE: f"{text}\n".encode()}


saved = seen


def obstacle(_told: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Return why the job cannot be written from its file; empty where it can."""
    hidden = json.loads(files[FILE]).get("secrets")
    return f"its secrets are told by no read: {', '.join(hidden)}" if hidden else ""


def definitions(told: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Mapping[str, Any]]:
    """Return the job's definition as it is compared, by what people call it."""
    if FILE not in files:
        return {}
    job = _read(files)
    parts = job.model_dump(include={"job_type", "from_connector_name", "to_connector_name", "enabled"})
    links = {"from_link": job.from_link_name, "to_link": job.to_link_name}
    sides = {side.removesuffix("_values"): unfold(getattr(job, side), is_secret_name) for side in _SIDES}
    inputs = {
        f"{side}.{group}.{name}": value
        for side, groups in sides.items()
        for group, values in groups.items()
        for name, value in values.items()
    }
    return {f"CDM job {told['name']} on cluster {told['cluster_id']}": {**parts, **links, **inputs}}


def unlike(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return where two definitions differ."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def loaded(session: Session, told: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Write the job as it was kept, once no run of it is under way.

    Raises:
        Conflict: it runs, and the resource's policy is to fail.
    """
    cluster_id, name, job_type = told["cluster_id"], told["name"], told["job_type"]
    standing = api.show_job(session, cluster_id, name, job_type)
    job = _read(files)
    body = JobBody(**job.model_dump(exclude=set(_SIDES)), **{side: _sent(getattr(job, side)) for side in _SIDES})

    def write() -> None:
        try:
            if standing is None:
                with suppress(OutcomeUnknown):  # it is looked for afterwards
                    api.create_job(session, cluster_id, body)
            else:
                api.update_job(session, cluster_id, name, body)
        finally:
            forget_job(session, cluster_id, name)

    Idling(session, cluster_id, name, job_type, told["when_running"], told["deadline_s"]).then(write)


def _read(files: Mapping[str, bytes]) -> JobBody:
    return JobPage.model_validate_json(files[FILE]).jobs[0]


def _secrets(job: JobBody) -> list[str]:
    """Return the names of the inputs that hold a secret; what is read in its place is no value."""
    inputs = [item for side in _SIDES for config in getattr(job, side).configs for item in config.inputs]
    return sorted(item.name for item in inputs if item.value and (item.sensitive or is_secret_name(item.name)))


def _sent(values: ConfigValues) -> ConfigValues:
    """Return what was read as it is sent: strings come back percent-encoded."""
    return fold(unfold(values, is_secret_name))
