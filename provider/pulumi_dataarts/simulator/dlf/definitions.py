"""A job's definition in its three shapes: as kept, as read back, as exported. Pure functions.

What a client sent and what it reads differ: numbers of a location become strings, a directory loses its
last slash, defaults are filled in, and some keys are the service's own. Unknown keys are kept as they came.

Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs", "Creating a Job", "Viewing Job Details". Unknown
there, and decided here for the harder case: whether defaults of nodes and schedules are filled in (they are), whether
unknown keys are stored (they are), how `directory` is normalised (no slash at the end, `/` when absent).
"""

from __future__ import annotations

from typing import Any

from pulumi_dataarts.simulator.store import Document

# Told by a client in vain: they belong to the service, or are an instruction rather than a part of the job.
_NOT_KEPT = ("id", "version", "createTime", "lastUpdateUser", "downstreamJobs", "targetStatus", "approvers")
_JOB_DEFAULTS: Document = {
    "description": "",
    "emptyRunningJob": "0",
    "cleanOverdueDays": 60,
    "cleanWaitingJob": "cleanup",
    "singleNodeJobFlag": False,
}
_BASIC_DEFAULTS: Document = {
    "agency": "",
    "customFields": {},
    "executeUser": "",
    "instanceTimeout": 60,
    "priority": 0,
    "tags": {},
}
_NODE_DEFAULTS: Document = {
    "preNodeName": [],
    "failPolicy": "FAIL",
    "pollingInterval": 10,
    "maxExecutionTime": 60,
    "retryTimes": 0,
    "retryInterval": 120,
}
# What exports of the real service were seen to have besides; the second name is spelt as it is there.
_EXPORT_ADDS: Document = {
    "maskedParams": [],
    "resouces": [],
    "runAtOnceAfterIncubate": "0",
    "taskWorkGroupId": "",
    "useCdmCache": False,
}
_NODE_EXPORT_ADDS: Document = {"execTimeOutRetry": "false", "resouces": []}
_CRON_DEFAULTS: Document = {"dependPrePeriod": False}
_DEPEND_DEFAULTS: Document = {"dependPeriod": "SAME_PERIOD", "dependFailPolicy": "FAIL"}
_EVENT_DEFAULTS: Document = {"failPolicy": "SUSPEND", "concurrent": 1, "readPolicy": "LAST"}


def kept(body: Document, user: str) -> Document:
    """Return the definition to keep of a body that passed the rules; its owner is `user` unless it says."""
    job = {key: value for key, value in _filled(_JOB_DEFAULTS, body).items() if key not in _NOT_KEPT}
    job["directory"] = normal_directory(body.get("directory"))
    job["nodes"] = [_kept_node(node) for node in body["nodes"]]
    job["schedule"] = _kept_schedule(body["schedule"])
    job["basicConfig"] = _filled({**_BASIC_DEFAULTS, "owner": user}, body.get("basicConfig") or {})
    if "params" in job:
        job["params"] = [_filled({"type": "variable"}, param) for param in job["params"]]
    return job


def normal_directory(directory: str | None) -> str:
    """Return a directory's path with one slash before each part and none after the last; `/` for the root."""
    return "/" + "/".join(part for part in (directory or "").split("/") if part)


def shown(job: Document, definition: Document) -> Document:
    """Return the answer of "viewing job details" for one of a job's definitions."""
    return {
        **definition,
        "id": job["id"],
        "createTime": job["createTime"],
        "lastUpdateUser": job["lastUpdateUser"],
        "version": str(job["version"]),
    }


def exported(job: Document, definition: Document) -> Document:
    """Return the content of a `.job` file: the body of "creating a job", with what real exports add to it.

    A property that is said to be sensitive goes without its value.
    """
    return {
        **_EXPORT_ADDS,
        **definition,
        "nodes": [_exported_node(node) for node in definition["nodes"]],
        "lastUpdateUser": job["lastUpdateUser"],
        "version": str(job["version"]),
    }


def listed(job: Document) -> Document:
    """Return the job's entry in "viewing a job list", without what time changes: its status, its last instance."""
    definition = job["saved"]
    entry = {
        "name": definition["name"],
        "jobType": definition["processType"],
        "owner": definition["basicConfig"]["owner"],
        "priority": definition["basicConfig"]["priority"],
        "createUser": job["createUser"],
        "createTime": job["createTime"],
        "startTime": job["startTime"],
        "endTime": job["endTime"],
        "lastUpdateTime": job["lastUpdateTime"],
        "lastUpdateUser": job["lastUpdateUser"],
        "path": definition["directory"],
        "singleNodeJobFlag": definition["singleNodeJobFlag"],
    }
    return {key: value for key, value in entry.items() if value is not None}


def property_values(definition: Document, name: str) -> set[str]:
    """Return the values that a property of this name has in the job's nodes."""
    return {
        item["value"]
        for node in definition["nodes"]
        for item in node["properties"]
        if item["name"] == name and item.get("value")
    }


def upstream_jobs(definition: Document) -> list[str]:
    """Return the names of the jobs that a scheduled job waits for."""
    schedule = definition["schedule"]
    cron: Document = schedule.get("cron") or {} if schedule["type"] == "CRON" else {}
    names: list[str] = (cron.get("dependJobs") or {}).get("jobs") or []
    return names


def _exported_node(node: Document) -> Document:
    properties = [{"value_is_sensitive": False, **item} for item in node["properties"]]
    told = [{**item, "value": ""} if _is_true(item["value_is_sensitive"]) else item for item in properties]
    return {**_NODE_EXPORT_ADDS, **node, "properties": told}


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _kept_node(node: Document) -> Document:
    kept_node = _filled(_NODE_DEFAULTS, node)
    kept_node["location"] = {key: str(value) for key, value in node["location"].items()}
    kept_node["properties"] = node["properties"] or []
    if kept_node.get("eventTrigger"):
        kept_node["eventTrigger"] = _filled(_EVENT_DEFAULTS, kept_node["eventTrigger"])
    if kept_node.get("cronTrigger"):
        kept_node["cronTrigger"] = _kept_cron(kept_node["cronTrigger"])
    return kept_node


def _kept_schedule(schedule: Document) -> Document:
    """Only the part that the schedule's type calls for was checked; the other is kept as it came."""
    kept_schedule = _filled({}, schedule)
    if schedule["type"] == "CRON" and kept_schedule.get("cron"):
        kept_schedule["cron"] = _kept_cron(kept_schedule["cron"])
    if schedule["type"] == "EVENT":
        kept_schedule["event"] = _filled(_EVENT_DEFAULTS, kept_schedule["event"])
    return kept_schedule


def _kept_cron(cron: Document) -> Document:
    kept_cron = _filled(_CRON_DEFAULTS, cron)
    if kept_cron.get("dependJobs"):
        kept_cron["dependJobs"] = _filled(_DEPEND_DEFAULTS, kept_cron["dependJobs"])
    return kept_cron


def _filled(defaults: Document, value: Any) -> Document:
    """Return the object with its nulls left out and the defaults of its missing keys filled in."""
    return {**defaults, **{key: item for key, item in value.items() if item is not None}}
